"""First bounds of the gate: what the test score stays within, by the folds of a quick trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from src.adopt.guessing import Guess
from src.base.contract import Task
from src.modelling.metrics import Metric, metrics_of

CONFIDENCE = 0.995
"""Of each bound: there are two, and both are to hold in 99 of 100 tables."""

CHANCE = 0.99
"""How surely a bound is to stop a model that has learnt nothing."""

LEAST = 1e-3
"""How far from guessing every bound is at least, beside the score."""

LEAST_SHARE = 0.25
"""Of a fold's rows and the test set's: the spread that more rows do not take away."""


@dataclass(frozen=True)
class Bounds:
    """Bounds by dotted path of ``metrics/details.json``.

    Attributes
    ----------
    weak
        The paths of bounds that are only a step above guessing, since the folds differ too much or
        the test set is small.
    """

    of: dict[str, dict[str, float]]
    weak: tuple[str, ...] = ()


def bounds(
    task: Task,
    folds: Sequence[Mapping[str, float | None]],
    guessing: Mapping[str, Guess],
    share: float,
) -> Bounds:
    """Predict the test score from the folds' scores: Student's t, one-sided.

    A loss is predicted by its logarithm. A bound that lies within what guessing scores by chance is
    weak: it is left out where another score has a useful one; else one score gets the bound that is
    as far from guessing as from what is predicted, beside the spread of either.

    Parameters
    ----------
    guessing
        What a model scores that knows no feature.
    share
        A fold's rows over the test set's: a larger test set's score varies less.
    """
    useful: dict[str, dict[str, float]] = {}
    weak: dict[str, dict[str, float]] = {}
    distance: dict[str, float] = {}
    constant: set[str] = set()
    for name, metric in metrics_of(task).items():
        values = [fold.get(name) for fold in folds]
        known = np.array([value for value in values if value is not None], dtype=np.float64)
        if task not in metric.first_bounds or len(known) < 2 or len(known) < len(values):
            continue
        path = f"test.{name}"
        bound, is_useful, distance[path] = _bound(metric, known, guessing[name], share)
        if metric.guessing is not None:
            constant.add(path)
        side = "min" if metric.greater_is_better else "max"
        (useful if is_useful else weak)[path] = {side: bound}
    if useful:
        return Bounds(useful)
    # Guessing itself scores the same on every test set, or the score that is furthest from it.
    fixed = [path for path in weak if path in constant]
    furthest = sorted(fixed or weak, key=lambda path: -distance[path])[:1]
    return Bounds({path: weak[path] for path in furthest}, tuple(furthest))


def _bound(
    metric: Metric, scores: npt.NDArray[np.float64], guess: Guess, share: float
) -> tuple[float, bool, float]:
    """Return the bound, whether it is useful, and how far apart guessing and prediction are."""
    count, sign = len(scores), metric.sign
    is_loss = not metric.greater_is_better and bool((scores > 0).all()) and guess.score > 0
    values = np.log(scores) if is_loss else scores
    # A constant that is not the test set's mean has an R² below zero: zero is what knows nothing.
    known = [guess.score] if metric.guessing is None else [guess.score, metric.guessing]
    nothing = sign * max(sign * value for value in known)
    none = float(np.log(nothing)) if is_loss else nothing
    chance = guess.deviation / (nothing if is_loss else 1.0)
    spread = float(values.std(ddof=1)) * float(np.sqrt(1 / count + np.clip(share, LEAST_SHARE, 1)))
    gap = sign * (float(values.mean()) - none)
    lowest = gap - float(t.ppf(CONFIDENCE, count - 1)) * spread
    by_chance = NormalDist().inv_cdf(CHANCE) * chance
    apart = gap / max(spread + chance, 1e-12)
    is_useful = lowest >= max(by_chance, LEAST)
    reach = lowest if is_useful else max(apart * chance, LEAST * max(1.0, abs(none)))
    bound = none + sign * reach
    return _rounded(float(np.exp(bound)) if is_loss else bound, nothing, sign), is_useful, apart


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
