"""Metrics of many resamples of the same rows at once, by weighting rows instead of copying them.

A resample with replacement weights each row with the number of times it was drawn. Every metric is
then a weighted one, and a block of resamples is a few operations on a ``(resamples, rows)`` array.

References
----------
Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 6.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from src.modelling.predictions import Floats, Integers, Predictions

_TINY = np.finfo(np.float64).eps


class Rows:
    """What metrics need of each row, computed once whatever the number of resamples."""

    def __init__(self, predicted: Predictions) -> None:
        self.predicted = predicted
        every = np.arange(len(predicted.classes))
        self.true = (predicted.truth[:, None] == every).astype(np.float64)
        self.chosen = (predicted.predicted[:, None] == every).astype(np.float64)

    @cached_property
    def log_loss(self) -> Floats:
        """Each row's loss, probabilities clipped as scikit-learn clips them; shape ``(rows,)``."""
        p = self.predicted
        of_truth: Floats = p.normalised[np.arange(len(p)), p.truth]
        loss: Floats = -np.log(np.clip(of_truth, _TINY, 1 - _TINY))
        return loss

    @cached_property
    def rankings(self) -> list[Ranking]:
        """The rows in the order of each class's probability; of two classes, the positive one's."""
        p = self.predicted
        ranked = range(len(p.classes)) if p.task == "multiclass" else [1]
        return [Ranking(p.truth == k, p.output[:, k]) for k in ranked]

    @cached_property
    def error(self) -> Floats:
        """Truth minus prediction of a number, or of a 0/1 truth."""
        p = self.predicted
        predicted = p.predicted if p.task == "regression" else p.positive
        error: Floats = p.truth.astype(np.float64) - predicted
        return error


class Ranking:
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


class Resamples:
    """A block of resamples: weights ``(resamples, rows)``, and what metrics share of them."""

    def __init__(self, rows: Rows, weight: Floats) -> None:
        self.rows, self.weight = rows, weight

    @cached_property
    def curves(self) -> list[tuple[Floats, Floats]]:
        """The curve of each of :attr:`Rows.rankings`."""
        return [ranking.curve(self.weight) for ranking in self.rows.rankings]

    @cached_property
    def by_class(self) -> tuple[Floats, Floats, Floats]:
        """Rows of each class predicted so, rows of it, rows predicted to be of it.

        Shape ``(resamples, classes)`` each.
        """
        true, chosen = self.rows.true, self.rows.chosen
        return self.weight @ (true * chosen), self.weight @ true, self.weight @ chosen

    def mean(self, values: Floats) -> Floats:
        """Return the weighted mean of a value each row has."""
        mean: Floats = self.weight @ values / self.weight.sum(axis=1)
        return mean


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; NaN where the denominator is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator == 0, np.nan, numerator / denominator)


def average(values: Floats) -> Floats:
    """Average over the classes that occur."""
    there = np.isfinite(values)
    return ratio(np.where(there, values, 0).sum(axis=1), there.sum(axis=1))


def area(true: Floats, chosen: Floats) -> Floats:
    """Return the area under the curve of true over false positives, by trapezoids."""
    false = chosen - true
    area = np.einsum("ij,ij->i", np.diff(false, axis=1), true[:, 1:] + true[:, :-1])
    area += false[:, 0] * true[:, 0]  # from the origin to the first group
    return ratio(area / 2, true[:, -1] * false[:, -1])


def average_precision(true: Floats, chosen: Floats) -> Floats:
    """Return the precision averaged over the steps of recall."""
    precision = np.divide(true, chosen, out=np.zeros_like(true), where=chosen > 0)
    total = np.einsum("ij,ij->i", np.diff(true, axis=1), precision[:, 1:])
    return ratio(total + true[:, 0] * precision[:, 0], true[:, -1])
