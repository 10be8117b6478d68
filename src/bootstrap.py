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
from typing import Any

import numpy as np
import numpy.typing as npt

from src.schema import Task
from src.scores import NAMES, Floats, Integers, Predictions

BLOCK = 250_000
"""Cells of one block of weights: 2 MB, which a core's cache holds."""

RANKED = ("roc_auc", "average_precision")
"""Scores of two classes that need the rows in order."""

_TINY = np.finfo(np.float64).eps

Scores = Callable[[Floats], dict[str, Floats]]
"""Takes weights ``(resamples, rows)``, returns each score's value a resample; NaN if undefined."""


def weights(rows: int, replicates: int, seed: int) -> Iterator[Floats]:
    """Yield the weights of all resamples in blocks ``(resamples, rows)``; rows sum to ``rows``."""
    generator = np.random.default_rng(seed)
    size = max(1, BLOCK // rows)
    for start in range(0, replicates, size):
        block = np.empty((min(size, replicates - start), rows))
        for resample in block:
            resample[:] = np.bincount(generator.integers(rows, size=rows), minlength=rows)
        yield block


def weighted(predicted: Predictions, *, ranked: bool = True) -> Scores:
    """Return a function from the rows' weights to the task's scores.

    Without ``ranked`` the scores in :data:`RANKED`, which take most of the time, may be left out.
    """
    if predicted.task == "binary":
        return _binary(predicted, ranked=ranked)
    return _OTHERS[predicted.task](predicted)


def replicate(predicted: Predictions, replicates: int, seed: int) -> dict[str, Floats]:
    """Score every resample.

    Returns
    -------
    For each of the task's scores an array of shape ``(replicates,)``. The same rows and seed give
    the same resamples, so that two models' replicates are paired.
    """
    scores = weighted(predicted)
    blocks = [scores(block) for block in weights(len(predicted), replicates, seed)]
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


def _mean(weight: Floats, values: npt.NDArray[Any]) -> Floats:
    """Return the weighted mean of a value each row has."""
    mean: Floats = weight @ values.astype(np.float64) / weight.sum(axis=1)
    return mean


class _Ranking:
    """Rows in descending order of a score, rows of equal score in one group."""

    def __init__(self, positive: npt.NDArray[np.bool_], score: Floats) -> None:
        self.order: Integers = np.argsort(-score, kind="stable")
        ordered = score[self.order]
        self.ends: Integers = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])
        self.positive = positive[self.order].astype(np.float64)

    def curve(self, weight: Floats) -> tuple[Floats, Floats]:
        """Return the weight of positive and of all rows down to the end of each group."""
        ordered = weight[:, self.order]
        chosen = np.cumsum(ordered, axis=1)
        ordered *= self.positive
        true = np.cumsum(ordered, axis=1, out=ordered)
        if len(self.ends) < len(self.order):
            true, chosen = true[:, self.ends], chosen[:, self.ends]
        return true, chosen


def _roc_auc(true: Floats, chosen: Floats) -> Floats:
    """Return the area under the curve of true over false positives, by trapezoids."""
    false = chosen - true
    area = np.einsum("ij,ij->i", np.diff(false, axis=1), true[:, 1:] + true[:, :-1])
    area += false[:, 0] * true[:, 0]  # from the origin to the first group
    return _ratio(area / 2, true[:, -1] * false[:, -1])


def _average_precision(true: Floats, chosen: Floats) -> Floats:
    """Return the precision averaged over the steps of recall."""
    precision = np.divide(true, chosen, out=np.zeros_like(true), where=chosen > 0)
    total = np.einsum("ij,ij->i", np.diff(true, axis=1), precision[:, 1:])
    return _ratio(total + true[:, 0] * precision[:, 0], true[:, -1])


def _binary(predicted: Predictions, *, ranked: bool) -> Scores:
    truth = predicted.truth == 1
    decision = predicted.predicted == 1
    probability = predicted.positive
    ranking = _Ranking(truth, probability) if ranked else None
    log_loss, brier = _log_loss(predicted), (probability - truth) ** 2
    cells = [truth & decision, truth, decision, truth == decision]
    counted = np.column_stack([log_loss, brier, *cells]).astype(np.float64)

    def scores(weight: Floats) -> dict[str, Floats]:
        total = weight.sum(axis=1)
        loss, error, hits, true, chosen, right = (weight @ counted).T
        sensitivity = _ratio(hits, true)
        specificity = _ratio(right - hits, total - true)
        areas = {}
        if ranking is not None:
            curve = ranking.curve(weight)
            areas = dict(zip(RANKED, (_roc_auc(*curve), _average_precision(*curve)), strict=True))
        return areas | {
            "log_loss": loss / total,
            "brier_score": error / total,
            "accuracy": right / total,
            "balanced_accuracy": (sensitivity + specificity) / 2,
            "precision": _ratio(hits, chosen),
            "recall": sensitivity,
            "f1": _ratio(2 * hits, chosen + true),
        }

    return scores


def _multiclass(predicted: Predictions) -> Scores:
    every = np.arange(len(predicted.classes))
    true = (predicted.truth[:, None] == every).astype(np.float64)
    chosen = (predicted.predicted[:, None] == every).astype(np.float64)
    hits = true * chosen
    log_loss = _log_loss(predicted)
    rankings = [_Ranking(predicted.truth == k, predicted.output[:, k]) for k in every]

    def average(values: Floats) -> Floats:
        """Average over the classes that occur."""
        there = np.isfinite(values)
        return _ratio(np.where(there, values, 0).sum(axis=1), there.sum(axis=1))

    def scores(weight: Floats) -> dict[str, Floats]:
        one_vs_rest = [_roc_auc(*ranking.curve(weight)) for ranking in rankings]
        hit, in_truth, in_choice = weight @ hits, weight @ true, weight @ chosen
        return {
            "log_loss": _mean(weight, log_loss),
            "roc_auc_ovr": average(np.column_stack(one_vs_rest)),
            "accuracy": hit.sum(axis=1) / weight.sum(axis=1),
            "balanced_accuracy": average(_ratio(hit, in_truth)),
            "f1_macro": average(_ratio(2 * hit, in_choice + in_truth)),
        }

    return scores


def _regression(predicted: Predictions) -> Scores:
    truth = predicted.truth.astype(np.float64)
    error = truth - predicted.predicted
    centred = truth - truth.mean()  # keeps the variance below from cancelling

    def scores(weight: Floats) -> dict[str, Floats]:
        around = weight @ centred**2
        spread = around - (weight @ centred) ** 2 / weight.sum(axis=1)
        spread[spread <= 1e-12 * around] = 0  # every row drawn has the same truth
        squared = _mean(weight, error**2)
        return {
            "r2": 1 - _ratio(squared * weight.sum(axis=1), spread),
            "root_mean_squared_error": np.sqrt(squared),
            "mean_absolute_error": _mean(weight, np.abs(error)),
        }

    return scores


def _log_loss(predicted: Predictions) -> Floats:
    """Return each row's loss, probabilities clipped as scikit-learn clips them."""
    of_truth: Floats = predicted.normalised[np.arange(len(predicted)), predicted.truth]
    loss: Floats = -np.log(np.clip(of_truth, _TINY, 1 - _TINY))
    return loss


_OTHERS: dict[Task, Callable[[Predictions], Scores]] = {
    "multiclass": _multiclass,
    "regression": _regression,
}
