"""Intervals of scores, and of the difference of two models' scores on the same rows.

A score's standard error follows from the influence of each unit: of each row, group or block of
time, whatever is independent of each other (:mod:`src.results.units`). The interval is Student's t
on a scale on which the score is about normal. ``benchmarks/intervals`` measures how often it
covers.

References
----------
Standard error: see :mod:`src.modelling.influence`. Degrees of freedom from the kurtosis of the
units: Satterthwaite (1946), Biometrics Bulletin 2. Logit scale of areas: Pepe (2003), The
Statistical Evaluation of Medical Tests, section 5.2. Proportions: Wilson (1927), with the effective
number of rows as Korn and Graubard (1998), Survey Methodology 24. Mean of several: Zou and Donner
(2008), Statistics in Medicine 27. Effective number of units: Kish (1965), Survey Sampling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student

from src.modelling.influence import Part, mean_influence
from src.modelling.metrics import Metric, metrics_of
from src.modelling.predictions import Floats, Integers, Predictions

POWER = 0.8
"""How surely a loss has to be seen before a test set is said to detect it."""

LEAST_FREEDOM = 4.0
"""Degrees of freedom that kurtosis leaves at least: fewer widen what already covers."""


@dataclass(frozen=True)
class Difference:
    """How much better one model's score is than another's, positive where it is better.

    Attributes
    ----------
    low, high
        One-sided limits, each at the confidence asked for.
    detectable
        The smallest loss beyond a margin that these rows would detect.
    """

    value: float
    low: float
    high: float
    detectable: float

    @property
    def is_defined(self) -> bool:
        """Whether the rows leave both scores defined."""
        return bool(np.isfinite([self.value, self.low, self.high]).all())


def intervals(
    predicted: Predictions, units: Integers, confidence: float
) -> dict[str, dict[str, float]]:
    """Return the two-sided interval of each of the task's metrics, ``{"low": …, "high": …}``.

    Parameters
    ----------
    units
        Shape ``(rows,)``: the number of the unit that each row belongs to.

    Returns
    -------
    NaN of a score that the rows leave undefined.
    """
    _, codes = np.unique(units, return_inverse=True)
    found = {}
    for name, metric in metrics_of(predicted.task).items():
        low, high = _interval(metric.parts(predicted), codes, confidence)
        found[name] = {"low": low, "high": high}
    return found


def difference(
    candidate: Predictions,
    baseline: Predictions,
    metric: Metric,
    units: Integers,
    confidence: float,
) -> Difference:
    """Compare two models on the same rows; ``confidence`` is that of each limit alone."""
    _, codes = np.unique(units, return_inverse=True)
    own, theirs = metric.parts(candidate), metric.parts(baseline)
    value = metric.sign * float(
        np.mean([a.value for a in own]) - np.mean([b.value for b in theirs])
    )
    if not np.isfinite(value):
        return Difference(np.nan, np.nan, np.nan, np.nan)
    same = (np.array_equal(getattr(candidate, part), getattr(baseline, part))
            for part in ("output", "predicted"))  # fmt: skip
    if all(same):
        return Difference(0.0, 0.0, 0.0, 0.0)
    influence = mean_influence(own) - mean_influence(theirs)
    both = (*own, *theirs)
    count = _count(both, codes)
    error, freedom = _standard_error(influence, count, codes)
    error = float(np.hypot(error, _one_more(own)))
    deviates = float(student.ppf(confidence, freedom))
    if error == 0 and all(part.scale == "area" and part.value in (0, 1) for part in both):
        # Both separate the classes, so the rows show no spread, yet others may; as in _limits.
        error = (1 - _wilson(1.0, count, deviates)[0]) / deviates
    detectable = (deviates + NormalDist().inv_cdf(POWER)) * error
    # Two scores from 0 to 1 differ by 1 at most.
    bounded = all(part.scale in ("proportion", "area") for part in own) and np.isfinite(error)
    most = 1.0 if bounded else np.inf
    low, high = max(-most, value - deviates * error), min(most, value + deviates * error)
    return Difference(value, low, high, detectable)


def _one_more(parts: Sequence[Part]) -> float:
    """Return what one more row on which two models disagree adds to the standard error.

    Where they decide alike on a small test set, others may show what this one does not (Agresti and
    Min 2005, Statistics in Medicine 24: the same for pairs of proportions).
    """
    counts = [effective(part.support) for part in parts if part.scale == "proportion"]
    return float(np.sqrt(sum(1 / count**2 for count in counts if count))) / len(parts)


def _interval(parts: Sequence[Part], units: Integers, confidence: float) -> tuple[float, float]:
    """Return the interval of the mean of some scores."""
    values = [part.value for part in parts]
    if not np.isfinite(values).all():
        return np.nan, np.nan
    limits = [_limits(part, units, confidence) for part in parts]
    if len(parts) == 1:
        return limits[0]
    below, above = (
        float(np.sqrt(sum((value - pair[side]) ** 2
                          for value, pair in zip(values, limits, strict=True))))
        for side in (0, 1)
    )  # fmt: skip
    # Where the scores move together, their mean varies more than if they were independent; where
    # one falls as another rises, less.
    together = _sum_of_squares(mean_influence(parts), units) * len(parts) ** 2
    alone = sum(_sum_of_squares(part.influence, units) for part in parts)
    stretch = float(np.sqrt(together / alone)) if alone > 0 else 1.0
    middle = float(np.mean(values))
    low, high = (distance * stretch / len(parts) for distance in (below, above))
    return middle - low, middle + high


def _sum_of_squares(influence: Floats, units: Integers) -> float:
    return float((np.bincount(units, influence) ** 2).sum())


def _count(parts: Sequence[Part], units: Integers) -> float:
    """Return how many units have to do with a score; of the rarest class, where it has several."""
    return min(effective(np.bincount(units, part.support).astype(np.float64)) for part in parts)


def _standard_error(influence: Floats, count: float, units: Integers) -> tuple[float, float]:
    """Return a score's standard error, and the degrees of freedom with which it is known."""
    sums = np.bincount(units, influence) / len(influence)
    square = float((sums**2).sum())
    if count <= 1:
        return (0.0 if square == 0 else np.inf), 1.0
    if square == 0:
        return 0.0, count - 1
    spread = float((sums**4).sum()) - square**2 / len(sums)
    kurtosis = 2 * square**2 / spread if spread > 0 else np.inf
    freedom = max(1.0, min(count - 1, max(kurtosis, LEAST_FREEDOM)))
    return float(np.sqrt(square * count / (count - 1))), freedom


