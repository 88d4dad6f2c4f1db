"""People, what each prefers, an append-only trail of what they did, and which machine a job runs on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from promo_core.storage.append_only import protect

revision = "0003"
down_revision = "0002"

_SUBJECT = sa.String(200)


def upgrade() -> None:
    """Add the tables and the trail's guard."""
    op.add_column("jobs", sa.Column("host", sa.Text))
    op.add_column("jobs", sa.Column("heard", sa.DateTime))
    op.create_table("preferences", sa.Column("subject", _SUBJECT, primary_key=True), sa.Column("key", sa.String(120), primary_key=True), sa.Column("value", sa.JSON))
    op.create_table("members", sa.Column("subject", _SUBJECT, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("role", sa.String(16)),
                    sa.Column("first_seen", sa.DateTime, nullable=False), sa.Column("last_seen", sa.DateTime, nullable=False))
    op.create_table("audit", sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True), sa.Column("moment", sa.DateTime, nullable=False),
                    sa.Column("subject", _SUBJECT, nullable=False), sa.Column("action", sa.String(40), nullable=False), sa.Column("object_id", _SUBJECT, nullable=False),
                    sa.Column("detail", sa.JSON, nullable=False), sqlite_autoincrement=True)
    op.create_index("audit_of_object", "audit", ["object_id"])
    protect(op.get_bind(), "audit")
