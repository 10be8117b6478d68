"""Scores of many resamples of the same rows at once, by weighting rows instead of copying them.

A resample with replacement weights each row with the number of times it was drawn. Every score is
then a weighted one, and a block of resamples is a few operations on a ``(resamples, rows)`` array.

References
----------
Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 6 and 13 (percentile
interval).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from src.scores import NAMES, Floats, Integers, Predictions

BLOCK = 4_000_000
"""Cells of one block of weights: 32 MB, whatever the number of rows."""

_TINY = np.finfo(np.float64).eps

Score = Callable[[Floats], Floats]
"""Takes weights ``(resamples, rows)``, returns one value a resample; NaN where undefined."""


def weights(rows: int, replicates: int, seed: int) -> Iterator[Floats]:
    """Yield the weights of all resamples in blocks ``(resamples, rows)``; rows sum to ``rows``."""
    generator = np.random.default_rng(seed)
    size = max(1, BLOCK // rows)
    for start in range(0, replicates, size):
        block = np.empty((min(size, replicates - start), rows))
        for resample in block:
            resample[:] = np.bincount(generator.integers(rows, size=rows), minlength=rows)
        yield block


def weighted(predicted: Predictions) -> dict[str, Score]:
    """Return the task's scores as functions of the rows' weights."""
    return _SCORES[predicted.task](predicted)


def replicate(predicted: Predictions, replicates: int, seed: int) -> dict[str, Floats]:
    """Score every resample.

    Returns
    -------
    For each of the task's scores an array of shape ``(replicates,)``. The same rows and seed give
    the same resamples, so that two models' replicates are paired.
    """
    scores = weighted(predicted)
    blocks = [
        {name: scores[name](block) for name in NAMES[predicted.task]}
        for block in weights(len(predicted), replicates, seed)
    ]
    return {
        name: np.concatenate([block[name] for block in blocks]) for name in NAMES[predicted.task]
    }


def intervals(
    predicted: Predictions, replicates: int, confidence: float, seed: int
) -> dict[str, dict[str, float]]:
    """Return each score's percentile interval, ``{"low": …, "high": …}``.

    Resamples in which a score is undefined (one class only, say) are left out; NaN where all are.
    """
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    bounds: dict[str, dict[str, float]] = {}
    for name, values in replicate(predicted, replicates, seed).items():
        defined = values[np.isfinite(values)]
        low, high = np.quantile(defined, tails) if len(defined) else (np.nan, np.nan)
        bounds[name] = {"low": float(low), "high": float(high)}
    return bounds


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; NaN where the denominator is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator == 0, np.nan, numerator / denominator)


def _mean(values: npt.NDArray[np.generic]) -> Score:
    """Return the weighted mean of a value each row has."""
    column = values.astype(np.float64)
    return lambda weight: weight @ column / weight.sum(axis=1)


class _Ranking:
    """Rows in descending order of a score, rows of equal score in one group."""

    def __init__(self, positive: npt.NDArray[np.bool_], score: Floats) -> None:
        self.order: Integers = np.argsort(-score, kind="stable")
        ordered = score[self.order]
        self.starts: Integers = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self.positive = positive[self.order].astype(np.float64)

    def groups(self, weight: Floats) -> tuple[Floats, Floats]:
        """Return the weight of the positive and the negative rows of each group."""
        ordered = weight[:, self.order]
        positive = ordered * self.positive
        negative = ordered - positive
        if len(self.starts) == len(self.order):
            return positive, negative
        return (
            np.add.reduceat(positive, self.starts, axis=1),
            np.add.reduceat(negative, self.starts, axis=1),
        )

    def roc_auc(self, weight: Floats) -> Floats:
        """Return the share of pairs in the right order, ties counted half (Mann-Whitney U)."""
        positive, negative = self.groups(weight)
        above = np.cumsum(positive, axis=1) - 0.5 * positive
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        return _ratio(np.einsum("ij,ij->i", above, negative), pairs)

    def average_precision(self, weight: Floats) -> Floats:
        """Return precision averaged over the steps of recall."""
        positive, negative = self.groups(weight)
        true = np.cumsum(positive, axis=1)
        chosen = true + np.cumsum(negative, axis=1)
        precision = np.divide(true, chosen, out=np.zeros_like(true), where=chosen > 0)
        return _ratio(np.einsum("ij,ij->i", precision, positive), true[:, -1])


def _binary(predicted: Predictions) -> dict[str, Score]:
    truth = predicted.truth == 1
    decision = predicted.predicted == 1
    probability = predicted.positive
    ranking = _Ranking(truth, probability)
    hits, true, chosen = (part.astype(np.float64) for part in (truth & decision, truth, decision))
    rejected = (~truth & ~decision).astype(np.float64)

    def balanced(weight: Floats) -> Floats:
        sensitivity = _ratio(weight @ hits, weight @ true)
        return (sensitivity + _ratio(weight @ rejected, weight @ (1 - true))) / 2

    return {
        "roc_auc": ranking.roc_auc,
        "average_precision": ranking.average_precision,
        "log_loss": _mean(_log_loss(predicted)),
        "brier_score": _mean((probability - truth) ** 2),
        "accuracy": _mean(truth == decision),
        "balanced_accuracy": balanced,
        "precision": lambda weight: _ratio(weight @ hits, weight @ chosen),
        "recall": lambda weight: _ratio(weight @ hits, weight @ true),
        "f1": lambda weight: _ratio(2 * (weight @ hits), weight @ (chosen + true)),
    }


def _multiclass(predicted: Predictions) -> dict[str, Score]:
    every = np.arange(len(predicted.classes))
    true = (predicted.truth[:, None] == every).astype(np.float64)
    chosen = (predicted.predicted[:, None] == every).astype(np.float64)
    hits = true * chosen
    rankings = [_Ranking(predicted.truth == k, predicted.output[:, k]) for k in every]

    def present(values: Floats) -> Floats:
        """Average over the classes that are there."""
        there = np.isfinite(values)
        return _ratio(np.where(there, values, 0).sum(axis=1), there.sum(axis=1))

    return {
        "log_loss": _mean(_log_loss(predicted)),
        "roc_auc_ovr": lambda weight: present(
            np.column_stack([ranking.roc_auc(weight) for ranking in rankings])
        ),
        "accuracy": _mean(predicted.truth == predicted.predicted),
        "balanced_accuracy": lambda weight: present(_ratio(weight @ hits, weight @ true)),
        "f1_macro": lambda weight: present(_ratio(2 * (weight @ hits), weight @ (chosen + true))),
    }


def _regression(predicted: Predictions) -> dict[str, Score]:
    truth = predicted.truth.astype(np.float64)
    error = truth - predicted.predicted
    centred = truth - truth.mean()  # keeps the variance below from cancelling
    squared = _mean(error**2)

    def r2(weight: Floats) -> Floats:
        total = weight.sum(axis=1)
        spread = weight @ centred**2 - (weight @ centred) ** 2 / total
        varies = spread > 1e-12 * (weight @ centred**2)
        return np.where(varies, 1 - _ratio(weight @ error**2, np.where(varies, spread, 1)), np.nan)

    return {
        "r2": r2,
        "root_mean_squared_error": lambda weight: np.sqrt(squared(weight)),
        "mean_absolute_error": _mean(np.abs(error)),
    }


def _log_loss(predicted: Predictions) -> Floats:
    """Return each row's loss, probabilities clipped as scikit-learn clips them."""
    of_truth: Floats = predicted.output[np.arange(len(predicted)), predicted.truth]
    loss: Floats = -np.log(np.clip(of_truth, _TINY, 1 - _TINY))
    return loss


_SCORES: dict[str, Callable[[Predictions], dict[str, Score]]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "regression": _regression,
}
