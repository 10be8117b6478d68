"""The score on rows whose truth has arrived, against the published one on the test set.

These are two independent samples. The interval of the difference joins those that each score has by
itself (:mod:`src.results.intervals`), so that it keeps what they know: that a proportion or an area
ends at 1, that units are groups or blocks of time, that few rows have few degrees of freedom.

References
----------
Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics
in Medicine 17, method 10. Zou and Donner (2008), Construction of confidence limits about effect
measures, Statistics in Medicine 27: the same for any two scores (MOVER).
"""

from __future__ import annotations

import numpy as np

from src.modelling.metrics import Metric, metrics_of, quick_score
from src.modelling.predictions import Integers, Predictions
from src.monitor.scores import ScoreChange
from src.results.intervals import intervals

Rows = tuple[Predictions, Integers]
"""Predictions with their truth, and the unit of each row."""


def measured(labelled: Rows, test: Rows, confidence: float) -> list[ScoreChange]:
    """Compare every score on labelled rows with the one on the test set.

    Parameters
    ----------
    confidence
        Of each limit alone.
    """
    now, published = (intervals(*side, 2 * confidence - 1) for side in (labelled, test))
    return [
        _change(metric, labelled[0], test[0], now[name], published[name])
        for name, metric in metrics_of(test[0].task).items()
    ]


def _change(
    metric: Metric,
    labelled: Predictions,
    test: Predictions,
    own: dict[str, float],
    theirs: dict[str, float],
) -> ScoreChange:
    now, published = quick_score(metric, labelled), quick_score(metric, test)
    change = now - published
    low = change - np.hypot(now - own["low"], theirs["high"] - published)
    high = change + np.hypot(own["high"] - now, published - theirs["low"])
    ends = (low, high) if metric.greater_is_better else (-high, -low)
    return ScoreChange(metric, published, now, *map(float, ends))
