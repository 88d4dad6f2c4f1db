"""The workspace's tables, as they are today; `migrations/` takes older workspaces here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

__all__ = ["ACTIVE", "Moment", "audit", "datasets", "jobs", "members", "metadata", "models", "preferences", "scenario_versions", "scenarios", "settings"]

ACTIVE = ("queued", "running")


class Moment(sa.TypeDecorator):
    """A moment with its time zone, kept as UTC."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Turn an aware moment into naive UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Give naive UTC its zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = sa.MetaData()
_ID = sa.String(32)

datasets = sa.Table(
    "datasets", metadata, sa.Column("id", _ID, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("filename", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False, unique=True), sa.Column("sha256", sa.String(64), nullable=False), sa.Column("mapping", sa.JSON, nullable=False),
    sa.Column("created", Moment, nullable=False), sa.Column("deleted", Moment), sa.Column("receipt", sa.JSON))

models = sa.Table(
    "models", metadata, sa.Column("id", _ID, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("dataset_id", _ID, sa.ForeignKey("datasets.id")),
    sa.Column("settings", sa.JSON, nullable=False), sa.Column("summary", sa.JSON, nullable=False),
    sa.Column("created", Moment, nullable=False), sa.Column("deleted", Moment))

scenarios = sa.Table(
    "scenarios", metadata, sa.Column("id", _ID, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("dataset_id", _ID, sa.ForeignKey("datasets.id")),
    sa.Column("model_id", _ID, sa.ForeignKey("models.id")), sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created", Moment, nullable=False), sa.Column("updated", Moment, nullable=False), sa.Column("deleted", Moment), sa.Column("planned", Moment))

scenario_versions = sa.Table(
    "scenario_versions", metadata, sa.Column("scenario_id", _ID, sa.ForeignKey("scenarios.id"), primary_key=True), sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content", sa.JSON, nullable=False), sa.Column("created", Moment, nullable=False))

jobs = sa.Table(
    "jobs", metadata, sa.Column("id", _ID, primary_key=True), sa.Column("kind", sa.String(32), nullable=False), sa.Column("state", sa.String(16), nullable=False),
    sa.Column("request", sa.JSON, nullable=False), sa.Column("stage", sa.Text, nullable=False), sa.Column("fraction", sa.Float, nullable=False), sa.Column("detail", sa.Text, nullable=False),
    sa.Column("message", sa.JSON), sa.Column("pid", sa.Integer), sa.Column("host", sa.Text), sa.Column("heard", Moment), sa.Column("cancel_asked", Moment), sa.Column("result_id", _ID),
    sa.Column("created", Moment, nullable=False), sa.Column("started", Moment), sa.Column("updated", Moment, nullable=False), sa.Column("finished", Moment))

_active = jobs.c.state.in_(ACTIVE)
sa.Index("one_active_job_per_kind", jobs.c.kind, unique=True, sqlite_where=_active, postgresql_where=_active)

settings = sa.Table("settings", metadata, sa.Column("key", sa.String(120), primary_key=True), sa.Column("value", sa.JSON))

preferences = sa.Table("preferences", metadata, sa.Column("subject", sa.String(200), primary_key=True), sa.Column("key", sa.String(120), primary_key=True), sa.Column("value", sa.JSON))

members = sa.Table(
    "members", metadata, sa.Column("subject", sa.String(200), primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("role", sa.String(16)),
    sa.Column("first_seen", Moment, nullable=False), sa.Column("last_seen", Moment, nullable=False))

audit = sa.Table(
    "audit", metadata, sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True), sa.Column("moment", Moment, nullable=False),
    sa.Column("subject", sa.String(200), nullable=False), sa.Column("action", sa.String(40), nullable=False), sa.Column("object_id", sa.String(200), nullable=False),
    sa.Column("detail", sa.JSON, nullable=False), sa.Index("audit_of_object", "object_id"), sqlite_autoincrement=True)
