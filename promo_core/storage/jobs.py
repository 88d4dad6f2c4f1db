"""Jobs on record: what was asked, how far it is, how it ended."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from promo_core.errors import N_, JobError, Message
from promo_core.storage.files import message_to_json
from promo_core.storage.records import JobRecord
from promo_core.storage.shelf import Shelf
from promo_core.storage.tables import jobs

__all__ = ["Jobs"]

_ACTIVE = jobs.c.state.in_(("queued", "running"))


class Jobs(Shelf[JobRecord]):
    """Jobs of a workspace; a job that ended never changes again."""

    table = jobs
    kind = Message(N_("job"))
    record = JobRecord.of

    def all(self) -> list[JobRecord]:
        """Return every job, newest first."""
        with self._database.reading() as connection:
            return [JobRecord.of(row) for row in connection.execute(sa.select(jobs).order_by(jobs.c.created.desc(), jobs.c.id)).mappings()]

    def active(self, kind: str) -> JobRecord | None:
        """Return the job of that kind that waits or runs."""
        return next((job for job in self.all() if job.active and job.kind == kind), None)

    def add(self, job_id: str, kind: str, request: dict[str, Any]) -> JobRecord:
        """Put a job on record as queued.

        Raises:
            JobError: when another of its kind waits or runs.
        """
        now = self._clock()
        try:
            with self._database.writing() as connection:
                connection.execute(jobs.insert().values(id=job_id, kind=kind, state="queued", request=request, stage="", fraction=0.0, detail="", created=now, updated=now))
        except sa.exc.IntegrityError:
            raise JobError(N_("One training runs at a time in a workspace, and another is running. Wait for it, or cancel it on the Models page.")) from None
        return self.get(job_id)

    def begin(self, job_id: str, pid: int) -> bool:
        """Mark a queued job as running in process `pid`; false when it is no longer queued."""
        now = self._clock()
        return self._change(job_id, jobs.c.state == "queued", state="running", pid=pid, started=now, updated=now)

    def progress(self, job_id: str, stage: str, fraction: float, detail: str) -> bool:
        """Say how far a running job is; false when it has ended or was asked to stop."""
        return self._change(job_id, sa.and_(_ACTIVE, jobs.c.cancel_asked.is_(None)), stage=stage, fraction=min(max(float(fraction), 0.0), 1.0), detail=detail, updated=self._clock())

    def ask_to_stop(self, job_id: str) -> bool:
        """Ask an active job to stop; false when it has ended or was asked before."""
        now = self._clock()
        return self._change(job_id, sa.and_(_ACTIVE, jobs.c.cancel_asked.is_(None)), cancel_asked=now, updated=now)

    def end(self, job_id: str, state: str, *, message: Message | None = None, result_id: str | None = None) -> bool:
        """Mark an active job as done, failed or cancelled; false when it had ended before."""
        now = self._clock()
        whole = {"fraction": 1.0} if state == "done" else {}
        return self._change(job_id, _ACTIVE, state=state, message=message_to_json(message), result_id=result_id, updated=now, finished=now, **whole)

    def _change(self, job_id: str, condition: sa.ColumnElement, **values: Any) -> bool:
        with self._database.writing() as connection:
            return bool(connection.execute(jobs.update().where(jobs.c.id == job_id, condition).values(**values)).rowcount)
