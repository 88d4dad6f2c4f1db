"""What Alembic's commands work on: the connection they are given, or the database named by `-x url=…`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from promo_core.storage.tables import metadata


def _run(connection: sa.Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    _run(given)
else:
    with sa.create_engine(context.get_x_argument(as_dictionary=True)["url"]).begin() as opened:
        _run(opened)