def effective(weights: Floats) -> float:
    """Return how many units of equal weight would tell as much (Kish)."""
    square = float((weights**2).sum())
    return float(weights.sum()) ** 2 / square if square else 0.0


def _limits(part: Part, units: Integers, confidence: float) -> tuple[float, float]:
    """Return the limits of one score, by its scale."""
    value, tail, count = part.value, (1 + confidence) / 2, _count([part], units)
    error, freedom = _standard_error(part.influence, count, units)
    bounded = part.scale in ("proportion", "area")
    if bounded and (error == 0 or not 0 < value < 1):
        # All right or all wrong: the rows show no spread, yet others may.
        return _wilson(value, count, NormalDist().inv_cdf(tail))
    if part.scale == "proportion":
        deviates = float(student.ppf(tail, max(1.0, count - 1)))
        return _wilson(value, value * (1 - value) / error**2, deviates)
    reach = float(student.ppf(tail, freedom)) * error
    if part.scale == "area":
        middle, reach = float(logit(value)), reach / (value * (1 - value))
        return float(expit(middle - reach)), float(expit(middle + reach))
    rest = 1 - value if part.scale == "explained" else value
    ratio = float(np.exp(reach / rest)) if rest > 0 else 1.0
    if part.scale == "explained":
        return 1 - rest * ratio, 1 - rest / ratio
    return rest / ratio, rest * ratio


def _wilson(value: float, count: float, deviates: float) -> tuple[float, float]:
    """Return Wilson's interval of a proportion among an effective number of rows."""
    if count == 0:
        return 0.0, 1.0
    square = deviates**2
    middle = (value + square / (2 * count)) / (1 + square / count)
    reach = deviates * np.sqrt(value * (1 - value) / count + square / (4 * count**2))
    reach /= 1 + square / count
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))
