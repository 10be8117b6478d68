"""First bounds of the gate, from the folds of a quick cross-validation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import t

from src.schema import Task

GATED: dict[Task, tuple[tuple[str, str], ...]] = {
    "binary": (("roc_auc", "min"), ("log_loss", "max")),
    "multiclass": (("log_loss", "max"), ("accuracy", "min")),
    "regression": (("r2", "min"), ("root_mean_squared_error", "max")),
}
"""The scores of each task that get a bound, and on which side."""

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
    for name, side in GATED[task]:
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
