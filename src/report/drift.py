"""How far the distribution of a column has moved between two profiles of the training set.

The measure is the population stability index, see :mod:`src.tables.stability`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from src.tables.stability import LARGE, MODERATE, chance, stability_index

Floats = npt.NDArray[np.float64]

FLOOR = 1e-4
"""The least share of a bin: an empty one would make the index infinite."""

MIN_BIN = 0.08
"""Neighbouring bins are joined until they hold this share of one revision's cells."""

UNNAMED = 0.01
"""A level that a profile does not name has at most this share, or was pushed out by others."""

Level = Literal["none", "moderate", "large"]


@dataclass(frozen=True)
class Drift:
    """The index, and the value it stays below in 19 of 20 cases when nothing has moved."""

    index: float
    noise: float

    @property
    def level(self) -> Level:
        """How far the column has moved; nothing within noise counts."""
        if self.index < max(MODERATE, self.noise):
            return "none"
        return "large" if self.index >= LARGE else "moderate"


def drift(
    new: Mapping[str, Any], base: Mapping[str, Any], rows: int, base_rows: int
) -> Drift | None:
    """Compare two profiles of a column; None where kind or form has changed, or one is private."""
    if new["kind"] != base["kind"] or not all(map(_complete, (new, base))):
        return None
    known = _levels(new, base) if "levels" in new or "levels" in base else _bins(new, base)
    nulls = np.array([new["null"], base["null"]])
    shares = np.vstack([known * (1 - nulls), nulls])
    shares = np.clip(shares[shares.any(axis=1)], FLOOR, None)
    after, before = shares.T
    noise = chance(len(shares), rows, base_rows, deviates=1.645)  # 95 % of a normal distribution
    return Drift(stability_index(after, before), noise)


SHOWN = 9
"""Levels shown in a picture at most; the others are one bar."""


