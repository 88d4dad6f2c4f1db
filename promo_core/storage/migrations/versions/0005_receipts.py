"""What was kept of a file and what was left out: its receipt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; files kept before have none."""
    op.add_column("datasets", sa.Column("receipt", sa.JSON))
