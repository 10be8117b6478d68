"""How much each row moves a score: from it follow the score's value and its standard error.

The influence of a row is the derivative of a score with respect to the row's weight, times that
weight. The variance
of the score is that of the mean influence, whatever is independent of each other: rows, groups, or
blocks of time. It is exact for means, and DeLong's for the area under the ROC curve.

References
----------
Efron (1982), The Jackknife, the Bootstrap and Other Resampling Plans, chapter 6 (infinitesimal
jackknife). DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44 (area under the curve).
Obuchowski (1997), Biometrics 53 (the same for clusters). Boyd, Eng and Page (2013), Area under the
precision-recall curve, ECML PKDD (average precision).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from src.modelling.predictions import Floats

Scale = Literal["proportion", "area", "positive", "explained"]
"""What kind of number a score is, by which src/results/intervals.py computes its interval.

``proportion`` is a count over a count, ``area`` lies between 0 and 1, too, ``positive`` has no
upper end, ``explained`` is 1 minus a positive number.
"""


@dataclass(frozen=True)
class Part:
    """A score, or one of those that a score is the mean of.

    Attributes
    ----------
    value
        NaN where the rows leave it undefined.
    influence
        Shape ``(rows,)``, with mean zero.
    support
        Shape ``(rows,)``: how much each row has to do with it, such as its weight for the positive
        rows of a recall and 0 for all others.
    """

    value: float
    influence: Floats
    support: Floats
    scale: Scale


def mean_influence(parts: Sequence[Part]) -> Floats:
    """Return the influence of each row on the mean of some scores, shape ``(rows,)``."""
    total: Floats = np.sum([part.influence for part in parts], axis=0)
    return total / len(parts)


def weighted_mean(values: Floats, weights: Floats) -> float:
    """Return the weighted mean of a value that each row has."""
    return float((weights * values).sum()) / float(weights.sum())


def mean(values: Floats, weights: Floats, scale: Scale) -> Part:
    """Return the weighted mean of a value that each row has, with its influence."""
    value = weighted_mean(values, weights)
    influence = weights * (values - value) * (len(values) / float(weights.sum()))
    return Part(value, influence, weights, scale)


def proportion(numerator: Floats, denominator: Floats) -> Part:
    """Return the sum of one value over the sum of another; undefined where that is zero."""
    total = float(denominator.sum())
    if total == 0:
        return undefined(len(denominator), "proportion")
    value = float(numerator.sum()) / total
    influence = (numerator - value * denominator) * (len(denominator) / total)
    return Part(value, influence, denominator, "proportion")


def root_mean_square(error: Floats, weights: Floats) -> Part:
    """Return the root of the weighted mean square."""
    square = mean(error**2, weights, "positive")
    value = float(np.sqrt(square.value))
    influence = square.influence / (2 * value) if value else square.influence
    return Part(value, influence, square.support, "positive")


def explained(losses: Floats, of_constant: Floats, weights: Floats) -> Part:
    """Return 1 minus the mean loss over that of the constant that has the least, as R² does.

    Undefined where the constant has no loss: the truth does not vary.

    Parameters
    ----------
    losses, of_constant
        The loss of each row, shape ``(rows,)``. That the constant is chosen on the same rows adds
        nothing to a row's influence, as its mean loss does not change around the least.
    """
    constant = mean(of_constant, weights, "positive")
    if len(losses) < 2 or constant.value <= 0:
        return undefined(len(losses), "explained")
    loss = mean(losses, weights, "positive")
    share = loss.value / constant.value
    influence = (share * constant.influence - loss.influence) / constant.value
    return Part(1 - share, influence, loss.support, "explained")


def undefined(rows: int, scale: Scale) -> Part:
    """Return a score that the rows leave undefined."""
    return Part(np.nan, np.zeros(rows), np.zeros(rows), scale)


def area(positive: npt.NDArray[np.bool_], score: Floats, weights: Floats) -> Part:
    """Return the area under the ROC curve; undefined where all rows are of one side.

    It is the share of pairs, one of either side, that the score puts in order; ties count half, and
    a pair as much as the product of its weights.
    """
    rows = len(positive)
    if positive.all() or not positive.any():
        return undefined(rows, "area")
    order, ends = _descending(score)
    true, false = _counts(positive[order], weights[order], ends)
    hits, misses = true[-1], false[-1]
    before = np.concatenate([[0.0], true[:-1]]), np.concatenate([[0.0], false[:-1]])
    group = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=-1))
    # Of the other side, those that are in order with a row: below a positive, above a negative one.
    below = (misses - (false + before[1]) / 2) / misses
    above = (true + before[0]) / 2 / hits
    ordered = np.empty(rows)
    ordered[order] = np.where(positive[order], below[group], above[group])
    value = weighted_mean(ordered[positive], weights[positive])
    share = np.where(positive, hits, misses) / rows
    rarer = positive if hits <= misses else ~positive
    return Part(value, weights * (ordered - value) / share, weights * rarer, "area")


def average_precision(positive: npt.NDArray[np.bool_], score: Floats, weights: Floats) -> Part:
    """Return the precision averaged over the positive rows; undefined without one.

    The precision of a row is that among the rows with its score or a higher one.
    """
    rows = len(positive)
    if positive.all() or not positive.any():
        return undefined(rows, "area")
    order, ends = _descending(score)
    sizes = np.diff(ends, prepend=-1)
    true, false = _counts(positive[order], weights[order], ends)
    hits, chosen = true[-1], true + false
    precision = true / chosen
    found = np.diff(true, prepend=0.0)
    value = float(found @ precision) / hits
    # A further row changes the precision of every positive row at or below it.
    gained, lost = (
        np.cumsum(part[::-1])[::-1] for part in (found / chosen, found * true / chosen**2)
    )
    group = np.repeat(np.arange(len(ends)), sizes)
    ordered = np.empty(rows)
    ordered[order] = (positive[order] * (precision - value + gained)[group] - lost[group]) * (
        rows / hits
    )
    return Part(value, weights * ordered, weights * positive, "area")


def _descending(score: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the order of the rows, and where in it each group of equal scores ends."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    return order, np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])


def _counts(
    positive: npt.NDArray[np.bool_], weights: Floats, ends: npt.NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Return the weight of the rows of either side down to the end of each group."""
    true, false = (np.cumsum(weights * side)[ends] for side in (positive, ~positive))
    return true, false