def shares(new: Mapping[str, Any], base: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a picture of both distributions shows: ``bin``, ``this`` and ``base``.

    Levels by their share; numbers and times between the quantiles of the base.
    """
    if "levels" in new or "levels" in base:
        after, before = new.get("levels", {}), base.get("levels", {})
        names = sorted({*after, *before}, key=lambda name: -max(after.get(name, 0),
                                                                before.get(name, 0)))  # fmt: skip
        shown = {name: (after.get(name, 0.0), before.get(name, 0.0)) for name in names[:SHOWN]}
        rest = tuple(max(0.0, 1 - sum(pair[side] for pair in shown.values())) for side in (0, 1))
        parts = shown | ({"others": rest} if max(rest) > 1e-6 else {})
    else:
        parts = _between_quantiles(new, base)
    known = [1 - side["null"] for side in (new, base)]
    rows = [{"bin": name, "this": pair[0] * known[0], "base": pair[1] * known[1]}
            for name, pair in parts.items()]  # fmt: skip
    if new["null"] or base["null"]:
        rows.append({"bin": "null", "this": new["null"], "base": base["null"]})
    return rows


def _between_quantiles(
    new: Mapping[str, Any], base: Mapping[str, Any]
) -> dict[str, tuple[float, float]]:
    cuts = np.unique(_Curve.of(base).values[1:-1])
    own, other = (
        np.diff(_Curve.of(side).at_most(cuts), prepend=0.0, append=1.0) for side in (new, base)
    )
    is_time = base["kind"] == "datetime"
    ends = [str(np.datetime64(int(cut), "s"))[:10] if is_time else f"{cut:.4g}" for cut in cuts]
    names = [*(f"≤ {end}" for end in ends), f"> {ends[-1]}"] if ends else ["all"]
    rows: dict[str, tuple[float, float]] = {}
    for name, after, before in zip(names, own, other, strict=True):
        earlier = rows.get(name, (0.0, 0.0))
        rows[name] = (earlier[0] + float(after), earlier[1] + float(before))
    return rows


def _complete(profile: Mapping[str, Any]) -> bool:
    """Tell whether a profile has the form that this version of prepare writes."""
    if profile.get("private"):
        return False
    count = len(profile.get("values", []))
    return all(len(profile.get(key, [])) == count for key in ("below", "at_most"))


def _levels(new: Mapping[str, Any], base: Mapping[str, Any]) -> Floats:
    """Return shares ``(levels + 1, 2)``: each level that one of both names, then all others."""
    after, before = new.get("levels", {}), base.get("levels", {})
    names = list(dict.fromkeys([*after, *before]))
    shares = np.array([[after.get(name, 0), before.get(name, 0)] for name in names], dtype=float)
    shares = shares.reshape(len(names), 2)
    others = np.array([new.get("other", 0.0), base.get("other", 0.0)])
    for row in shares:
        for side in (0, 1):
            if row[side] == 0:  # it may be among the others: assume no more drift than is certain
                row[side] = min(row[1 - side], UNNAMED, others[side])
                others[side] -= row[side]
    return np.vstack([shares, others])


def _bins(new: Mapping[str, Any], base: Mapping[str, Any]) -> Floats:
    """Return shares ``(bins, 2)`` between the quantiles of both."""
    sides = [_Curve.of(profile) for profile in (new, base)]
    cuts = np.unique(np.concatenate([side.cuts for side in sides]))
    at_most = np.column_stack([side.at_most(cuts) for side in sides])
    parts = np.diff(
        at_most, axis=0, prepend=0, append=[[float(len(side.values) > 0) for side in sides]]
    )
    joined = [np.zeros(2)]
    for part in parts:
        if joined[-1].max() < MIN_BIN:
            joined[-1] = joined[-1] + part
        else:
            joined.append(part)
    if len(joined) > 1 and joined[-1].max() < MIN_BIN:
        last = joined.pop()
        joined[-1] = joined[-1] + last
    return np.array(joined)


@dataclass(frozen=True)
class _Curve:
    """A distribution function at some points ``(n,)``: the shares below and at most as large."""

    values: Floats
    below: Floats
    up_to: Floats

    @classmethod
    def of(cls, profile: Mapping[str, Any]) -> _Curve:
        raw = profile.get("values", [])
        if profile["kind"] == "datetime":
            raw = np.array(raw, dtype="datetime64[s]").astype(np.int64)
        values, below, up_to = (
            np.asarray(column, dtype=np.float64)
            for column in (raw, profile.get("below", []), profile.get("at_most", []))
        )
        changed = values[1:] != values[:-1]  # rounding to 6 digits may make two values one
        first, last = np.append(True, changed)[: len(values)], np.append(changed, True)
        return cls(values[first], below[first], up_to[last[: len(values)]])

    @property
    def cuts(self) -> Floats:
        """The quantiles between minimum and maximum; these, too, where many cells are there."""
        inside = np.ones(len(self.values), dtype=bool)
        inside[:1] = inside[-1:] = False
        return self.values[inside | (self.up_to - self.below >= MIN_BIN)]

    def at_most(self, points: Floats) -> Floats:
        """Return the shares at most as large as some points, interpolated between quantiles."""
        if not len(self.values):
            return np.zeros(len(points))
        # Each quantile is a jump: it stands twice, before it and after it.
        at = np.searchsorted(self.values, points, side="right") - 1
        below_all, at = at < 0, np.maximum(at, 0)
        after = np.minimum(at + 1, len(self.values) - 1)
        half = self.values / 2  # the gap between the largest numbers overflows, its half does not
        gap = np.where(after > at, half[after] - half[at], 1.0)
        inside = np.maximum(points, self.values[0])  # what lies below is 0 in the end
        part = (inside / 2 - half[at]) / np.where(gap == 0, 1.0, gap)
        rise = np.maximum(self.below[after] - self.up_to[at], 0.0)
        result = self.up_to[at] + np.where(after > at, part * rise, 0.0)
        return np.where(below_all, 0.0, result)
