"""How well the past covers a scenario: a grade, why, and the past campaigns most alike with what they really did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from promo_core.data.panel import NO_PROMO, Panel, Plan
from promo_core.errors import N_, Message
from promo_core.locale import Count, Percent
from promo_core.planning.cautions import deepest
from promo_core.planning.outcome import Support
from promo_core.planning.scenario import Campaign, Scenario, selected, usual_type
from promo_core.planning.serving import COUNTS

__all__ = ["WIDER", "past_campaigns", "support", "what_happened"]

WIDER = {"A": 1.0, "B": 1.0, "C": 1.6, "D": 2.4}
"""How much wider the response's draws are taken where the past is thin; measured by `benchmarks.support` on building shops."""

_N_ALIKE = 5
_NEAR_DEPTH = 0.1
_NEAR_DAYS = 45
_STEP = 0.05
_USUAL_REACH = {"D": 56, "W": 8}
_PAST: WeakKeyDictionary[Panel, pd.DataFrame] = WeakKeyDictionary()
_ARRAYS: WeakKeyDictionary[Panel, _Past] = WeakKeyDictionary()


def support(scenario: Scenario, panel: Panel, *, alike: bool = True) -> Support:
    """Grade a scenario from A (often done on these series) to D (never done); several campaigns take the worst of their grades.

    Args:
        alike: whether to tell the past campaigns most alike and what they did.
    """
    if not scenario.campaigns:
        return Support(grade="A", reasons=(Message(N_("Nothing is promoted: this is the forecast itself.")),))
    past = _past_of(panel)
    graded = [_grade(campaign, panel, past) for campaign in scenario.campaigns]
    worst = max(graded, key=lambda item: item[0])
    if not alike:
        return Support(grade=worst[0], reasons=worst[1] + _widened(worst[0]))
    distances = np.concatenate([item[2] for item in graded])
    nearest = dict.fromkeys((np.argsort(distances, kind="stable") % max(1, len(past.frame))).tolist())
    least = np.min([item[2] for item in graded], axis=0)
    nearby = tuple(_told(past.frame.iloc[i].to_dict(), float(least[i]), panel, scenario) for i in list(nearest)[:_N_ALIKE])
    return Support(grade=worst[0], alike=nearby, reasons=worst[1] + _widened(worst[0]))


def _widened(grade: str) -> tuple[Message, ...]:
    """Say how much wider a band is drawn where the past is thin."""
    if WIDER[grade] == 1.0:
        return ()
    return (Message(N_("The increment's band is drawn {times} times as wide as the past by itself would make it, since bands of such campaigns held too little where the truth is known."),
                    {"times": WIDER[grade]}),)


def past_campaigns(panel: Panel) -> pd.DataFrame:
    """Return one row per past campaign: rows (its series), start, end (positions), promo_type, discount_depth, name.

    Where the panel names no campaigns, runs of promoted periods stand in for them. Made once per panel.
    """
    if panel not in _PAST:
        _PAST[panel] = _past_campaigns(panel)
    return _PAST[panel]


def _past_campaigns(panel: Panel) -> pd.DataFrame:
    known = panel.campaigns is not None and "name" in panel.campaigns and panel.campaigns["name"].fillna("").astype(str).ne("").any()
    listed = panel.campaigns if known else _runs(panel.past_plan())
    listed = listed[(listed["start"] < panel.n_observed) & (listed["end"] >= 0)]
    frame = listed.assign(end=np.minimum(listed["end"], panel.n_observed - 1), start=np.maximum(listed["start"], 0), name=listed["name"].fillna("").astype(str),
                          promo_type=listed["promo_type"].astype(object).where(listed["promo_type"].notna(), NO_PROMO).astype(str),
                          discount_depth=listed["discount_depth"].astype(float).round(3))
    keys = ["name", "start", "end", "promo_type", "discount_depth"]
    return frame.groupby(keys, sort=False, dropna=False)["series"].agg(lambda rows: np.unique(rows.to_numpy(dtype=int))).rename("rows").reset_index()


