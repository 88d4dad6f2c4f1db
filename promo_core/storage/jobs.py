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
        with self._ledger.reading() as connection:
            return [JobRecord.of(row) for row in connection.execute(sa.select(jobs).order_by(jobs.c.created.desc(), jobs.c.id)).mappings()]

    def active(self, kind: str) -> JobRecord | None:
        """Return the job of that kind that waits or runs."""
        return next((job for job in self.all() if job.active and job.kind == kind), None)

    def add(self, job_id: str, kind: str, request: dict[str, Any], *, host: str | None = None) -> JobRecord:
        """Put a job on record as queued; `host` is the machine that runs it.

        Raises:
            JobError: when another of its kind waits or runs.
        """
        now = self._ledger.clock()
        try:
            with self._ledger.writing("jobs.add") as connection:
                connection.execute(jobs.insert().values(id=job_id, kind=kind, state="queued", request=request, stage="", fraction=0.0, detail="", created=now, updated=now, heard=now, host=host))
                self._ledger.note(connection, "jobs.add", job_id, kind=kind)
        except sa.exc.IntegrityError:
            raise JobError(N_("One training runs at a time in a workspace, and another is running. Wait for it, or cancel it on the Models page.")) from None
        return self.get(job_id)

    def begin(self, job_id: str, pid: int) -> bool:
        """Mark a queued job as running in process `pid`; false when it is no longer queued."""
        now = self._ledger.clock()
        return self._change("run", job_id, jobs.c.state == "queued", state="running", pid=pid, started=now, updated=now, heard=now)

    def hear(self, job_id: str) -> bool:
        """Note that a job's process is alive; false when the job has ended."""
        return self._change("run", job_id, _ACTIVE, heard=self._ledger.clock())

    def progress(self, job_id: str, stage: str, fraction: float, detail: str) -> bool:
        """Say how far a running job is; false when it has ended or was asked to stop."""
        return self._change("run", job_id, sa.and_(_ACTIVE, jobs.c.cancel_asked.is_(None)), stage=stage, fraction=min(max(float(fraction), 0.0), 1.0), detail=detail, updated=self._ledger.clock())

    def ask_to_stop(self, job_id: str) -> bool:
        """Ask an active job to stop; false when it has ended or was asked before."""
        now = self._ledger.clock()
        return self._change("stop", job_id, sa.and_(_ACTIVE, jobs.c.cancel_asked.is_(None)), cancel_asked=now, updated=now)

    def end(self, job_id: str, state: str, *, message: Message | None = None, result_id: str | None = None) -> bool:
        """Mark an active job as done, failed or cancelled; false when it had ended before."""
        now = self._ledger.clock()
        whole = {"fraction": 1.0} if state == "done" else {}
        return self._change("run", job_id, _ACTIVE, state=state, message=message_to_json(message), result_id=result_id, updated=now, finished=now, **whole)

    def _change(self, verb: str, job_id: str, condition: sa.ColumnElement, **values: Any) -> bool:
        with self._ledger.writing(f"jobs.{verb}") as connection:
            changed = bool(connection.execute(jobs.update().where(jobs.c.id == job_id, condition).values(**values)).rowcount)
            if changed and (verb == "stop" or "finished" in values):
                self._ledger.note(connection, "jobs.stop" if verb == "stop" else "jobs.end", job_id, **({"state": values["state"]} if "state" in values else {}))
        return changed
