"""Both models on the same rows: the difference of every score and slice, and rows that changed.

References
----------
Bonferroni (1936), Teoria statistica delle classi: scores and slices are many, so that one of them
would often look better or worse by chance. The leading score has the confidence for itself, the
others share it (Dmitrienko and D'Agostino 2013, Statistics in Medicine 32: primary and secondary
endpoints).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.modelling.metrics import leading, metrics_of
from src.modelling.predictions import Predictions
from src.results.intervals import Difference, difference
from src.results.predictions_file import Recorded, pair

Rows = npt.NDArray[np.bool_]

EXAMPLES = 8
"""Rows named of each kind."""


@dataclass(frozen=True)
class Flips:
    """Rows whose prediction was right and is wrong, and the other way round; of one slice or all.

    In a regression, rows whose error grew and shrank by more than a tenth of the truth's deviation.
    """

    name: str
    rows: int
    lost: int
    won: int


@dataclass(frozen=True)
class Example:
    """A row by its key: what is true, what each model said, and what the table has in it."""

    key: str
    truth: str
    new: str
    base: str
    cells: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pairs:
    """What the same rows say of both models.

    Attributes
    ----------
    rows
        How many rows both have predicted.
    scores
        The difference of each score, positive where this model is better, with two-sided limits.
        Those of all but the leading score hold together with the confidence asked for.
    slices
        The same by column and slice; the limits of a column's slices hold together.
    flips
        Of all rows first, then of each slice.
    lost, won, wrong
        Rows that this model lost most on, won most on, and is most wrong about.
    predicted
        How often each class, or a value between the base's deciles, is predicted: ``bin``,
        ``this``, ``base``; each on its own test set.
    """

    rows: int
    scores: dict[str, Difference]
    slices: dict[str, dict[str, dict[str, Difference]]]
    flips: list[Flips]
    lost: list[Example]
    won: list[Example]
    wrong: list[Example]
    predicted: list[dict[str, Any]]

    def keys(self) -> list[str]:
        """Return the keys of all rows that are named."""
        return [example.key for part in (self.lost, self.won, self.wrong) for example in part]


def compare(new: Recorded, base: Recorded, confidence: float) -> Pairs | None:
    """Compare two models on the rows that both have predicted, with the same truth.

    Returns
    -------
    None where they have no such rows.
    """
    ours, theirs = pair(new.keys, base.keys)
    same = new.predicted.truth[ours] == base.predicted.truth[theirs]
    ours, theirs = ours[same], theirs[same]
    if not len(ours):
        return None
    own = new.predicted.take(ours)
    other = replace(base.predicted.take(theirs), weight=own.weight)  # as the gate does
    units, gains = new.units[ours], _gains(own, other)
    keys, slices = new.keys.iloc[ours].to_numpy(), new.slices.iloc[ours]
    return Pairs(
        rows=len(ours),
        scores=_differences(own, other, units, confidence),
        slices={str(name): _by_slice(own, other, units, slices[name], confidence)
                for name in slices},
        flips=_flips(*gains, slices),
        **_examples(own, other, *gains, keys),
        predicted=_predicted(new.predicted, base.predicted),
    )  # fmt: skip


def _differences(
    own: Predictions,
    other: Predictions,
    units: npt.NDArray[Any],
    confidence: float,
    parts: int = 1,
) -> dict[str, Difference]:
    """Compare every score of one of some ``parts``, of which all hold together."""
    metrics, lead = metrics_of(own.task), leading(own.task)
    share = (1 - confidence) / 2 / parts
    tails = {name: share / (1 if metric is lead else len(metrics) - 1)
             for name, metric in metrics.items()}  # fmt: skip
    return {
        name: difference(own, other, metric, units, 1 - tails[name])
        for name, metric in metrics.items()
    }


def _by_slice(
    own: Predictions,
    other: Predictions,
    units: npt.NDArray[Any],
    slices: pd.Series[str],
    confidence: float,
) -> dict[str, dict[str, Difference]]:
    """Compare the slices of one column."""
    levels = sorted(slices.unique())
    inside = {level: (slices == level).to_numpy() for level in levels}
    return {
        level: _differences(own.take(rows), other.take(rows), units[rows], confidence, len(levels))
        for level, rows in inside.items()
    }


def badness(predicted: Predictions) -> npt.NDArray[np.float64]:
    """Return how wrong each prediction is: the size of the error, or 1 minus P(truth)."""
    if predicted.task == "regression":
        return np.asarray(np.abs(predicted.truth - predicted.predicted), np.float64)
    return np.asarray(1 - predicted.output[np.arange(len(predicted)), predicted.truth], np.float64)


def _gains(own: Predictions, other: Predictions) -> tuple[Rows, Rows]:
    """Return of each row whether this model lost it, and whether it won it."""
    if own.task == "regression":
        grown = badness(own) - badness(other)
        much = 0.1 * float(np.std(own.truth))
        return grown > much, grown < -much
    right, was = own.predicted == own.truth, other.predicted == other.truth
    return was & ~right, right & ~was


def _flips(lost: Rows, won: Rows, slices: pd.DataFrame) -> list[Flips]:
    found = [Flips("all rows", len(lost), int(lost.sum()), int(won.sum()))]
    for column in slices:
        for level in sorted(slices[column].unique()):
            rows = (slices[column] == level).to_numpy()
            name = f"{column}: {level}"
            found.append(Flips(name, int(rows.sum()), int(lost[rows].sum()), int(won[rows].sum())))
    return found


def _examples(
    own: Predictions, other: Predictions, lost: Rows, won: Rows, keys: npt.NDArray[Any]
) -> dict[str, list[Example]]:
    bad = badness(own)
    change = bad - badness(other)
    is_wrong = np.ones(len(own), bool) if own.task == "regression" else own.predicted != own.truth
    chosen = {
        "lost": _largest(change, lost), "won": _largest(-change, won),
        "wrong": _largest(bad, is_wrong),
    }  # fmt: skip
    return {
        kind: [
            Example(str(keys[row]), _truth(own, row), _said(own, row), _said(other, row))
            for row in rows
        ]
        for kind, rows in chosen.items()
    }


def _predicted(own: Predictions, other: Predictions) -> list[dict[str, Any]]:
    if own.classes:
        counts = [np.bincount(side.predicted, minlength=len(own.classes)) / len(side)
                  for side in (own, other)]  # fmt: skip
        names = list(own.classes)
    else:
        cuts = np.unique(np.quantile(other.predicted, np.arange(1, 10) / 10))
        counts = [
            np.bincount(np.searchsorted(cuts, side.predicted), minlength=len(cuts) + 1) / len(side)
            for side in (own, other)
        ]
        names = [*(f"≤ {cut:.4g}" for cut in cuts), f"> {cuts[-1]:.4g}"]
    return [
        {"bin": name, "this": float(after), "base": float(before)}
        for name, after, before in zip(names, *counts, strict=True)
    ]


def _largest(values: npt.NDArray[Any], rows: Rows) -> Iterable[int]:
    """Return the positions of the largest values among some rows, the largest first."""
    order = np.argsort(-values, kind="stable")
    return [int(row) for row in order[rows[order]][:EXAMPLES]]


def _truth(predicted: Predictions, row: int) -> str:
    value = predicted.truth[row]
    return predicted.classes[value] if predicted.classes else f"{value:.6g}"


def _said(predicted: Predictions, row: int) -> str:
    value = predicted.predicted[row]
    if not predicted.classes:
        return f"{value:.6g}"
    return f"{predicted.classes[value]} ({predicted.output[row, value]:.3f})"
