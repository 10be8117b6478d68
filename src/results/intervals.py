"""Intervals of metrics, by resampling the rows of a test set.

References
----------
Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 6 and 13 (percentile
interval).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from src.modelling.metrics import Metric, metrics_of
from src.modelling.predictions import Floats, Predictions
from src.modelling.weighted import Resamples, Rows

BLOCK = 250_000
"""Cells of one block of weights: 2 MB, which a core's cache holds."""


def weights(rows: int, replicates: int, seed: int) -> Iterator[Floats]:
    """Yield the weights of all resamples in blocks ``(resamples, rows)``; rows sum to ``rows``."""
    generator = np.random.default_rng(seed)
    size = max(1, BLOCK // rows)
    for start in range(0, replicates, size):
        block = np.empty((min(size, replicates - start), rows))
        for resample in block:
            resample[:] = np.bincount(generator.integers(rows, size=rows), minlength=rows)
        yield block


def on_resamples(metric: Metric, resamples: Resamples) -> Floats:
    """Return a metric's values on a block of resamples, shape ``(resamples,)``."""
    if metric.weighted is not None:
        return metric.weighted(resamples)
    predicted = resamples.rows.predicted
    everyone = np.arange(len(predicted))
    return np.array(
        [
            metric.score(predicted.take(np.repeat(everyone, drawn.astype(np.intp))))
            for drawn in resamples.weight
        ]
    )


def on_all_rows(metric: Metric, predicted: Predictions) -> float:
    """Return a metric's value as :func:`on_resamples` computes it, each row taken once."""
    everyone = Resamples(Rows(predicted), np.ones((1, len(predicted))))
    return float(on_resamples(metric, everyone)[0])


def replicate(
    models: Sequence[Predictions], metrics: Sequence[Metric], replicates: int, seed: int
) -> list[dict[str, Floats]]:
    """Score every resample of the rows that some models have all predicted.

    Returns
    -------
    For each model, and for each metric, an array of shape ``(replicates,)``. All models are scored
    on the same resamples, so that their replicates are paired.
    """
    rows = [Rows(predicted) for predicted in models]
    found: list[dict[str, list[Floats]]] = [{metric.name: [] for metric in metrics} for _ in models]
    for block in weights(len(models[0]), replicates, seed):
        for own, parts in zip(rows, found, strict=True):
            resamples = Resamples(own, block)
            for metric in metrics:
                parts[metric.name].append(on_resamples(metric, resamples))
    return [{name: np.concatenate(blocks) for name, blocks in parts.items()} for parts in found]


def intervals(
    predicted: Predictions, replicates: int, confidence: float, seed: int
) -> dict[str, dict[str, float]]:
    """Return the percentile interval of each of the task's metrics, ``{"low": …, "high": …}``.

    Resamples in which a metric is undefined (one class only, say) are left out; NaN where all are.
    """
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    bounds: dict[str, dict[str, float]] = {}
    metrics = list(metrics_of(predicted.task).values())
    (own,) = replicate([predicted], metrics, replicates, seed)
    for name, values in own.items():
        defined = values[np.isfinite(values)]
        low, high = np.quantile(defined, tails) if len(defined) else (np.nan, np.nan)
        bounds[name] = {"low": float(low), "high": float(high)}
    return bounds
