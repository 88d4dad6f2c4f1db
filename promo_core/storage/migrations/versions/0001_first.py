"""The schema of the first workspaces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.String(32)


def upgrade() -> None:
    """Make the tables."""
    _make_kept()
    _make_scenarios()
    op.create_table(
        "jobs", sa.Column("id", _ID, primary_key=True), sa.Column("kind", sa.String(32), nullable=False), sa.Column("state", sa.String(16), nullable=False),
        sa.Column("request", sa.JSON, nullable=False), sa.Column("stage", sa.Text, nullable=False), sa.Column("fraction", sa.Float, nullable=False), sa.Column("detail", sa.Text, nullable=False),
        sa.Column("message", sa.JSON), sa.Column("pid", sa.Integer), sa.Column("cancel_asked", sa.DateTime), sa.Column("result_id", _ID),
        sa.Column("created", sa.DateTime, nullable=False), sa.Column("started", sa.DateTime), sa.Column("updated", sa.DateTime, nullable=False), sa.Column("finished", sa.DateTime))
    active = sa.text("state IN ('queued', 'running')")
    op.create_index("one_active_job_per_kind", "jobs", ["kind"], unique=True, sqlite_where=active, postgresql_where=active)
    op.create_table("settings", sa.Column("key", sa.String(120), primary_key=True), sa.Column("value", sa.JSON))


def _make_kept() -> None:
    op.create_table(
        "datasets", sa.Column("id", _ID, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("filename", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False, unique=True), sa.Column("sha256", sa.String(64), nullable=False), sa.Column("mapping", sa.JSON, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False), sa.Column("deleted", sa.DateTime))
    op.create_table(
        "models", sa.Column("id", _ID, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("dataset_id", _ID, sa.ForeignKey("datasets.id")),
        sa.Column("settings", sa.JSON, nullable=False), sa.Column("summary", sa.JSON, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False), sa.Column("deleted", sa.DateTime))


def _make_scenarios() -> None:
    op.create_table(
        "scenarios", sa.Column("id", _ID, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("dataset_id", _ID, sa.ForeignKey("datasets.id")),
        sa.Column("model_id", _ID, sa.ForeignKey("models.id")), sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False), sa.Column("updated", sa.DateTime, nullable=False), sa.Column("deleted", sa.DateTime))
    op.create_table(
        "scenario_versions", sa.Column("scenario_id", _ID, sa.ForeignKey("scenarios.id"), primary_key=True), sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("content", sa.JSON, nullable=False), sa.Column("created", sa.DateTime, nullable=False))
