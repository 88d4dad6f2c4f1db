"""How levers act on the links: one response, estimated once, carried by every forecaster.

U = own effect + after-effects + effects of siblings, on the link scale; zero where nothing runs or ran.
The own effect is a pooled curve times a factor per dimension value and series, fitted on what is left of the promoted past
after `PastBaseline`. Trees beside it were tried and gained nothing (decision 3), so that an effect is NumPy alone.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, NotFittedError
from promo_core.models.base import Composition
from promo_core.models.response_baseline import PastBaseline, clean_cells, plain_level
from promo_core.models.response_design import (
    LeverDesign,
    carry_over,
    carry_over_windows,
    group_codes,
    group_totals,
    offers,
    overheard,
    sibling_codes,
    weekday_codes,
)
from promo_core.models.response_fit import Echo, OwnCurve, fit_echo, fit_own

__all__ = ["Response", "ResponseConfig", "Spill"]

MISSED = 0.2  # relative error of an effect beyond sampling: with it the bands of increments held 81 % of the truth on building shops, without it 33 %
MOST_BUMP = 2.0  # log uplift beyond which an echo grows no further, so that fatigue never turns a deeper cut into fewer orders
QUANTITIES = ("visitors", "conversion", "orders", "units", "gmv")


@dataclass(frozen=True, kw_only=True)
class ResponseConfig:
    """Settings of the response.

    Attributes:
        draws: bootstrap replicates over 28-day blocks, which tell the uncertainty.
        turns: how often own effects and echoes are told apart anew.
    """

    seed: int = 7
    threads: int = 2
    draws: int = 40
    turns: int = 8
    quick: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class _Task:
    """What fitting passes around; grids are (n_series, n_observed, …)."""

    panel: Panel
    links: np.ndarray
    columns: np.ndarray
    clean: np.ndarray
    quiet: np.ndarray
    groups: dict[str, np.ndarray]
    promoted: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class _Places:
    """Codes (n,) of a panel's series among the groups trained on (-1: never seen), who their siblings are, and what they offer them (n, G)."""

    groups: dict[str, np.ndarray]
    offered: np.ndarray
    siblings: dict[str, np.ndarray]

    def take(self, rows: np.ndarray) -> _Places:
        """Return the places of some series; what they offer stays relative to all their siblings."""
        return _Places(groups={d: c[rows] for d, c in self.groups.items()}, offered=self.offered[rows], siblings={d: c[rows] for d, c in self.siblings.items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class Spill:
    """What promotions do to siblings; many hear exactly the same, so it is held once.

    Attributes:
        onto: (m,) the series reached, none where siblings take nothing.
        which: (m,) what each of them hears, a position below.
        effects: per link (g, H, 1) float64.
        deviations: per link (g, H, R) float32, each replicate's deviation from the effect; empty where not asked for.
    """

    onto: np.ndarray
    which: np.ndarray
    effects: tuple[np.ndarray, ...]
    deviations: tuple[np.ndarray, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Asked:
    """A plan joined to the recent past: columns (n, T, p), the cells' groups, promoted (n, H), and which periods lie ahead."""

    panel: Panel
    columns: np.ndarray
    groups: dict[str, np.ndarray]
    places: _Places
    promoted: np.ndarray
    ahead: slice


class Response:
    """Effect of a plan on the links, with its uncertainty.

    Learned state: `design_` the lever columns; `own_` and `echo_` one per link; `sizes_` and `kinds_` who takes from whom.
    """

    def __init__(self, config: ResponseConfig | None = None) -> None:
        self.config = config or ResponseConfig()

    def fit(self, panel: Panel, composition: Composition | None = None) -> Self:
        """Estimate from the observed past of `panel`.

        Own effects and echoes are told apart by turns: own effects on promoted cells above a baseline that has no echo in it,
        echoes on all cells above a plainer baseline (one that leaves siblings' losses visible). The last turn's baseline has trees.
        """
        composition = composition or Composition.of(panel)
        past = panel.past_plan()
        links = _in_stock(panel, composition.clean_links(panel))
        clean = clean_cells(panel, rested=True)
        groups = {"": np.arange(panel.n_series), **group_codes(panel)}
        self.composition_, self.promo_types_, self.series_key_ = composition, panel.plan.promo_types, panel.labels()
        self.groups_ = {d: dict(zip(panel.series[d].astype(str), map(int, c), strict=True)) for d, c in groups.items() if d}
        self.design_ = LeverDesign.of(past, np.isfinite(links).any(axis=-1))
        self.identified_ = not clean.all() or not past.promoted.any()
        self.sizes_, self.kinds_ = _sizes(links, composition), tuple(sibling_codes(panel))
        self._asked = self._heard = None
        task = _Task(panel=panel, links=links, columns=self.design_.matrix(past), clean=clean, quiet=clean, groups=_cell_groups(groups, past.periods, panel.frequency), promoted=past.promoted)
        self._start(task)
        for _ in range(self.config.turns):
            self._fit_own(task, trees=False)
            self._fit_echo(task)
            task = replace(task, clean=clean_cells(panel, rested=False), quiet=np.ones_like(clean))
        self._fit_own(task, trees=True)
        return self

    def _start(self, task: _Task) -> None:
        nothing = np.zeros(task.columns.shape[-1])
        self.own_ = [OwnCurve(theta=nothing, theta_draws=np.zeros((self.config.draws, len(nothing))), factors={}, factor_draws={}, types=()) for _ in self.composition_.chain]
        self.echo_ = [Echo.none(len(carry_over_windows(task.panel.frequency)), len(self.kinds_)) for _ in self.own_]

    def _fit_own(self, task: _Task, *, trees: bool) -> None:
        """Fit the own curve of each link on what is left of it above its baseline and echoes."""
        baseline = PastBaseline(seed=self.config.seed, threads=self.config.threads, rounds=40 if self.config.quick else 80)
        echoes = self._past_echoes(task)
        for k, name in enumerate(self.composition_.chain):
            y = task.links[..., k] - self.echo_[k].effect(*echoes, task.promoted)
            bare = y - self.own_[k].effect(task.columns, task.groups)
            cells = (task.panel, bare, task.clean, task.quiet)
            level = baseline.level(*cells) if trees else plain_level(*cells, grouped=True)
            self.own_[k] = fit_own(residual=y - level, design=self.design_, columns=task.columns, groups=task.groups, promoted=task.promoted,
                                   positive=name in QUANTITIES, frequency=task.panel.frequency, seed=self.config.seed, draws=self.config.draws)

    def _fit_echo(self, task: _Task) -> None:
        """Estimate after-effects and what siblings take from one another."""
        if not self.identified_ or not task.promoted.any():
            return
        before = self._past_echoes(task)
        old = [echo.effect(*before, task.promoted) for echo in self.echo_]
        bump = self._bump(task.columns, task.groups)
        echoes, extra = self._echoes(task.panel, self._places(task.panel), bump, slice(None)), _extra(bump)
        for k, name in enumerate(self.composition_.chain):
            if name not in QUANTITIES:
                continue
            y = task.links[..., k] - self.own_[k].effect(task.columns, task.groups)
            left = y - plain_level(task.panel, y - old[k], task.clean, task.quiet, grouped=False)
            self.echo_[k] = fit_echo(left, *echoes, extra=extra, promoted=task.promoted, frequency=task.panel.frequency, seed=self.config.seed)

    def _past_echoes(self, task: _Task) -> tuple[np.ndarray, np.ndarray]:
        return self._echoes(task.panel, self._places(task.panel), self._bump(task.columns, task.groups), slice(None))

    def _places(self, panel: Panel) -> _Places:
        """Return where a panel's series stand among those trained on; kept for the panel asked about last."""
        asked = getattr(self, "_asked", None)
        if asked is None or asked[0] is not panel.series:
            rows = {label: i for i, label in enumerate(self.series_key_)}
            place = np.array([rows.get(label, -1) for label in panel.labels()])
            groups = {d: np.array([codes.get(v, -1) for v in panel.series[d].astype(str)]) for d, codes in self.groups_.items() if d in panel.series}
            sizes = np.where(place >= 0, self.sizes_[place], np.median(self.sizes_))
            siblings = sibling_codes(panel, self.kinds_)
            asked = self._asked = panel.series, _Places(groups={"": place, **groups}, offered=offers(sizes, siblings), siblings=siblings)
        return asked[1]

    def _bump(self, columns: np.ndarray, groups: dict[str, np.ndarray]) -> np.ndarray:
        """Return the own effect on quantity, (n, T): what may echo later and elsewhere."""
        return self._quantity([own.effect(columns, groups) for own in self.own_])

    def _quantity(self, parts: list[np.ndarray]) -> np.ndarray:
        """Return the sum of those links' effects that move a quantity."""
        summed = [part for part, name in zip(parts, self.composition_.chain, strict=True) if name in QUANTITIES]
        return np.sum(summed, axis=0) if summed else np.zeros_like(parts[0])

    def effect(self, panel: Panel, plan: Plan, rows: np.ndarray | None = None) -> np.ndarray:
        """Return U of a future plan, (n_series, H, K): its own campaigns, the echo of past and planned ones, and of siblings'.

        Args:
            panel: whose past ran just before the plan's first period.
            plan: levers of the periods right after `panel.origin`.
            rows: ask for these series only, (m, H, K), when the plan leaves all others without promotion.

        Raises:
            NotFittedError: before `fit`.
        """
        asked = self._asked_of(panel, plan, rows)
        return np.stack(self._effects(asked, [curve.effect(asked.columns, asked.groups) for curve in self.own_]), axis=-1)

    def spill(self, panel: Panel, plan: Plan, rows: np.ndarray, *, drawn: bool = False) -> Spill:
        """Tell what promotions on `rows` alone do to the other series, their siblings; `drawn` with each replicate's deviations."""
        self._require_fitted()
        moved, columns = self._places(panel).take(rows), self.design_.matrix(plan.take(rows))
        cross = self._cross()
        extra = self._extra_of(columns, _cell_groups(moved.groups, plan.periods, plan.frequency), drawn=drawn)
        onto, which, heard = self._hearers(panel, rows)
        told = np.zeros((len(self.echo_), len(extra), len(next(iter(heard.values()), ())), columns.shape[1]))
        for i, place in heard.items():
            totals = group_totals(extra * moved.offered[:, i, None], moved.siblings[self.kinds_[i]])[2]
            told += cross[:, : len(extra), i, None, None] * np.pad(totals, ((0, 0), (0, 1), (0, 0)))[:, place]
        spread = np.moveaxis(told[:, 1:] - (1.0 - self._missed()) * told[:, :1], 1, 3).astype(np.float32) if drawn else ()
        return Spill(onto=onto, which=which, effects=tuple(told[:, 0, ..., None]), deviations=tuple(spread))

    def _cross(self) -> np.ndarray:
        """Return (K, 1 + R, G) what siblings take from one another, per link: the estimate, and its replicates after it."""
        return np.stack([np.concatenate([echo.cross[None], echo.cross_drawn(self.config.draws)]) for echo in self.echo_])

    def _kinds_that_take(self) -> list[int]:
        """Return the kinships that take anything at all."""
        return np.flatnonzero(self._cross().any(axis=(0, 1))).tolist()

    def _hearers(self, panel: Panel, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray]]:
        """Return who hears of promotions on `rows` (m,), what each of them hears (m,), and per kinship the place (g,) of that among the promoted groups, one past them for none.

        Kept for the rows asked about last: a moved control promotes the same series.
        """
        asked, kinds = getattr(self, "_heard", None), self._kinds_that_take()
        if asked is None or asked[0] is not panel.series or not np.array_equal(asked[1], rows) or asked[2] != kinds:
            siblings = [self._places(panel).siblings[self.kinds_[i]] for i in kinds]
            present = [np.unique(codes[rows]) for codes in siblings]
            hears = np.any([np.isin(codes, among) for codes, among in zip(siblings, present, strict=True)] or [np.zeros(panel.n_series, dtype=bool)], axis=0)
            hears[rows] = False
            onto = np.flatnonzero(hears)
            places = [np.where(np.isin(codes[onto], among), np.searchsorted(among, codes[onto]), len(among)) for codes, among in zip(siblings, present, strict=True)]
            heard, which = np.unique(np.stack(places, axis=1), axis=0, return_inverse=True) if places else (np.zeros((0, 0), dtype=int), onto)
            asked = self._heard = panel.series, rows, kinds, (onto, which.ravel(), dict(zip(kinds, heard.T, strict=True)))
        return asked[3]

    def _extra_of(self, columns: np.ndarray, groups: dict[str, np.ndarray], *, drawn: bool) -> np.ndarray:
        """Return (1, n, T) the extra demand of own effects; `drawn`: (1 + R, n, T), the replicates' after it."""
        middle = _extra(self._bump(columns, groups))[None]
        return np.concatenate([middle, _extra(self._quantity([own.draws(columns, groups) for own in self.own_]))]) if drawn else middle

    def extra_demand(self, panel: Panel, plan: Plan) -> np.ndarray:
        """Return the relative extra demand that a plan's campaigns bring where and while they run, (n_series, H): what may echo later and elsewhere."""
        self._require_fitted()
        return _extra(self._bump(self.design_.matrix(plan), _cell_groups(self._places(panel).groups, plan.periods, plan.frequency)))

    def own_effect(self, panel: Panel, plan: Plan) -> np.ndarray:
        """Return what a plan's campaigns do where and while they run, (n_series, H, K), without echoes."""
        self._require_fitted()
        columns, groups = self.design_.matrix(plan), _cell_groups(self._places(panel).groups, plan.periods, plan.frequency)
        return np.stack([own.effect(columns, groups) for own in self.own_], axis=-1)

    def past_effect(self, panel: Panel) -> np.ndarray:
        """Return U of the plan that ran, (n_series, n_observed, K)."""
        self._require_fitted()
        past = panel.past_plan()
        nothing = replace(panel, n_observed=0) if panel.n_observed else panel
        return self.effect(nothing, past)

    def draws(self, panel: Panel, plan: Plan, n: int, seed: int | None = None) -> np.ndarray:
        """Return deviations around `effect` that tell its uncertainty, (n, n_series, H, K) float32; zero where the effect is."""
        return self.replicates(panel, plan)[self.order(n, seed)]

    def order(self, n: int, seed: int | None = None) -> np.ndarray:
        """Return which replicate each of `n` draws takes: repeated to fill `n`, the same for every plan, so that scenario and baseline differ by the same one."""
        return np.random.default_rng(self.config.seed if seed is None else seed).permutation(np.arange(n) % self.config.draws)

    def replicates(self, panel: Panel, plan: Plan, rows: np.ndarray | None = None) -> np.ndarray:
        """Return deviations around `effect`, (R, n_series, H, K) float32, as `effect_drawn` does."""
        return self.effect_drawn(panel, plan, rows)[1]

    def effect_drawn(self, panel: Panel, plan: Plan, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return `effect` (n_series, H, K) and deviations around it, (R, n_series, H, K) float32.

        A bootstrap over 28-day blocks tells what chance did, and a common factor per replicate and link what the response's form may miss.

        Args:
            rows: ask for these series only, (m, H, K) and (R, m, H, K), when the plan leaves all others without promotion.
        """
        asked = self._asked_of(panel, plan, rows)
        effects = self._effects(asked, [curve.effect(asked.columns, asked.groups) for curve in self.own_])
        drawn = [curve.draws(asked.columns, asked.groups) for curve in self.own_]
        echoes = self._echoes(panel, asked.places, self._quantity(drawn), asked.ahead, self._kinds_that_take())
        parts = [d[..., asked.ahead] + echo.drawn(*echoes, asked.promoted) - (1.0 - missed) * effect
                 for d, effect, echo, missed in zip(drawn, effects, self.echo_, self._missed(), strict=True)]
        return np.stack(effects, axis=-1), np.stack(parts, axis=-1).astype(np.float32)

    def _effects(self, asked: _Asked, own: list[np.ndarray]) -> list[np.ndarray]:
        """Return per link (n, H): own effects (n, T) of the periods ahead and what echoes there."""
        echoes = self._echoes(asked.panel, asked.places, self._quantity(own), asked.ahead, self._kinds_that_take())
        return [echo.effect(*echoes, asked.promoted) + part[:, asked.ahead] for echo, part in zip(self.echo_, own, strict=True)]

    def _missed(self) -> np.ndarray:
        """Return (K, R, 1, 1) the relative error of each link and replicate beyond sampling."""
        return MISSED * np.random.default_rng(self.config.seed).standard_normal((len(self.own_), self.config.draws, 1, 1))

    def _placed(self, panel: Panel, rows: np.ndarray | None) -> _Places:
        return self._places(panel) if rows is None else self._places(panel).take(rows)

    def _asked_of(self, panel: Panel, plan: Plan, rows: np.ndarray | None) -> _Asked:
        """Return lever columns of the recent past and the plan joined, and where they stand."""
        self._require_fitted()
        before = min(carry_over_windows(plan.frequency)[-1][1], panel.n_observed)
        parts = [panel.plan.window(panel.n_observed - before, panel.n_observed), plan] if before else [plan]
        parts = parts if rows is None else [part.take(rows) for part in parts]
        places = self._placed(panel, rows)
        groups = _cell_groups(places.groups, pd.DatetimeIndex(np.concatenate([part.periods for part in parts])), plan.frequency)
        return _Asked(panel=panel, columns=np.concatenate([self.design_.matrix(part) for part in parts], axis=1), groups=groups, places=places,
                      promoted=parts[-1].promoted, ahead=slice(before, None))

    def _echoes(self, panel: Panel, places: _Places, bump: np.ndarray, ahead: slice, kinds: Sequence[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return extra demand carried over, (..., n, T, W), and that of siblings, (..., n, T, G), for the periods `ahead`."""
        extra = _extra(bump)
        return carry_over(extra, carry_over_windows(panel.frequency), ahead), overheard(extra[..., ahead], places.offered, places.siblings, kinds)

    def _require_fitted(self) -> None:
        if not hasattr(self, "own_"):
            raise NotFittedError(N_("`{model}` has not been trained yet. Train it on the Models page, or call `fit`."), model="response")

    def save(self, folder: Path) -> None:
        """Write the response under `folder`: JSON for structure, npz for numbers."""
        self._require_fitted()
        folder.mkdir(parents=True, exist_ok=True)
        content = {"config": asdict(self.config), "chain": list(self.composition_.chain), "promo_types": list(self.promo_types_), "series": self.series_key_,
                   "groups": self.groups_, "design": self.design_.to_dict(), "identified": self.identified_, "sizes": self.sizes_.tolist(), "kinds": list(self.kinds_),
                   "own": [own.to_dict() for own in self.own_], "echo": [echo.to_dict() for echo in self.echo_]}
        (folder / "response.json").write_text(json.dumps(content), encoding="utf-8")
        for k, own in enumerate(self.own_):
            np.savez_compressed(folder / f"own_{k}.npz", **own.arrays())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        content = json.loads((folder / "response.json").read_text(encoding="utf-8"))
        self = cls(ResponseConfig(**content["config"]))
        self.composition_, self.promo_types_ = Composition(tuple(content["chain"])), tuple(content["promo_types"])
        self.series_key_, self.groups_, self.identified_ = content["series"], content["groups"], content["identified"]
        self.design_, self.sizes_ = LeverDesign.from_dict(content["design"]), np.array(content["sizes"])
        self.kinds_ = tuple(content["kinds"])
        self.own_ = []
        self.echo_ = [Echo.from_dict(values) for values in content["echo"]]
        for k, own in enumerate(content["own"]):
            with np.load(folder / f"own_{k}.npz", allow_pickle=False) as arrays:
                self.own_.append(OwnCurve.from_parts(own, dict(arrays)))
        return self


def _cell_groups(groups: dict[str, np.ndarray], periods: pd.DatetimeIndex, frequency: str) -> dict[str, np.ndarray]:
    """Return group → codes that broadcast to (n, T): those of series (n,), and the weekday of days."""
    return {group: codes[:, None] for group, codes in groups.items()} | weekday_codes(periods, frequency)


def _extra(bump: np.ndarray) -> np.ndarray:
    """Return the relative extra demand of a log uplift."""
    return np.expm1(np.clip(bump, -MOST_BUMP, MOST_BUMP))


def _in_stock(panel: Panel, links: np.ndarray) -> np.ndarray:
    """Return links (n, T, K) with NaN where the stock ran out: what sold then says nothing of demand."""
    stock = panel.plan.covariates.get("stock")
    return links if stock is None else np.where((stock[:, : panel.n_observed] == 0)[..., None], np.nan, links)


def _sizes(links: np.ndarray, composition: Composition) -> np.ndarray:
    """Return (n,) usual demand of each series: the median of its main count, or of its GMV where there is no count."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        usual = {m: np.nanmedian(v, axis=1) for m, v in composition.compose(links).items() if m in QUANTITIES and m != "conversion"}
    values = next(usual[m] for m in ("orders", "units", "visitors", "gmv") if m in usual)
    return np.where(np.isfinite(values), values, np.nanmedian(values) if np.isfinite(values).any() else 1.0)
