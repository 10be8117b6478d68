"""The parts that the cells of a column fall into, from the release's profile of it.

Counts in fixed bins can be added up: a batch of any length is read once, in pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.modelling.predictions import Floats, Integers
from src.pages.text import number
from src.tables.summary import LEVELS, MIN_SHARE

ATOM = 0.01
"""From this share of cells on, a single value has a bin of its own."""

ROUNDING = 5e-6
"""How far a number of the profile, which has 6 digits, may be from the cell that it was."""

APART = 40
"""How many times that the ends of a bin are apart at least, so that its share is what it says."""

DEVIATES = 3
"""Standard errors that a level is more frequent than the rarest one that a profile names."""

NULL, OTHER = "null", "other levels"


@dataclass(frozen=True)
class Bins:
    """The bins of a column, the last of which counts nulls.

    Attributes
    ----------
    kind
        The column's kind.
    names
        What people read, one a bin.
    shares
        Shape ``(bins,)``: of the reference's cells.
    levels
        Of a category: the level of each bin, but for the last two: all other levels, and nulls.
    edges
        Of what has an order: the largest value of each bin, but for the last two.
    """

    kind: str
    names: tuple[str, ...]
    shares: Floats
    levels: tuple[str, ...] = ()
    edges: Floats | None = None

    @property
    def is_ordered(self) -> bool:
        """Whether neighbouring bins belong together."""
        return self.edges is not None

    def count(self, cells: pd.Series[Any]) -> Floats:
        """Count converted cells, shape ``(bins,)``."""
        known = cells.dropna()
        if self.edges is None:
            found = pd.Index(self.levels).get_indexer(pd.Index(known.astype("str")))
            places = np.where(found < 0, len(self.levels), found)
        else:
            places = np.searchsorted(self.edges, values(known, self.kind))
        counts = np.bincount(places, minlength=len(self.names) - 1).astype(np.float64)
        return np.append(counts, float(len(cells) - len(known)))


def values(cells: pd.Series[Any], kind: str) -> Floats:
    """Return cells without nulls as numbers: of a time its seconds, of text its length."""
    if kind == "datetime":
        return cells.to_numpy("datetime64[s]").astype(np.int64).astype(np.float64)
    if kind == "text":
        return np.asarray(cells.str.len(), np.float64)
    return np.asarray(cells, np.float64)


def bins(profile: Mapping[str, Any], rows: float) -> Bins | None:
    """Make the bins of a column of ``metrics/profile.json``.

    Parameters
    ----------
    rows
        Independent rows that were profiled.

    Returns
    -------
    None of a private column, and where the six digits of the profile do not tell values apart.
    """
    if profile.get("private") or _is_blurred(profile):
        return None
    known = 1 - profile["null"]
    if "levels" in profile:
        levels = _certain(profile["levels"], profile["other"], rows)
        shares = np.array([*levels.values(), 1 - sum(levels.values())]) * known
        names = (*levels, OTHER, NULL)
        return Bins(profile["kind"], names, np.append(shares, profile["null"]), tuple(levels))
    if "values" not in profile:  # nothing but nulls
        return Bins(profile["kind"], ("any", NULL), np.array([0.0, 1.0]), edges=np.empty(0))
    edges, up_to = _edges(*knots(profile), exact=profile["kind"] in ("datetime", "text"))
    shares = np.diff(up_to, prepend=0.0, append=1.0) * known
    names = (*_written(edges, profile["kind"]), NULL)
    return Bins(profile["kind"], names, np.append(shares, profile["null"]), edges=edges)


def _certain(levels: Mapping[str, float], other: float, rows: float) -> dict[str, float]:
    """Return the levels that another sample would name, too.

    A profile names the frequent ones. Of levels that are about as frequent as those it leaves out,
    it names the ones that chance made frequent: their shares say too much.
    """
    if other == 0:  # all are named
        return dict(levels)
    least = min(levels.values(), default=0.0) if len(levels) == LEVELS else MIN_SHARE
    return {
        name: share for name, share in levels.items()
        if share - DEVIATES * np.sqrt(share / rows) >= least
    }  # fmt: skip


def _is_blurred(profile: Mapping[str, Any]) -> bool:
    """Tell of numbers that differ in digits that the profile leaves out."""
    if profile["kind"] != "numeric" or "values" not in profile:
        return False
    low, high = profile["values"][0], profile["values"][-1]
    return bool(0 < high - low < APART * ROUNDING * max(abs(low), abs(high)))


def knots(profile: Mapping[str, Any]) -> tuple[Floats, Floats, Floats]:
    """Return a column's distribution function: values, shares below each, and at most as large."""
    raw = profile["values"]
    if profile["kind"] == "datetime":
        raw = np.array(raw, dtype="datetime64[s]").astype(np.int64)
    points, below, up_to = (
        np.asarray(part, np.float64) for part in (raw, profile["below"], profile["at_most"])
    )
    changed = points[1:] != points[:-1]  # rounding to 6 digits may make two values one
    first, last = np.append(True, changed), np.append(changed, True)
    return points[first], below[first], up_to[last]


def _edges(points: Floats, below: Floats, up_to: Floats, *, exact: bool) -> tuple[Floats, Floats]:
    """Return the largest value of each bin but the last, and the share of cells up to it."""
    edges: list[float] = []
    shares: list[float] = []
    for point, before, after in zip(points, below, up_to, strict=True):
        room = 0.5 if exact else ROUNDING * abs(point)
        low, high = np.nextafter(point - room, -np.inf), point + room
        alone = after - before >= ATOM
        if alone and before > 0 and (not edges or low > edges[-1]):
            edges.append(low)
            shares.append(before)
        if after < 1 and (not edges or alone or high - edges[-1] >= APART * room):
            edges.append(high)
            shares.append(after)
    return np.array(edges), np.array(shares)


def _written(edges: Floats, kind: str) -> list[str]:
    """Name the bins by the largest value of each."""
    if not len(edges):
        return ["any"]
    if kind == "datetime":
        ends = [str(np.datetime64(int(edge), "s"))[:10] for edge in edges]
    else:
        ends = [number(float(f"{edge:.4g}")) for edge in edges]
    return [*(f"≤ {end}" for end in ends), f"> {ends[-1]}"]


def of_predictions(values: Floats) -> Bins:
    """Make the bins of predicted numbers, shape ``(rows,)``: deciles, and values that are many."""
    ordered = np.sort(values)
    at = np.ceil(np.arange(1, 11) / 10 * len(ordered)).astype(int) - 1
    points = np.unique(ordered[at])
    below, up_to = (np.searchsorted(ordered, points, side) / len(ordered)
                    for side in ("left", "right"))  # fmt: skip
    edges, shares = _edges(points, below, up_to, exact=False)
    names = (*_written(edges, "numeric"), NULL)
    return Bins("numeric", names, np.append(np.diff(shares, prepend=0.0, append=1.0), 0.0),
                edges=edges)  # fmt: skip


def of_classes(predicted: Integers, classes: tuple[str, ...]) -> Bins:
    """Make the bins of predicted classes, shape ``(rows,)``."""
    shares = np.bincount(predicted, minlength=len(classes)) / len(predicted)
    names = (*classes, OTHER, NULL)
    return Bins("categorical", names, np.append(shares, [0.0, 0.0]), classes)
