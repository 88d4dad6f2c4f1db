"""The sequence forecaster: its own promises, beside the battery that every forecaster passes."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from promo_core.errors import JobError, ModelError, ModelFolderError
from promo_core.models import lstm_network
from promo_core.models.lstm import LSTMConfig, LSTMForecaster
from tests.models.battery import HORIZON, future, shop, with_target

ROOT = Path(__file__).resolve().parents[2]
SMALL = LSTMConfig(seed=7, units=8, ensemble=1, encoder=28, horizon=HORIZON, epochs=3, refit_epochs=1, batch=128, per_epoch=1024)


@pytest.fixture(scope="module")
def panel():
    return shop()


@pytest.fixture(scope="module")
def heard():
    return []


@pytest.fixture(scope="module")
def fitted(panel, heard):
    return LSTMForecaster(SMALL).fit(panel, progress=lambda *told: heard.append(told))


@pytest.fixture(scope="module")
def saved(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    fitted.save(folder)
    return folder


def run_python(code: str, **environ: str) -> str:
    """Run code in a fresh interpreter and return what it printed."""
    import os

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environ}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_a_percentage_error_has_its_own_point_below_the_middle():
    spread = 1.2815515655446004 * 0.4 * np.array([-1.0, 0.0, 1.0])
    told = [float(LSTMForecaster(LSTMConfig(percentage=power)).point(2.0 + spread)) for power in (0, 1, 2)]
    assert told == pytest.approx([2.0, 2.0 - 0.16, 2.0 - 0.24])
    with pytest.raises(ModelError, match="quantiles beside"):
        LSTMConfig(percentage=2, quantiles=(0.5,))


def test_windows_of_a_larger_series_count_more():
    told = lstm_network.series_weights(np.log([[100.0], [400.0]]), 0.5)
    assert told.mean() == pytest.approx(1.0) and told[1] / told[0] == pytest.approx(2.0)
    assert lstm_network.series_weights(np.log([[100.0], [400.0]]), 0.0).tolist() == [1.0, 1.0]
    assert lstm_network.series_weights(np.array([[0.0], [50.0]]), 1.0).max() < 2.0  # one giant does not silence the others


def test_importing_the_module_imports_no_heavy_package():
    code = "import sys, promo_core.models.lstm as m; m.LSTMForecaster(); print([n for n in ('keras', 'tensorflow', 'shap', 'lightgbm') if n in sys.modules])"
    assert run_python(code) == "[]"


def test_progress_rises_to_one_and_tells_epoch_speed_device_and_time_left(fitted, heard):
    fractions = [fraction for _, fraction, _ in heard]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert all(stage == "lstm" and detail.startswith("epoch") for stage, _, detail in heard)
    assert all(re.search(r"[1-9]\d* windows/s on CPU, \d+ s left", detail) for _, _, detail in heard[:-1])


def test_the_report_tells_device_speed_and_epochs(fitted):
    assert {"device", "windows_per_second", "epochs", "best_epoch", "seconds", "loss", "windows"} <= set(fitted.report_)
    assert fitted.report_["windows_per_second"] > 0 and 1 <= fitted.report_["best_epoch"] <= fitted.report_["epochs"]


def test_cancelling_passes_through(panel):
    def cancel(*_):
        raise JobError("cancelled")

    model = LSTMForecaster(SMALL)
    with pytest.raises(JobError, match="cancelled"):
        model.fit(panel, progress=cancel)
    assert not hasattr(model, "networks_")


def test_quantiles_never_cross_and_their_middle_is_the_base(fitted, panel):
    plan = future(panel)
    quantiles = fitted.quantiles(panel, plan)
    assert quantiles.shape == (panel.n_series, HORIZON, 3, 3)
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    np.testing.assert_array_equal(quantiles[..., 1], fitted.base(panel, plan))


def test_the_encoder_runs_once_and_the_decoder_alone_answers_a_plan(fitted, panel):
    state = fitted.encode(panel)
    np.testing.assert_array_equal(fitted.decode(state, future(panel)), fitted.base(panel, future(panel)))
    np.testing.assert_allclose(fitted.decode(state, future(panel, 7)), fitted.decode(state, future(panel))[:, :7], rtol=0, atol=1e-5)


def test_targets_after_the_origin_change_nothing_that_is_read(fitted, panel):
    changed = with_target(panel, slice(None), slice(panel.n_observed, None), 1e9)
    np.testing.assert_array_equal(fitted.base(changed, future(panel)), fitted.base(panel, future(panel)))


def test_a_series_level_moves_its_forecast_by_as_much(fitted, panel):
    larger = replace(panel, targets={name: values * (10.0 if name != "orders" else 1.0) for name, values in panel.targets.items()})
    larger = replace(larger, targets={**larger.targets, "orders": panel.targets["orders"] * 10.0})
    moved = fitted.base(larger, future(panel)) - fitted.base(panel, future(panel))
    np.testing.assert_allclose(moved[..., 0], np.log(10.0), rtol=0, atol=1e-3)


def test_months_of_gap_are_no_hindrance(fitted, panel):
    gap = with_target(panel, slice(0, 1), slice(100, None), np.nan)
    base = fitted.base(gap, future(panel))
    assert np.isfinite(base).all()
    others = base[1:] - fitted.base(panel, future(panel))[1:]
    assert np.abs(others).max() < 0.01  # the other series' pooled conversion moves a little, nothing else


def test_the_recurrent_layers_are_ones_that_cudnn_can_run(fitted):
    network = fitted.networks_[0]
    for model, name in ((network.encoder, "encoder"), (network.decoder, "decoder")):
        told = model.get_layer(name).get_config()
        assert (told["activation"], told["recurrent_activation"], told["use_bias"], told["unroll"]) == ("tanh", "sigmoid", True, False)
        assert told["recurrent_dropout"] == 0.0 and told["units"] % 8 == 0
    assert not [layer for model in (network.encoder, network.decoder) for layer in model.layers if "Masking" in type(layer).__name__ or getattr(layer, "mask_zero", False)]


def test_a_gpu_computes_the_layers_in_half_precision_and_head_and_quantiles_in_full(fitted, monkeypatch):
    monkeypatch.setattr(lstm_network, "device", lambda: "a GPU")
    decoder = lstm_network.build_network(fitted.spec_, 8, (0.5,), 2).decoder
    assert {name: decoder.get_layer(name).compute_dtype for name in ("decoder", "hidden", "head", "known", "quantiles")} == {
        "decoder": "float16", "hidden": "float16", "head": "float32", "known": "float32", "quantiles": "float32"}


def test_weights_are_plain_arrays_and_the_rest_is_json(saved):
    assert sorted(path.name for path in saved.iterdir()) == ["lstm.json", "lstm_weights.npz"]
    with np.load(saved / "lstm_weights.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype == np.float32 for name in arrays.files)
    assert json.loads((saved / "lstm.json").read_text())["spec"]["frequency"] == "D"


def test_a_broken_folder_is_told_as_one(saved, tmp_path):
    (tmp_path / "lstm.json").write_text((saved / "lstm.json").read_text())
    with pytest.raises(ModelFolderError, match="no intact network"):
        LSTMForecaster.load(tmp_path)
    (tmp_path / "lstm_weights.npz").write_bytes((saved / "lstm_weights.npz").read_bytes()[:500])
    with pytest.raises(ModelFolderError, match="no intact network"):
        LSTMForecaster.load(tmp_path)


def test_refining_keeps_what_was_learned_and_tells_of_itself(saved, panel):
    model = LSTMForecaster.load(saved)
    before = model.base(panel, future(panel))
    later = replace(panel, n_observed=panel.n_observed + 7)
    assert model.refine(later, epochs=1) is model
    after = model.base(panel, future(panel))
    assert model.report_["refined"]["epochs"] == 1
    assert 0 < np.abs(after - before).max() < 0.5


def test_an_ensemble_answers_with_the_mean_of_its_networks_and_survives_saving(panel, tmp_path):
    model = LSTMForecaster(replace(SMALL, ensemble=2, epochs=1)).fit(panel)
    state, plan = model.encode(panel), future(panel)
    alone = []
    for network, hidden in zip(model.networks_, state.hidden, strict=True):
        single = LSTMForecaster.__new__(LSTMForecaster)
        single.__dict__ = {**model.__dict__, "networks_": (network,)}
        alone.append(single.decode(replace(state, hidden=(hidden,)), plan))
    assert np.abs(alone[0] - alone[1]).max() > 1e-3
    np.testing.assert_allclose(model.decode(state, plan), np.mean(alone, axis=0), rtol=0, atol=1e-5)
    model.save(tmp_path)
    np.testing.assert_allclose(LSTMForecaster.load(tmp_path).base(panel, plan), model.base(panel, plan), rtol=0, atol=1e-5)


def test_another_frequency_is_refused(fitted):
    with pytest.raises(ModelError, match="Train anew"):
        fitted.base(shop(n_observed=60, n_future=8, frequency="W-WED"), future(shop(n_observed=60, n_future=8, frequency="W-WED"), 8))


@pytest.mark.parametrize("wrong", [{"units": 12}, {"quantiles": (0.1, 0.9)}, {"epochs": 0}])
def test_a_config_that_cannot_work_is_refused(wrong):
    with pytest.raises(ModelError):
        LSTMConfig(**wrong)


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_same_folder_answers_alike_on_another_backend(backend, fitted, saved, panel, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: the network was not tried on it")
    code = ("import sys, numpy as np; from pathlib import Path; from promo_core.models.lstm import LSTMForecaster; from tests.models.battery import future, shop\n"
            f"p = shop(); np.save({str(tmp_path / 'base.npy')!r}, LSTMForecaster.load(Path({str(saved)!r})).base(p, future(p)))")
    run_python(code, KERAS_BACKEND=backend)
    np.testing.assert_allclose(np.load(tmp_path / "base.npy"), fitted.base(panel, future(panel)), rtol=0, atol=1e-4)
