"""Event logs in a warehouse: it groups in its own SQL, and only the panel's sums travel here."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from promo_core.data.events_map import EventMap
from promo_core.data.events_sql import distinct_of, sums_of, with_words
from promo_core.errors import N_, DataError

__all__ = ["sums_of_warehouse"]


def sums_of_warehouse(url: str, table: str, events: EventMap, counted: Sequence[str]) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the sums and distinct counts of a table that `url` (any SQLAlchemy dialect) reaches; `table` may name its schema, as in `logs.events`.

    Raises:
        DataError: when the database does not answer, or refuses the statement.
    """
    schema, _, name = table.rpartition(".")
    try:
        engine = sa.create_engine(url)
    except (SQLAlchemyError, ImportError) as error:
        raise _refused(error) from error
    try:
        with engine.connect() as connection:
            columns = [c["name"] for c in sa.inspect(connection).get_columns(name, schema=schema or None)]
            events.require(columns)
            log = sa.table(name, *[sa.column(c) for c in columns], schema=schema or None)
            return with_words(pd.read_sql(sums_of(events, log), connection), events), {part: pd.read_sql(distinct_of(events, log, part), connection) for part in counted}
    except SQLAlchemyError as error:
        raise _refused(error) from error
    finally:
        engine.dispose()


def _refused(error: Exception) -> DataError:
    return DataError(N_("The database does not give the event log: {reason} Check its address, the table's name, and that you may read it."),
                     reason=" ".join(str(getattr(error, "orig", None) or error).split())[:300])
