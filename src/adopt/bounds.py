"""First bounds of the gate, from the folds of a quick cross-validation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import t

from src.base.contract import Task
from src.modelling.metrics import metrics_of

CONFIDENCE = 0.99


def bounds(
    task: Task, folds: Mapping[str, Mapping[str, float | None]], count: int
) -> dict[str, dict[str, float]]:
    """Return what the score of one more fold stays within, with a probability of 99 %.

    Parameters
    ----------
    folds
        Mean and (population) standard deviation of each score over the folds.
    count
        Number of folds, 2 or more.

    Returns
    -------
    By dotted path of ``metrics/metrics.json``: a one-sided prediction interval of Student's t,
    to 3 significant digits, rounded away from the mean. Undefined scores get none.
    """
    wide = float(t.ppf(CONFIDENCE, count - 1)) * np.sqrt(1 + 1 / count)
    found = {}
    for name, metric in metrics_of(task).items():
        if task not in metric.first_bounds:
            continue
        side = "min" if metric.greater_is_better else "max"
        fold = folds.get(name, {})
        mean, deviation = fold.get("mean"), fold.get("std")
        if mean is None or deviation is None:
            continue
        spread = wide * deviation * np.sqrt(count / (count - 1))
        outward = np.floor if side == "min" else np.ceil
        bound = mean - spread if side == "min" else mean + spread
        scale = 10.0 ** (2 - np.floor(np.log10(abs(bound)))) if bound else 1.0
        found[f"test.{name}"] = {side: float(f"{outward(bound * scale) / scale:.3g}")}
    return found
