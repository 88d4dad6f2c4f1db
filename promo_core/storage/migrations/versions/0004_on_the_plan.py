"""Scenarios that were put on the plan, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the moment; what was kept before is not on the plan."""
    op.add_column("scenarios", sa.Column("planned", sa.DateTime))
