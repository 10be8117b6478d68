"""First bounds of the gate: what the test score stays within, by the folds of a quick trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from src.base.contract import Task
from src.modelling.metrics import Metric, metrics_of

CONFIDENCE = 0.995
"""Of each bound: there are two, and both are to hold in 99 of 100 tables."""

STEP = 0.2
"""A bound keeps at least this share of the way from guessing to the mean of the folds."""

LEAST_SHARE = 0.25
"""Of a fold's rows and the test set's: the spread that more rows do not take away."""


@dataclass(frozen=True)
class Bounds:
    """Bounds by dotted path of ``metrics/metrics.json``.

    Attributes
    ----------
    weak
        The paths of bounds that are only a step above guessing, since the folds differ too much.
    """

    of: dict[str, dict[str, float]]
    weak: tuple[str, ...] = ()


def bounds(
    task: Task,
    folds: Sequence[Mapping[str, float | None]],
    guessing: Mapping[str, float],
    share: float,
) -> Bounds:
    """Predict the test score from the folds' scores: Student's t, one-sided.

    A loss is predicted by its logarithm. No bound is as weak as guessing: one that would be is left
    out where another score has a useful one; else the score that is furthest from guessing, beside
    its spread, gets one a step above it.

    Parameters
    ----------
    guessing
        The test scores of a model that knows no feature.
    share
        A fold's rows over the test set's: a larger test set's score varies less.
    """
    useful: dict[str, dict[str, float]] = {}
    weak: dict[str, dict[str, float]] = {}
    distance: dict[str, float] = {}
    for name, metric in metrics_of(task).items():
        values = [fold.get(name) for fold in folds]
        known = np.array([value for value in values if value is not None], dtype=np.float64)
        if task not in metric.first_bounds or len(known) < 2 or len(known) < len(values):
            continue
        better = metric.sign * (float(known.mean()) - guessing[name])
        bound, is_weak = _bound(metric, known, guessing[name], better, share)
        distance[f"test.{name}"] = better / max(float(known.std()), 1e-12)
        side = "min" if metric.greater_is_better else "max"
        (weak if is_weak else useful)[f"test.{name}"] = {side: bound}
    if useful:
        return Bounds(useful)
    furthest = sorted(weak, key=lambda path: -distance[path])[:1]
    return Bounds({path: weak[path] for path in furthest}, tuple(furthest))


def _bound(
    metric: Metric, scores: npt.NDArray[np.float64], guessing: float, better: float, share: float
) -> tuple[float, bool]:
    """Return the bound, and whether it is only a step above guessing.

    The mean of the scores is ``better`` than guessing by so much.
    """
    count = len(scores)
    is_loss = not metric.greater_is_better and bool((scores > 0).all())
    values = np.log(scores) if is_loss else scores
    reach = float(t.ppf(CONFIDENCE, count - 1)) * float(values.std(ddof=1))
    reach *= float(np.sqrt(1 / count + np.clip(share, LEAST_SHARE, 1)))
    predicted = float(values.mean()) - metric.sign * reach
    bound = float(np.exp(predicted)) if is_loss else predicted
    least = guessing + metric.sign * max(STEP * better, abs(guessing) * 1e-3, 1e-3)
    weak = metric.sign * (bound - least) < 0
    bound = least if weak else bound
    return _rounded(bound, guessing, metric.sign), weak


def _rounded(bound: float, guessing: float, sign: float) -> float:
    """Return 3 significant digits, away from the scores unless that is as weak as guessing."""
    digits = 2 - int(np.floor(np.log10(abs(bound)))) if bound else 3
    for more in range(4):
        scale = 10.0 ** (digits + more)
        outward = np.floor(bound * scale) if sign > 0 else np.ceil(bound * scale)
        found = float(f"{outward / scale:.{3 + more}g}")
        if sign * (found - guessing) > 0:
            return found
    return bound
