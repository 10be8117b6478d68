"""What the search of hyperparameters has tried; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from src.modelling.metrics import find
from src.report.snapshot import Rows, Snapshot

FIXED = ("trial", "score", "std", "best", "estimator")
"""The columns of the table of trials that are no parameters."""


@dataclass(frozen=True)
class Position:
    """Where a trial's value lies between the least and the greatest that were tried, 0 to 1."""

    trial: int
    parameter: str
    place: float
    value: str
    score: float


@dataclass(frozen=True)
class SearchResult:
    """A search, as the page shows it.

    Attributes
    ----------
    scores
        Trial, its score and the best so far.
    present, best
        The mean score of the folds: of what ``params.yaml`` has, and of the best trial.
    nested
        What the best of a search without each fold scores on it; None where it was not asked for.
    importance
        The share of the scores' variance that each parameter explains.
    parameters
        Those of the best trial.
    """

    label: str
    greater_is_better: bool
    trials: int
    folds: int
    scores: list[dict[str, float]]
    present: float
    best_trial: int
    best: float
    nested: float | None
    importance: list[dict[str, Any]]
    positions: list[Position]
    parameters: list[tuple[str, str]]


def search(snapshot: Snapshot) -> SearchResult | None:
    """Return a revision's search; None where there was none, or its files are of another form."""
    summary, trials = snapshot.search, snapshot.trials
    metric = find(str(summary.get("metric", "")))
    if metric is None or not trials:
        return None
    try:
        number = int(summary["best"]["trial"])
        chosen = next(row for row in trials if int(row["trial"]) == number)
        nested = summary["nested"]
        return SearchResult(
            label=metric.label,
            greater_is_better=metric.greater_is_better,
            trials=int(summary["trials"]),
            folds=int(snapshot.params.get("train", {}).get("folds", 0)),
            scores=[{key: float(row[key]) for key in ("trial", "score", "best")} for row in trials],
            present=float(summary["present"]["mean"]),
            best_trial=number,
            best=float(summary["best"]["mean"]),
            nested=None if nested is None else float(nested["mean"]),
            importance=[{"parameter": row["parameter"], "importance": float(row["importance"])}
                        for row in snapshot.importance],
            positions=_positions(trials),
            parameters=[("estimator", chosen["estimator"]),
                        *((name, chosen[name]) for name in chosen
                          if name not in FIXED and chosen[name] != "")],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, StopIteration):
        return None


def _positions(trials: Rows) -> list[Position]:
    found = []
    for name in trials[0]:
        cells = {row[name] for row in trials if row[name] != ""}
        if name in FIXED[:4] or len(cells) < 2:
            continue
        place = _scale([row[name] for row in trials if row[name] != ""])
        found += [
            Position(int(row["trial"]), name, place[row[name]], row[name], float(row["score"]))
            for row in trials if row[name] in place
        ]  # fmt: skip
    return found


def _scale(cells: list[str]) -> Mapping[str, float]:
    """Return of each value where it lies: by number, by its logarithm over two decades, by rank."""
    different = list(dict.fromkeys(cells))
    try:
        numbers = {cell: float(cell) for cell in different}
    except ValueError:  # names lie side by side
        numbers = {cell: float(rank) for rank, cell in enumerate(sorted(different))}
    if numbers and min(numbers.values()) > 0 and max(numbers.values()) > 20 * min(numbers.values()):
        numbers = {cell: math.log(number) for cell, number in numbers.items()}
    low, high = min(numbers.values(), default=0.0), max(numbers.values(), default=0.0)
    width = high - low or 1.0
    return {cell: (number - low) / width for cell, number in numbers.items()}
