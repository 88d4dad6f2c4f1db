"""LightGBM's text form, looked over before LightGBM reads it: its reader trusts what it reads, and a damaged tree can keep it, or a prediction, going round for ever."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

__all__ = ["require_sound_text"]

_INNER = ("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child", "internal_value", "internal_weight", "internal_count")
_LEAF = ("leaf_value", "leaf_weight", "leaf_count")
_NEEDED = ("split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value")
_NUMBERS = re.compile(r"[-+.0-9eEinfa ]*")
_CATEGORICAL = 1


def require_sound_text(path: Path) -> None:
    """Let the text of a sound LightGBM model pass.

    Raises:
        OSError: when it cannot be read.
        ValueError: when it is not what LightGBM writes: sizes that do not fit, nodes without a parent or with two.
    """
    text = path.read_text(encoding="ascii")
    head, blank, trees = text.partition("\n\n")
    told = dict(line.split("=", 1) for line in head.split("\n")[1:] if "=" in line)
    sizes = [int(size) for size in told["tree_sizes"].split()]
    _require(head.startswith("tree\n") and bool(blank) and "\0" not in text and told["num_class"] == "1" and told["num_tree_per_iteration"] == "1", "head")
    features = int(told["max_feature_idx"]) + 1
    _require(len(told["feature_names"].split()) == len(told["feature_infos"].split()) == features, "features")
    place = 0
    for number, size in enumerate(sizes):
        _require(0 < size <= len(trees) - place, f"size of tree {number}")
        _require_tree(trees[place: place + size], number, features)
        place += size
    _require(re.match(r"\n*end of trees\n", trees[place:]) is not None and "\nend of parameters\n" in trees[place:], "end")


def _require_tree(text: str, number: int, features: int) -> None:
    name, *lines = [line for line in text.split("\n") if line]
    pairs = [line.split("=", 1) for line in lines]
    _require(name == f"Tree={number}" and all(len(pair) == 2 and _NUMBERS.fullmatch(pair[1]) for pair in pairs) and len(dict(pairs)) == len(pairs), f"lines of tree {number}")
    values = {key: np.array(value.split(), dtype=float) for key, value in pairs}
    leaves, categories = int(values["num_leaves"][0]), int(values["num_cat"][0])
    _require(leaves >= 1 and categories >= 0 and not values["is_linear"].any(), f"size of tree {number}")
    inner = leaves - 1
    fits = all(len(values[key]) == length for keys, length in ((_INNER, inner), (_LEAF, leaves)) for key in keys if key in values and (inner or key == "leaf_value"))
    _require(fits and (not inner or all(key in values for key in _NEEDED)), f"arrays of tree {number}")
    if inner:
        _require_shape(values, inner, number)
        _require(bool(((values["split_feature"] >= 0) & (values["split_feature"] < features)).all()), f"features of tree {number}")
        _require_categories(values, categories, number)


def _require_shape(values: dict[str, np.ndarray], inner: int, number: int) -> None:
    """Let a tree pass in which every node but the first has one parent, and that parent comes before it."""
    children, parents = np.concatenate([values["left_child"], values["right_child"]]), np.tile(np.arange(inner), 2)
    _require(bool(np.array_equal(np.sort(children), np.concatenate([np.arange(-inner - 1, 0), np.arange(1, inner)]))), f"children in tree {number}")
    _require(bool((children[children > 0] > parents[children > 0]).all()), f"order of tree {number}")


def _require_categories(values: dict[str, np.ndarray], categories: int, number: int) -> None:
    asked = values["threshold"][values["decision_type"].astype(int) & _CATEGORICAL > 0]
    if not categories:
        _require(not len(asked), f"categories of tree {number}")
        return
    bounds, bits = values["cat_boundaries"], values["cat_threshold"]
    _require(len(bounds) == categories + 1 and bounds[0] == 0 and bool((np.diff(bounds) >= 0).all()) and bounds[-1] == len(bits), f"categories of tree {number}")
    _require(bool(((asked >= 0) & (asked < categories)).all()), f"categories of tree {number}")


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(f"the {what} cannot be")
