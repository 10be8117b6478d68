"""What the shift of one column does to the predictions.

The rows are predicted as they are, and once more with the column brought back to the distribution
that it had: its smallest values to the smallest, and so on (the monotone, cheapest transport of one
distribution into the other), other columns as they are. A column that the model has no use for, or
that moved where the model does not care, has no effect, however far it moved; importance times
shift, the usual rule, cannot tell where.

References
----------
Villani (2003), Topics in Optimal Transportation, section 2.2 (monotone rearrangement).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.base.prepared import as_features
from src.modelling.predictions import Floats, Integers, predict_raw
from src.monitor.bins import knots, values
from src.monitor.reference import Reference


@dataclass(frozen=True)
class Effect:
    """How far predictions move when a column is brought back.

    Attributes
    ----------
    mean
        Mean absolute change: of probabilities (of several classes, half the sum over all), or of
        predicted numbers.
    direction
        Mean change that the shift has brought: of the positive class's probability, or of predicted
        numbers; None of several classes.
    """

    mean: float
    direction: float | None


def effects(features: pd.DataFrame, names: list[str], reference: Reference) -> dict[str, Effect]:
    """Return the effect of each named column on the predictions of some rows.

    Text has none: its profile has lengths, not words.
    """
    contract = reference.contract
    able = [name for name in names if contract.columns[name].kind != "text"]
    if not able or features.empty:
        return {}
    rows = features.reset_index(drop=True)

    def predicted(frame: pd.DataFrame) -> Floats:
        return predict_raw(reference.model, as_features(frame, contract), contract)

    now = predicted(rows)
    found = {}
    for name in able:
        back = rows.assign(**{name: brought_back(rows[name], reference.profile[name])})
        change = now - predicted(back)
        several = len(contract.columns[contract.target].levels or []) > 2
        share = 0.5 if now.shape[1] > 1 else 1.0
        found[name] = Effect(
            mean=float(np.abs(change).sum(axis=1).mean() * share),
            direction=None if several else float(change[:, -1].mean()),
        )
    return found


def brought_back(
    cells: pd.Series[Any], profile: Mapping[str, Any], seed: int = 0
) -> pd.Series[Any]:
    """Return the cells of a column with the distribution of its profile, moved as little as can be.

    Nulls are filled or made first, at random, until there are as many as there were.
    """
    generator = np.random.default_rng(seed)
    moved = _filled(cells, profile, generator)
    known = moved.dropna()
    if "levels" in profile:
        new = _levels(known, profile["levels"], generator)
    elif "values" in profile:
        new = _numbers(known, profile, generator)
    else:
        return moved
    return moved.astype("object").where(moved.isna(), new.reindex(moved.index)).astype(cells.dtype)


def _filled(
    cells: pd.Series[Any], profile: Mapping[str, Any], generator: np.random.Generator
) -> pd.Series[Any]:
    """Make or fill nulls until their share is the profile's; filled from the known cells."""
    null = cells.isna().to_numpy()
    wanted = round(profile["null"] * len(cells))
    places = generator.permutation(np.flatnonzero(null if null.sum() > wanted else ~null))
    places = places[: abs(int(null.sum()) - wanted)]
    result = cells.copy()
    if null.sum() > wanted:
        known = cells[~null]
        if len(known):
            result.iloc[places] = known.iloc[generator.integers(len(known), size=len(places))]
    elif len(places):
        result.iloc[places] = None
    return result


def _levels(
    cells: pd.Series[Any], shares: Mapping[str, float], generator: np.random.Generator
) -> pd.Series[Any]:
    """Move rows from levels with too many to those with too few."""
    names = list(shares)
    have = pd.Index(names).get_indexer(pd.Index(cells.astype("str")))
    share = np.array([*shares.values(), max(0.0, 1 - sum(shares.values()))])
    wanted = np.floor(share * len(cells)).astype(int)
    have = np.where(have < 0, len(names), have)
    loose: list[int] = []
    for level, most in enumerate(wanted):
        places = generator.permutation(np.flatnonzero(have == level))
        loose += list(places[most + 1 :])
    result = cells.astype("object").copy()
    lacking = np.maximum(wanted - np.bincount(have, minlength=len(share)), 0)[:-1]
    filled = np.repeat(np.arange(len(names)), lacking)
    places = generator.permutation(np.array(loose, np.intp))[: len(filled)]
    booleans = {"True": True, "False": False} if pd.api.types.is_bool_dtype(cells.dtype) else {}
    new = [booleans.get(names[level], names[level]) for level in filled[: len(places)]]
    result.iloc[places] = new
    return result


def _numbers(
    cells: pd.Series[Any], profile: Mapping[str, Any], generator: np.random.Generator
) -> pd.Series[Any]:
    """Move each value to the one with its rank in the profile, in straight lines between deciles.

    Equal values are told apart at random; where the profile names every value, no other is made.
    """
    points, below, up_to = knots(profile)
    numbers = values(cells, profile["kind"])
    count = len(numbers)
    ranks = np.empty(count)
    ranks[np.lexsort((generator.random(count), numbers))] = (np.arange(count) + 0.5) / count
    if float((up_to - below).sum()) > 1 - 1e-3:
        new = points[np.minimum(np.searchsorted(up_to, ranks), len(points) - 1)]
    else:
        new = _along(numbers, ranks, points, up_to)
    if profile["kind"] == "datetime":
        return pd.Series(new.astype(np.int64).astype("datetime64[s]"), index=cells.index)
    return pd.Series(new, index=cells.index)


def _along(numbers: Floats, ranks: Floats, points: Floats, up_to: Floats) -> Floats:
    """Map the batch's quantiles to the profile's; between them by value, within ties by rank."""
    own = np.quantile(numbers, up_to, method="inverted_cdf")
    own[0] = min(own[0], numbers.min())
    at: Integers = np.clip(np.searchsorted(up_to, ranks, side="left"), 1, len(points) - 1)
    low, high = own[at - 1], own[at]
    by_value = np.divide(numbers - low, high - low, out=np.zeros_like(ranks), where=high > low)
    by_rank = (ranks - up_to[at - 1]) / np.maximum(up_to[at] - up_to[at - 1], 1e-12)
    part = np.clip(np.where(high > low, by_value, by_rank), 0, 1)
    return np.asarray(points[at - 1] + part * (points[at] - points[at - 1]))
