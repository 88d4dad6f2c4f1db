"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from promo_core import DemoConfig, DemoShop, TrainedModel, TrainSettings, Workspace, add_file, demo_shop, train
from tests.storage.postgres import binaries, running_server

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SMALL = DemoConfig(n_segments=3, n_categories=2, n_channels=1, n_periods=200)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data; in CI it must be there, elsewhere its absence skips the test and says so."""
    if not SHARED_DATA.exists():
        if os.environ.get("CI"):
            pytest.fail(f"real data is missing: expected it at {SHARED_DATA}")
        pytest.skip(f"real data is not here: expected it at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def small_shop() -> DemoShop:
    """A generated shop of six series."""
    return demo_shop(SMALL)


@pytest.fixture(scope="session")
def small_model(small_shop: DemoShop) -> TrainedModel:
    """A quick model of the small shop: trees, naive and their blend."""
    return train(small_shop.panel, TrainSettings(models=("gbm",), quick=True, horizon=14, folds=1))


@pytest.fixture(scope="session")
def kept_home(small_shop: DemoShop, small_model: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that holds the small shop as its demo, and its model; copied, never used itself."""
    workspace = Workspace(tmp_path_factory.mktemp("liftboard") / "home")
    dataset = add_file(workspace, small_shop.frame.to_csv(index=False).encode(), filename="demo_shop.csv", name="Demo shop")
    workspace.settings.put("demo_dataset", dataset.id)
    workspace.models.serve(workspace.models.add(small_model, "Demo shop", dataset.id).id)
    workspace.close()
    return workspace.folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL of the test run's own; in CI it must be installed, elsewhere its absence skips the test and says so."""
    programs = binaries()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing: install Debian's `postgresql`")
        pytest.skip("PostgreSQL is not installed: install Debian's `postgresql`")
    with running_server(programs) as url:
        yield url


@pytest.fixture(scope="module")
def workers() -> Iterator[str]:
    """The address of a real cluster of two worker processes."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address
