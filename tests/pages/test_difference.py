"""Two kept scenarios on the What-if page: why one brings more than the other."""

from __future__ import annotations

from pathlib import Path

from promo_core import Scenario, Workspace, explain_difference, load_model
from tests.pages.conftest import run_at, texts


def test_the_difference_is_taken_apart_and_told(small_home: Path) -> None:
    workspace = Workspace(small_home)
    model, dataset = load_model(workspace.models.path(workspace.models.all()[0].id)), workspace.datasets.all()[0].id
    days = model.panel.future_periods(8)
    for name, depth, last in (("light", 0.1, 3), ("deep", 0.3, 6)):
        campaign = {"start": str(days[1].date()), "end": str(days[last].date()), "discount_depth": depth, "promo_type": "percent_off"}
        workspace.scenarios.add(Scenario.from_dict({"name": name, "horizon": model.horizon, "campaigns": [campaign]}), dataset_id=dataset)
    app = run_at("whatif")
    app.segmented_control(key="compare_way").set_value("why").run()
    assert not app.exception and not app.error
    assert "the change that counts most is" in texts(app).replace("\\", "")
    kept = {record.name: record.scenario for record in workspace.scenarios.all()}
    assert {s.lever for s in explain_difference(model, kept["light"], kept["deep"])} == {"discount_depth", "length"}
