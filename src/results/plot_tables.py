"""What makes the table of each plot; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import (
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_curve,
)

from src.modelling.predictions import Floats, Predictions

POINTS = 200
"""Points of a curve, or of a cloud times ten: enough to look at, few enough for git."""

MOST_FEATURES = 20
"""Features whose importance is kept, the most important ones."""

MOST_CLASSES = 8
"""Classes with a curve of their own, the most frequent ones."""

Columns = dict[str, Any]
"""The columns of a table by name."""


@dataclass(frozen=True)
class Evaluated:
    """What plots are made of.

    Attributes
    ----------
    costs
        What a false alarm and a miss cost, in any unit; None where that is not known.
    seed
        Of samples.
    """

    predicted: Predictions
    importance: pd.DataFrame
    costs: tuple[float, float] | None
    seed: int


def _thin(curve: Columns, points: int) -> Columns:
    """Keep about so many points of a curve, evenly along it, both ends included."""
    count = len(next(iter(curve.values())))
    kept = np.unique(np.linspace(0, count - 1, min(count, points)).round().astype(int))
    return {name: values[kept] for name, values in curve.items()}


Curve = Callable[[npt.NDArray[np.bool_], Floats, Floats], Columns]
"""Makes a curve of whether each row is of a class, of its probability to be, and of weights."""


def roc(truth: npt.NDArray[np.bool_], score: Floats, weights: Floats) -> Columns:
    """Return the ROC curve."""
    fpr, tpr, _ = roc_curve(truth, score, sample_weight=weights)
    return {"fpr": fpr, "tpr": tpr}


def precision_recall(truth: npt.NDArray[np.bool_], score: Floats, weights: Floats) -> Columns:
    """Return precision and recall, from the highest score on."""
    precision, recall, _ = precision_recall_curve(
        truth, score, sample_weight=weights, drop_intermediate=True
    )
    return {"recall": recall[::-1], "precision": precision[::-1]}


def calibration(truth: npt.NDArray[np.bool_], probability: Floats, weights: Floats) -> Columns:
    """Compare predicted with observed shares, in ten bins of about as many rows each."""
    cuts = np.unique(np.quantile(probability, np.linspace(0, 1, 11)[1:-1]))
    bins = np.searchsorted(cuts, probability, side="left")
    rows = np.bincount(bins, minlength=len(cuts) + 1)
    used = rows > 0
    total, *sums = (np.bincount(bins, weights * part, len(cuts) + 1)[used]
                    for part in (np.ones(len(bins)), probability, truth))  # fmt: skip
    predicted, observed = (part / total for part in sums)
    return {"predicted": predicted, "observed": observed, "rows": rows[used]}


def threshold(of: Evaluated) -> Columns:
    """Return what follows from each threshold, in steps of 0.01; the one in use is among them."""
    score, weights = of.predicted.positive, of.predicted.weights
    used = 0.5 if of.predicted.threshold is None else of.predicted.threshold
    at = np.union1d(np.arange(1, 100) / 100, [used])
    order = np.argsort(score, kind="stable")
    first = np.searchsorted(score[order], at, side="left")
    sides = (weights, weights * (of.predicted.truth == 1))
    above = [np.r_[np.cumsum(part[order][::-1])[::-1], 0.0] for part in sides]
    (total, positive), (chosen, hits) = (part[0] for part in above), (part[first] for part in above)
    with np.errstate(invalid="ignore", divide="ignore"):  # nothing chosen: precision is undefined
        precision, recall = hits / chosen, hits / positive
    alarm, miss = of.costs or (np.nan, np.nan)
    cost = (alarm * (chosen - hits) + miss * (positive - hits)) / total
    return {"threshold": at, "precision": precision, "recall": recall,
            "predicted_positive": chosen / total, "cost": cost,
            "in_use": (at == used).astype(int)}  # fmt: skip


def of_positive(curve: Curve) -> Callable[[Evaluated], Columns]:
    """Make the table of the positive class's curve."""
    return lambda of: _thin(
        curve(of.predicted.truth == 1, of.predicted.positive, of.predicted.weights), POINTS
    )


def by_class(curve: Curve) -> Callable[[Evaluated], Columns]:
    """Make a table of one class against the rest, for each class."""

    def table(of: Evaluated) -> Columns:
        made = of.predicted
        counts = np.bincount(made.truth, minlength=len(made.classes))
        frequent = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
        parts = [
            pd.DataFrame(
                _thin(curve(made.truth == k, made.output[:, k], made.weights), POINTS // 4)
            ).assign(**{"class": made.classes[k]})
            for k in frequent if 0 < counts[k] < len(made)
        ]  # fmt: skip
        whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        return {str(name): whole[name] for name in whole}

    return table


def score_histogram(of: Evaluated) -> Columns:
    """Count the rows of either class by their score."""
    edges = np.linspace(0, 1, 21)
    truth, score = of.predicted.truth, of.predicted.positive
    negative, positive = (np.histogram(score[truth == side], edges)[0] for side in (0, 1))
    return {"score": (edges[:-1] + edges[1:]) / 2, "negative": negative, "positive": positive}


def confusion(of: Evaluated) -> Columns:
    """Count the rows of each actual and predicted class."""
    names = np.array(of.predicted.classes)
    every = np.arange(len(names))
    counts = confusion_matrix(of.predicted.truth, of.predicted.predicted, labels=every)
    return {
        "actual": np.repeat(names, len(names)),
        "predicted": np.tile(names, len(names)),
        "count": counts.ravel(),
    }


def per_class(of: Evaluated) -> Columns:
    """Score each class."""
    every = np.arange(len(of.predicted.classes))
    precision, recall, f1, _ = precision_recall_fscore_support(
        of.predicted.truth,
        of.predicted.predicted,
        labels=every,
        zero_division=0.0,
        sample_weight=of.predicted.weight,
    )
    return {
        "class": list(of.predicted.classes),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "rows": np.bincount(of.predicted.truth, minlength=len(every)),
    }


def _sampled(of: Evaluated) -> Predictions:
    """Return so many rows as a cloud needs, the same ones for every plot."""
    count = min(len(of.predicted), 10 * POINTS)
    chosen = np.random.default_rng(of.seed).permutation(len(of.predicted))[:count]
    return of.predicted.take(np.sort(chosen))


def predicted_actual(of: Evaluated) -> Columns:
    """Return what is true and what is predicted of some rows."""
    sample = _sampled(of)
    return {"actual": sample.truth, "predicted": sample.predicted}


def residuals(of: Evaluated) -> Columns:
    """Return what is predicted, and truth minus it, of some rows."""
    sample = _sampled(of)
    return {"predicted": sample.predicted, "residual": sample.truth - sample.predicted}


def importance(of: Evaluated) -> Columns:
    """Return the most important features."""
    top = of.importance.head(MOST_FEATURES)
    return {str(name): top[name] for name in top}