def _runs(plan: Plan) -> pd.DataFrame:
    """Return runs of promoted periods, one row per series and run; another type or a step in depth begins a new run."""
    depth = np.nan_to_num(plan.levers["discount_depth"]) if "discount_depth" in plan.levers else np.zeros(plan.shape)
    codes = np.nan_to_num(plan.levers["promo_type"]).astype(int) if "promo_type" in plan.levers else np.zeros(plan.shape, dtype=int)
    on, other = plan.promoted, np.zeros(plan.shape, dtype=bool)
    other[:, 1:] = (np.abs(np.diff(depth, axis=1)) > _STEP) | (np.diff(codes, axis=1) != 0)
    begins = on & (other | ~np.pad(on, ((0, 0), (1, 0)))[:, :-1])
    ends_here = on & (np.pad(begins, ((0, 0), (0, 1)))[:, 1:] | ~np.pad(on, ((0, 0), (0, 1)))[:, 1:])
    rows, starts = np.nonzero(begins)
    ends = np.nonzero(ends_here)[1]
    sums = np.pad(depth.cumsum(axis=1), ((0, 0), (1, 0)))
    return pd.DataFrame({"series": rows, "start": starts, "end": ends, "promo_type": np.asarray(plan.promo_types, dtype=object)[codes[rows, starts]],
                         "discount_depth": (sums[rows, ends + 1] - sums[rows, starts]) / (ends - starts + 1), "name": ""})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Past:
    """Past campaigns as arrays: (n,) start (day of the year), periods, depth, type; their series one after the other, each campaign's first at `begins`; whether types tell them apart."""

    frame: pd.DataFrame
    day: np.ndarray
    periods: np.ndarray
    depth: np.ndarray
    kind: np.ndarray
    series: np.ndarray
    begins: np.ndarray
    typed: bool


def _past_of(panel: Panel) -> _Past:
    """Return the past as arrays; made once per panel."""
    if panel not in _ARRAYS:
        frame = past_campaigns(panel)
        start, end = (frame[name].to_numpy(dtype=int) for name in ("start", "end"))
        sizes = np.array([len(rows) for rows in frame["rows"]], dtype=int)
        _ARRAYS[panel] = _Past(frame=frame, day=panel.periods[start].day_of_year.to_numpy() if len(frame) else np.zeros(0), periods=(end - start + 1).astype(float),
                               depth=frame["discount_depth"].to_numpy(dtype=float), kind=frame["promo_type"].to_numpy(dtype=object),
                               series=np.concatenate(list(frame["rows"])) if len(frame) else np.zeros(0, dtype=int), begins=np.cumsum(sizes) - sizes, typed=frame["promo_type"].nunique() > 1)
    return _ARRAYS[panel]


def _grade(campaign: Campaign, panel: Panel, past: _Past) -> tuple[str, tuple[Message, ...], np.ndarray]:
    """Return the campaign's grade, its reasons and how far each past campaign is from it, (n,)."""
    distance, near, covered, apart = _distances(campaign, panel, past)
    here, anywhere, season = int((near & (covered > 0)).sum()), int(near.sum()), int((near & (apart <= _NEAR_DAYS)).sum())
    grade = "A" if here >= 5 and season else "B" if here >= 2 or anywhere >= 10 else "C" if anywhere else "D"
    text = N_("{here} past campaigns of this type and about this depth ran on these series, {anywhere} anywhere.")
    if "discount_depth" not in panel.plan.levers:
        text = N_("{here} past campaigns of this type ran on these series, {anywhere} anywhere.")
    elif len(panel.plan.promo_types) < 2:
        text = N_("{here} past campaigns of about this depth ran on these series, {anywhere} anywhere.")
    reasons = [Message(text, {"here": Count(here), "anywhere": Count(anywhere)})]
    if anywhere and not season:
        reasons.append(Message(N_("None of them ran at this time of the year.")))
    if campaign.discount_depth > deepest(panel) + 1e-9:
        reasons.append(Message(N_("The deepest discount so far was {depth}."), {"depth": Percent(deepest(panel), 0)}))
        grade = max(grade, "C")
    return grade, tuple(reasons), distance


