"""Compare two revisions' scores, parameters and contracts; pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from src.modelling.metrics import find

Direction = Literal["better", "worse", "same", "unknown"]


@dataclass(frozen=True)
class Score:
    """One score with its interval, in this revision or in the base; None where it is undefined."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The interval; None without one.

        An interval of no width is none: it says nothing about the spread.
        """
        if self.low is None or self.high is None or not self.low < self.high:
            return None
        return self.low, self.high


@dataclass(frozen=True)
class ScoreComparison:
    """One score in this revision and in its base (None where there is none)."""

    name: str
    new: Score
    base: Score | None

    @property
    def change(self) -> float | None:
        """New minus base."""
        if self.base is None or self.new.value is None or self.base.value is None:
            return None
        return self.new.value - self.base.value

    @property
    def label(self) -> str:
        """What people call the score; its name where this version does not know it."""
        metric = find(self.name)
        return metric.label if metric else self.name

    @property
    def lower_is_better(self) -> bool:
        """Whether the score is a loss."""
        metric = find(self.name)
        return metric is not None and not metric.greater_is_better

    @property
    def direction(self) -> Direction:
        """Whether the change is for the better; says nothing of its significance."""
        if self.change is None:
            return "unknown"
        if self.change == 0:
            return "same"
        return "better" if (self.change < 0) == self.lower_is_better else "worse"

    @property
    def separate(self) -> bool | None:
        """Whether the intervals of both do not overlap; None where one has none.

        Two intervals that do not overlap differ, at a much higher confidence than their own;
        two that do may differ all the same (Schenker and Gentleman 2001, The American
        Statistician 55). So this finds too little, not too much.
        """
        if self.base is None or self.new.bounds is None or self.base.bounds is None:
            return None
        (low, high), (base_low, base_high) = self.new.bounds, self.base.bounds
        return low > base_high or high < base_low

    @property
    def verdict(self) -> str:
        """The change in words."""
        if self.direction in ("same", "unknown"):
            return "unchanged" if self.direction == "same" else ""
        words = {True: f"clearly {self.direction}", False: "within noise", None: "cannot tell"}
        return words[self.separate]


def scores(new: Mapping[str, Any], base: Mapping[str, Any] | None) -> list[ScoreComparison]:
    """Compare the scores of one part of ``metrics.json``: the test set, or a slice."""
    names = list(new.get("interval", {}))
    return [
        ScoreComparison(name, _score(new, name), None if base is None else _score(base, name))
        for name in names
    ]


def _score(part: Mapping[str, Any], name: str) -> Score:
    bounds = part.get("interval", {}).get(name, {})
    return Score(_number(part.get(name)), _number(bounds.get("low")), _number(bounds.get("high")))


def _number(value: object) -> float | None:
    """Take a finite number; a base may have been written by another version of the code."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


@dataclass(frozen=True)
class Slice:
    """The scores of one level of a column."""

    level: str
    rows: int
    base_rows: int | None
    scores: list[ScoreComparison]


def slices(new: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, list[Slice]]:
    """Compare the slices by column; a slice that the base does not have has no base."""
    return {
        column: [
            Slice(
                level,
                part["rows"],
                base.get(column, {}).get(level, {}).get("rows"),
                scores(part, base.get(column, {}).get(level)),
            )
            for level, part in levels.items()
        ]
        for column, levels in new.items()
    }


@dataclass(frozen=True)
class Change:
    """A value that differs, as text; None where one revision does not have the key."""

    key: str
    base: str | None
    new: str | None


def changes(new: Mapping[str, Any], base: Mapping[str, Any]) -> list[Change]:
    """Return the keys whose values differ, as ``dvc params diff`` and ``dvc metrics diff`` do."""
    after, before = dict(flatten(new)), dict(flatten(base))
    return [
        Change(key, before.get(key), after.get(key))
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    ]


def flatten(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each leaf with its dotted path; lists are leaves."""
    for key, value in content.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{path}.")
        else:
            yield path, value if isinstance(value, str) else json.dumps(value, default=str)
