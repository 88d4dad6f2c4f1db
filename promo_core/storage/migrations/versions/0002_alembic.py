"""The count of schemas from before there were revisions is no longer needed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Drop the old count where there is one."""
    if sa.inspect(op.get_bind()).has_table("schema_version"):
        op.drop_table("schema_version")
