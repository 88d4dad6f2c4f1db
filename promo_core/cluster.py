"""A Dask cluster behind one setting: connect to it, or start one here, and spread independent work over it. Dask schedules, not we."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from promo_core.errors import N_, JobError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["LOCAL", "connected", "spread"]

LOCAL = "local"
"""The address that stands for workers started here, one per core, and stopped afterwards."""

_SECONDS_TO_CONNECT = 20
T = TypeVar("T")


@contextmanager
def connected(address: str, *, workers: int | None = None) -> Iterator[Client]:
    """Give a client of the scheduler at `address`, or of workers started here for "local"; inside another such block, the client it gave.

    Args:
        workers: processes to start here; `None` takes one per core.

    Raises:
        JobError: when no scheduler answers.
    """
    from distributed import Client, LocalCluster, get_client

    try:
        held = get_client()
    except ValueError:
        held = None
    if held is not None:
        yield held
        return
    if address == LOCAL:
        with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(address, timeout=_SECONDS_TO_CONNECT)
    except (OSError, ValueError) as error:
        raise JobError(N_("No Dask scheduler answers at {received}: {reason}. Start one (`dask scheduler`), or leave the setting out to work on this machine."),
                       received=address, reason=str(error).split("\n")[0]) from error
    with client:
        yield client


def spread(function: Callable[..., T], items: Sequence[tuple[Any, ...]], cluster: str | None, *, shared: tuple[Any, ...] = ()) -> list[T]:
    """Return `function(*shared, *item)` of every item, in order: here one after another, or as futures of the cluster.

    Args:
        cluster: a scheduler's address, "local", or `None` for here.
        shared: what every call needs; it travels to each worker once.
    """
    if cluster is None:
        return [function(*shared, *item) for item in items]
    with connected(cluster) as client:
        common = client.scatter(list(shared), broadcast=True) if shared else []
        return client.gather([client.submit(function, *common, *item, pure=False) for item in items])
