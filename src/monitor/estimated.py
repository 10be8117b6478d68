"""The score to be expected on rows whose truth is not known.

Of classes: what a score would be on the average if each row's truth were drawn with its
probabilities (confidence-based performance estimation). Each row stands once for each class,
weighted with the probability, which is calibrated on the test set; the metric and its influence
function are the ones used everywhere.

Of numbers: the errors of the test set, weighted so that its predictions are distributed as the
batch's are (post-stratification by deciles of the prediction).

Either knows of changes in what is asked only. Where the same question has another answer now, it
sees nothing: that takes labels.

References
----------
Guillory et al. (2021), Predicting with confidence on unseen distributions, ICCV; NannyML,
"Confidence-based performance estimation". Holt and Smith (1979), Post stratification, Journal of
the Royal Statistical Society A 142. Shimodaira (2000), Improving predictive inference under
covariate shift by weighting the log-likelihood function, Journal of Statistical Planning and
Inference 90. Platt (1999), Probabilistic outputs for support vector machines (calibration; here of
several classes, too, as the matrix scaling of Guo et al., 2017, with one slope).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from scipy.stats import t as student

from src.modelling.influence import mean_influence
from src.modelling.metrics import Metric, quick_score
from src.modelling.predictions import Floats, Integers, Predictions
from src.monitor.measured import Rows, measured
from src.monitor.scores import ScoreChange

STRATA = 10
"""Parts of the range of predicted numbers."""

SMALLEST = 1e-9
"""The least probability that has a logarithm."""

LEAST = 10
"""Rows of each class that have to be expected: of fewer, one likely case more is another score."""

CELLS = 20_000_000
"""Probabilities held at once at most: each row stands once for each class, with all of them."""


@dataclass(frozen=True)
class Calibration:
    """What turns predicted probabilities into those that the test set shows.

    Attributes
    ----------
    slope
        Of the logarithm of a probability.
    offsets
        Shape ``(classes,)``: what is added to it.
    """

    slope: float
    offsets: Floats

    def probabilities(self, output: Floats) -> Floats:
        """Return calibrated probabilities, shape ``(rows, classes)``."""
        logits = self.slope * np.log(np.clip(output, SMALLEST, 1)) + self.offsets
        return np.asarray(softmax(logits, axis=1))


def calibrate(test: Predictions) -> Calibration:
    """Fit the calibration on the test set, by its likelihood."""
    rows, classes = np.arange(len(test)), test.output.shape[1]
    shares = test.weights / test.weights.sum()

    def loss(parameters: Floats) -> float:
        found = Calibration(parameters[0], np.append(0.0, parameters[1:]))
        chances = found.probabilities(test.output)[rows, test.truth]
        away = float(((parameters - start) ** 2).sum())  # a test set without errors has no slope
        return -float(shares @ np.log(np.clip(chances, SMALLEST, 1))) + away / len(rows)

    start = np.append(1.0, np.zeros(classes - 1))
    best = minimize(loss, start, method="L-BFGS-B").x
    return Calibration(float(best[0]), np.append(0.0, best[1:]))


def estimated(
    batch: Rows, test: Rows, metric: Metric, confidence: float, calibration: Calibration | None
) -> ScoreChange:
    """Compare the score to be expected on a batch with that on the test set.

    Parameters
    ----------
    batch
        Its truth is not looked at.
    confidence
        Of each limit alone.
    calibration
        As of :func:`calibrate`; None in a regression.

    Returns
    -------
    Of classes both are expected scores, so that what calibration is amiss is so on either side; of
    numbers the published one is measured.
    """
    if calibration is None:
        return _by_strata(batch, test, metric, confidence)
    changes = measured(expected(batch, calibration), expected(test, calibration), confidence)
    return next(one for one in changes if one.metric is metric)


def expected(side: Rows, calibration: Calibration) -> Rows:
    """Let each row stand once for each class, weighted with its probability.

    Of more rows than memory has room for, these are the first.
    """
    classes = side[0].output.shape[1]
    rows = min(len(side[0]), CELLS // classes**2)
    predicted, units = side[0].take(np.arange(rows)), side[1][:rows]
    chances = calibration.probabilities(predicted.output) * predicted.weights[:, None]
    made = replace(
        predicted,
        truth=np.tile(np.arange(classes), rows),
        output=np.repeat(predicted.output, classes, axis=0),
        weight=chances.ravel(),
    )
    return made, np.repeat(units, classes)


def rarest(batch: Predictions, calibration: Calibration) -> tuple[str, float]:
    """Return the class of which fewest rows are to be expected, and how many."""
    cases = calibration.probabilities(batch.output).sum(axis=0)
    return batch.classes[int(cases.argmin())], float(cases.min())


def calibration_gap(
    test: Rows, metric: Metric, confidence: float, calibration: Calibration
) -> tuple[float, bool]:
    """Return the expected minus the measured score on the test set, and if it is beyond chance."""
    known, units = test
    made, _ = expected(test, calibration)
    parts, actual = metric.parts(made), metric.parts(known)
    gap = float(np.mean([part.value for part in parts]) - quick_score(metric, known))
    if not np.isfinite(gap):
        return gap, False
    rows = len(made) // len(known.classes)
    influence = mean_influence(parts).reshape(rows, -1).sum(axis=1) / len(made)
    error, count = _error(influence - mean_influence(actual)[:rows] / len(known), units[:rows])
    return gap, abs(gap) > float(student.ppf((1 + confidence) / 2, max(1, count - 1))) * error


def _error(influence: Floats, units: Integers) -> tuple[float, int]:
    """Return the standard error of a score from what each row adds to it, and how many units."""
    sums = np.bincount(np.unique(units, return_inverse=True)[1], influence)
    count = len(sums)
    return float(np.sqrt((sums**2).sum() * count / max(1, count - 1))), count


def _by_strata(batch: Rows, test: Rows, metric: Metric, confidence: float) -> ScoreChange:
    """Weight the test set's rows by how many of the batch have such a prediction."""
    known, units = test
    cuts = np.unique(np.quantile(known.predicted, np.arange(1, STRATA) / STRATA))
    strata = np.searchsorted(cuts, known.predicted)
    shares, before = (
        np.bincount(np.searchsorted(cuts, side.predicted), side.weights, len(cuts) + 1)
        / side.weights.sum()
        for side in (batch[0], known)
    )
    ratio = np.divide(shares, before, out=np.zeros_like(shares), where=before > 0)
    weighted = replace(known, weight=known.weights * ratio[strata])
    now, published = quick_score(metric, weighted), quick_score(metric, known)
    moved = mean_influence(metric.parts(weighted)) / len(known)
    error, count = _error(moved - mean_influence(metric.parts(known)) / len(known), units)
    # What a row of the batch adds: the influence of its stratum, shared out among its rows.
    of_stratum = np.bincount(strata, moved, len(cuts) + 1)
    each = np.divide(of_stratum, shares, out=np.zeros_like(shares), where=shares > 0)
    own = np.sqrt(float(shares @ each**2) / len(batch[0]))
    reach = float(student.ppf(confidence, max(1, count - 1))) * float(np.hypot(error, own))
    gain = metric.sign * (now - published)
    return ScoreChange(metric, published, now, gain - reach, gain + reach)
