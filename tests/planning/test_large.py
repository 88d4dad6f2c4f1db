"""What an answer works out on the series it touches is what working out all of them gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.data.panel import Panel, Plan
from promo_core.models.response import Response, ResponseConfig
from promo_core.planning.answer import answer
from promo_core.planning.economics import costs_of
from promo_core.planning.serving import change_of, serving
from tests.planning.samples import sample_model, sample_panel, sample_scenario


@pytest.fixture(scope="module")
def shop() -> tuple[Panel, Response]:
    """A small shop and its response, with siblings that take from one another."""
    panel = demo_shop(DemoConfig(n_segments=2, n_categories=3, n_channels=2, n_periods=120)).panel
    response = Response(ResponseConfig(quick=True, threads=1, turns=1)).fit(panel)
    rng = np.random.default_rng(7)
    for echo in response.echo_:
        echo.cross[:] = rng.uniform(-0.3, 0.1, len(echo.cross))
        echo.drawn_values[:, -len(echo.cross):] = rng.normal(-0.1, 0.1, (len(echo.drawn_values), len(echo.cross)))
    return panel, response


def plan_on(panel: Panel, rows: list[int]) -> Plan:
    plan = panel.baseline_plan(28)
    depth = plan.levers["discount_depth"].copy()
    depth[rows, 3:9] = 0.25
    codes = plan.levers["promo_type"].copy()
    codes[rows, 3:9] = 1
    return replace(plan, levers={**plan.levers, "discount_depth": depth, "promo_type": codes})


def test_chosen_rows_and_their_siblings_are_the_rows_of_the_whole(shop: tuple[Panel, Response]) -> None:
    panel, response = shop
    rows = np.array([0, 4, 5])
    plan, quiet = plan_on(panel, [0, 4, 5]), panel.baseline_plan(28)
    whole, drawn = response.effect(panel, plan), response.replicates(panel, plan)
    assert np.allclose(response.effect(panel, plan, rows), whole[rows], atol=1e-12)
    assert np.allclose(response.replicates(panel, plan, rows), drawn[:, rows], atol=1e-6)
    spill = response.spill(panel, plan, rows, drawn=True)
    onto, heard, deviations = spill.onto, [part[spill.which] for part in spill.effects], [part[spill.which] for part in spill.deviations]
    assert all(np.array_equal(a, b) for a, b in zip(spill.effects, response.spill(panel, plan, rows).effects, strict=True))
    change, moved = whole - response.effect(panel, quiet), drawn - response.replicates(panel, quiet)
    assert len(onto) and not set(onto) & set(rows)
    for k in range(whole.shape[-1]):
        assert np.allclose(heard[k][..., 0], change[onto][..., k], atol=1e-12)
        assert np.allclose(np.moveaxis(deviations[k], 2, 0), moved[..., k][:, onto], atol=1e-5)
    rest = np.setdiff1d(np.arange(panel.n_series), [*rows, *onto])
    assert not change[rest].any() and not moved[:, rest].any()


def test_series_that_hear_the_same_share_it(shop: tuple[Panel, Response]) -> None:
    panel, response = shop
    rows = np.flatnonzero(panel.series["category"] == panel.series["category"].iloc[0])
    spill = response.spill(panel, plan_on(panel, list(rows)), rows, drawn=True)
    assert len(spill.effects[0]) == len(spill.deviations[0]) < len(spill.onto) == panel.n_series - len(rows)


def test_scaling_the_sums_of_siblings_is_close_to_composing_them_anew() -> None:
    model = sample_model(sample_panel(segments=tuple("abcdefgh"), categories=tuple("uvwxyz")), cross=-0.4)
    scenario = sample_scenario(model.panel, series={"category": ["u"]})
    plan = scenario.to_plan(model.panel, model.horizon)
    served = serving(model)
    change = change_of(model, plan, served)
    promoted = plan.levers["discount_depth"] > 0
    assert change.heard.sum() == model.panel.n_series - promoted.any(axis=1).sum()
    scaled, exact = (answer(served, replace(change, heard=heard), promoted, np.zeros_like(promoted), costs_of(model.panel, plan)) for heard in (change.heard, None))
    for m in served.counts:
        gains = [(r.rows["scenario"][m] - r.rows["baseline"][m])[change.heard].sum(axis=0) for r in (scaled, exact)]
        assert gains[1].mean() < 0 and gains[0].mean() == pytest.approx(gains[1].mean(), rel=0.01)
        assert np.quantile(gains[0], (0.1, 0.9)) == pytest.approx(np.quantile(gains[1], (0.1, 0.9)), rel=0.03)
    assert scaled.costs.margin_increment().mean() == pytest.approx(exact.costs.margin_increment().mean(), rel=0.01)


def test_sums_of_an_answer_are_those_of_its_rows() -> None:
    model = sample_model(sample_panel(segments=tuple("abcd"), categories=tuple("uvw")), cross=-0.4)
    scenario = sample_scenario(model.panel, series={"category": ["u"]})
    for horizon in (model.horizon, model.horizon - 3):
        plan = scenario.to_plan(model.panel, horizon)
        promoted, served = plan.levers["discount_depth"] > 0, serving(model)
        for _ in range(2):  # made, then kept
            result = answer(served, change_of(model, plan, served), promoted, np.zeros_like(promoted), costs_of(model.panel, plan))
            for side, counts in result.rows.items():
                for m, rows in counts.items():
                    assert np.allclose(result.means(m)[side], rows.mean(axis=1))
                    for chosen in (None, promoted.any(axis=1), ~promoted.any(axis=1)):
                        assert np.allclose(result.sums(chosen)[side][m], rows[slice(None) if chosen is None else chosen].sum(axis=0))
                    for d in model.panel.dimensions:
                        values, codes, sums = result.grouped(model.panel.series[d])
                        assert np.allclose(sums[side][m], [rows[codes == g].sum(axis=0) for g in range(len(values))])


def test_who_hears_is_told_anew_for_other_series(shop: tuple[Panel, Response]) -> None:
    panel, response = shop
    for rows in ([0, 4, 5], [1], [0, 4, 5]):
        told, kept = (response.spill(panel, plan_on(panel, rows), np.array(rows)) for _ in range(2))
        assert np.array_equal(told.onto, kept.onto) and all(np.array_equal(a, b) for a, b in zip(told.effects, kept.effects, strict=True))
        change = response.effect(panel, plan_on(panel, rows)) - response.effect(panel, panel.baseline_plan(28))
        assert set(np.flatnonzero(change.any(axis=(1, 2)))) == {*rows, *told.onto}


def test_levers_shares_of_siblings_are_close_to_drawing_them() -> None:
    from promo_core.explain.attribution import _heard_means, _middle_means

    model = sample_model(sample_panel(segments=tuple("abcd"), categories=tuple("uvw")), cross=-0.4)
    plan = sample_scenario(model.panel, series={"category": ["u"]}).to_plan(model.panel, model.horizon)
    served = serving(model)
    change = change_of(model, plan, served)
    rows = np.flatnonzero(change.heard)
    shifts = np.stack([np.zeros_like(change.effect[rows]), 0.5 * change.effect[rows], change.effect[rows]])
    drawn, scaled = (means(served, rows, shifts) for means in (_middle_means, _heard_means))
    assert len(rows) and np.allclose((scaled / scaled[0])[1:], (drawn / drawn[0])[1:], rtol=2e-3)
    assert ((scaled / scaled[0])[2] < 1.0).all()