def _distances(campaign: Campaign, panel: Panel, past: _Past) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (n,) each of past campaigns: distance, whether near, covered (share of the campaign's series), days apart (in the year).

    Distance adds up: 1 per 10 points of depth, 1 for another type, up to 1 for other series, up to half for another time of
    the year, a quarter per doubling of the length.
    """
    rows = selected(campaign, panel)
    word = campaign.promo_type or (usual_type(panel) if campaign.discount_depth or "discount_depth" not in panel.plan.levers else NO_PROMO)
    covered = (np.add.reduceat(rows[past.series].astype(float), past.begins) if len(past.begins) else np.zeros(0)) / rows.sum()
    apart = np.abs(past.day - campaign.start.timetuple().tm_yday)
    apart = np.minimum(apart, 365 - np.minimum(apart, 365))
    depth = np.abs(past.depth - campaign.discount_depth)
    same = past.kind == word if past.typed else np.ones(len(past.day), dtype=bool)
    length = np.maximum(1.0, (campaign.end - campaign.start).days + 1.0) / ((1 if panel.frequency == "D" else 7) * past.periods)
    distance = 10 * depth + ~same + np.where(covered > 0, 0.5 * (1 - covered), 1.0) + 0.5 * apart / 182 + 0.25 * np.abs(np.log2(length))
    near = same & (depth <= np.maximum(_NEAR_DEPTH, 0.2 * campaign.discount_depth) + 1e-9)
    return np.round(distance, 3), near, covered, apart


def _told(row: dict[str, Any], distance: float, panel: Panel, scenario: Scenario) -> dict[str, Any]:
    """Return a past campaign as plain values: when, what, and what really happened on its series."""
    wanted = np.any([selected(c, panel) for c in scenario.campaigns], axis=0)
    rows = row["rows"][wanted[row["rows"]]] if wanted[row["rows"]].any() else row["rows"]
    level, uplift = what_happened(panel, rows, int(row["start"]), int(row["end"]))
    return {"name": row["name"], "start": panel.periods[int(row["start"])].date().isoformat(), "end": panel.periods[int(row["end"])].date().isoformat(),
            "promo_type": row["promo_type"], "discount_depth": float(row["discount_depth"]), "gmv_per_period": level, "uplift": uplift,
            "distance": distance}


def what_happened(panel: Panel, rows: np.ndarray, start: int, end: int) -> tuple[float | None, float | None]:
    """Return GMV per period of these series during a campaign, and how far the main measure lay above their own usual level.

    Usual is the mean of unpromoted periods at most 56 days (8 weeks) away; `None` where nothing was observed.
    """
    measure = "gmv" if "gmv" in panel.targets else next(m for m in reversed(COUNTS) if m in panel.targets)
    reach = _USUAL_REACH["D" if panel.frequency == "D" else "W"]
    low, high = max(0, start - reach), min(panel.n_observed, end + 1 + reach)
    values = panel.targets[measure][rows, low:high]
    promoted = panel.plan.promoted[rows, low:high]
    during = np.zeros(high - low, dtype=bool)
    during[start - low: end + 1 - low] = True
    inside, usual = _mean_of_rows(values, during & np.isfinite(values)), _mean_of_rows(values, ~promoted & ~during & np.isfinite(values))
    both = np.isfinite(inside) & np.isfinite(usual) & (usual > 0)
    level = float(inside[np.isfinite(inside)].sum()) if measure == "gmv" and np.isfinite(inside).any() else None
    return level, float(inside[both].sum() / usual[both].sum() - 1.0) if both.any() else None


def _mean_of_rows(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the masked mean of each row, NaN where the mask is empty."""
    count = mask.sum(axis=1)
    return np.where(count > 0, np.where(mask, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
