"""Compare two revisions' scores, parameters and contracts; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from src.modelling.metrics import find
from src.results.intervals import Difference

Meaning = Literal["better", "worse", "no clear difference", "unchanged", "cannot tell", ""]

MEANINGS: dict[Meaning, str] = {
    "better": "the interval of the difference lies on the better side of zero",
    "worse": "it lies on the worse side",
    "no clear difference": "it contains zero: these rows do not show a difference",
    "unchanged": "both predict the same",
    "cannot tell": "the rows cannot be paired, and the two intervals overlap",
}
"""What the words on a change mean."""


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
    """One score in this revision and in its base (None where there is none).

    Attributes
    ----------
    paired
        The difference on the rows that both have predicted, positive where this one is better; None
        where these are not at hand.
    """

    name: str
    new: Score
    base: Score | None
    paired: Difference | None = None

    @property
    def gain(self) -> float | None:
        """How much better this revision is, in the score's unit; negative where it is worse."""
        if self.difference is not None:
            return self.difference.value
        if self.base is None or self.new.value is None or self.base.value is None:
            return None
        return (self.new.value - self.base.value) * (-1 if self.lower_is_better else 1)

    @property
    def change(self) -> float | None:
        """New minus base, on the same rows where they are at hand."""
        return None if self.gain is None else self.gain * (-1 if self.lower_is_better else 1)

    @property
    def change_bounds(self) -> tuple[float, float] | None:
        """The interval of the change; None where it is not paired."""
        if self.difference is None:
            return None
        low, high = self.difference.low, self.difference.high
        return (0.0 - high, 0.0 - low) if self.lower_is_better else (low, high)

    @property
    def difference(self) -> Difference | None:
        """The paired difference, where the rows leave it defined."""
        return self.paired if self.paired is not None and self.paired.is_defined else None

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
    def separate(self) -> bool:
        """Whether the intervals of both do not overlap.

        Two intervals that do not overlap differ, at a much higher confidence than their own; two
        that do may differ all the same (Schenker and Gentleman 2001, The American Statistician 55).
        """
        if self.base is None or self.new.bounds is None or self.base.bounds is None:
            return False
        (low, high), (base_low, base_high) = self.new.bounds, self.base.bounds
        return low > base_high or high < base_low

    @property
    def verdict(self) -> Meaning:
        """What the change means; see :data:`MEANINGS`."""
        if self.gain is None:
            return ""
        if (found := self.difference) is not None:
            if found.low == found.high == 0:
                return "unchanged"
            if found.low > 0 or found.high < 0:
                return "better" if found.low > 0 else "worse"
            return "no clear difference"
        if self.separate:
            return "better" if self.gain > 0 else "worse"
        return "cannot tell"


def scores(
    new: Mapping[str, Any],
    base: Mapping[str, Any] | None,
    paired: Mapping[str, Difference] | None = None,
) -> list[ScoreComparison]:
    """Compare the scores of one part of ``details.json``: the test set, or a slice."""
    return [
        ScoreComparison(
            name,
            _score(new, name),
            None if base is None else _score(base, name),
            None if base is None or paired is None else paired.get(name),
        )
        for name in new.get("interval", {})
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


def slices(
    new: Mapping[str, Any],
    base: Mapping[str, Any],
    paired: Mapping[str, Mapping[str, Mapping[str, Difference]]],
) -> dict[str, list[Slice]]:
    """Compare the slices by column; a slice that neither base nor paired rows have has no base."""
    return {
        column: [
            Slice(
                level,
                part["rows"],
                base.get(column, {}).get(level, {}).get("rows"),
                scores(
                    part,
                    base.get(column, {}).get(
                        level, {} if level in paired.get(column, {}) else None
                    ),
                    paired.get(column, {}).get(level),
                ),
            )
            for level, part in levels.items()
        ]
        for column, levels in new.items()
    }
