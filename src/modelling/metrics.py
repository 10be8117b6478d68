"""Every metric: one entry of :data:`METRICS`, under scikit-learn's name.

Gate, folds, card, report, importance and adopt ask this list; to add a metric, add an entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics as sk

from src.base.contract import Task
from src.base.errors import did_you_mean
from src.modelling.predictions import Floats, Predictions
from src.modelling.weighted import Resamples, area, average, average_precision, ratio

CLASSES: frozenset[Task] = frozenset({"binary", "multiclass"})
BINARY: frozenset[Task] = frozenset({"binary"})
MULTICLASS: frozenset[Task] = frozenset({"multiclass"})
REGRESSION: frozenset[Task] = frozenset({"regression"})
NONE: frozenset[Task] = frozenset()


@dataclass(frozen=True)
class Metric:
    """One score of predictions.

    Attributes
    ----------
    name
        scikit-learn's, as in ``metrics/metrics.json`` and ``params.yaml``.
    label
        What people read.
    tasks
        The tasks it is computed for.
    score
        Its value on all rows; NaN where the rows leave it undefined.
    weighted
        Its values on resamples, shape ``(resamples,)``; without one the resampled rows are scored
        one resample after another, which is slower.
    leads
        The tasks in which it is the one that importance, slices and charts use.
    first_bounds
        The tasks in which adopt proposes a bound on it.
    paired
        The tasks in which adopt lets the gate compare it with the published model's: a score from
        0 to 1, so that the margin has one meaning.
    guessing
        Its value for a model that knows nothing; None where that depends on the data.
    """

    name: str
    label: str
    tasks: frozenset[Task]
    greater_is_better: bool
    score: Callable[[Predictions], float]
    weighted: Callable[[Resamples], Floats] | None = None
    leads: frozenset[Task] = NONE
    first_bounds: frozenset[Task] = NONE
    paired: frozenset[Task] = NONE
    guessing: float | None = None

    @property
    def sign(self) -> float:
        """1 where more is better, -1 where less is."""
        return 1.0 if self.greater_is_better else -1.0


def _two_classes(score: Callable[[Predictions], Any]) -> Callable[[Predictions], float]:
    """Leave a score undefined on rows of one class."""
    return lambda p: float(score(p)) if 0 < p.truth.sum() < len(p.truth) else np.nan


def _undefined_as_nan(function: Callable[..., Any]) -> Callable[[Predictions], float]:
    return lambda p: float(function(p.truth, p.predicted, zero_division=np.nan))


def _roc_auc_ovr(p: Predictions) -> float:
    """Average the areas of each class that occurs against all others."""
    occurring = np.unique(p.truth)
    if len(occurring) < 2:
        return np.nan
    return float(np.mean([sk.roc_auc_score(p.truth == k, p.output[:, k]) for k in occurring]))


def _balanced_accuracy(p: Predictions) -> float:
    """Average the recalls of the classes that occur; of two, both must."""
    occurring = np.unique(p.truth)
    if p.task == "binary" and len(occurring) < 2:
        return np.nan
    return float(np.mean(sk.recall_score(p.truth, p.predicted, labels=occurring, average=None)))


def _weighted_balanced_accuracy(r: Resamples) -> Floats:
    hits, truth, _ = r.by_class
    recalls = ratio(hits, truth)
    binary = r.rows.predicted.task == "binary"
    return np.asarray(recalls.mean(axis=1)) if binary else average(recalls)


def _r2(p: Predictions) -> float:
    varies = len(p.truth) > 1 and np.ptp(p.truth) > 0
    return float(sk.r2_score(p.truth, p.predicted)) if varies else np.nan


def _weighted_r2(r: Resamples) -> Floats:
    truth = r.rows.predicted.truth.astype(np.float64)
    centred = truth - truth.mean()  # keeps the variance below from cancelling
    around = r.mean(centred**2)
    spread = around - r.mean(centred) ** 2
    spread[spread <= 1e-12 * around] = 0  # every row drawn has the same truth
    return 1 - ratio(r.mean(r.rows.error**2), spread)


def _f1(r: Resamples) -> Floats:
    hits, truth, chosen = r.by_class
    return ratio(2 * hits, truth + chosen)


METRICS: tuple[Metric, ...] = (
    Metric(
        "roc_auc", "ROC AUC", BINARY, greater_is_better=True,
        score=_two_classes(lambda p: sk.roc_auc_score(p.truth, p.positive)),
        weighted=lambda r: area(*r.curves[0]),
        leads=BINARY, first_bounds=BINARY, paired=BINARY, guessing=0.5,
    ),
    Metric(
        "average_precision", "average precision", BINARY, greater_is_better=True,
        score=_two_classes(lambda p: sk.average_precision_score(p.truth, p.positive)),
        weighted=lambda r: average_precision(*r.curves[0]),
    ),
    Metric(
        "log_loss", "log loss", CLASSES, greater_is_better=False,
        score=lambda p: float(
            sk.log_loss(p.truth, p.normalised, labels=np.arange(len(p.classes)))
        ),
        weighted=lambda r: r.mean(r.rows.log_loss),
        leads=MULTICLASS, first_bounds=CLASSES,
    ),
    Metric(
        "brier_score", "Brier score", BINARY, greater_is_better=False,
        score=lambda p: float(sk.brier_score_loss(p.truth, p.positive)),
        weighted=lambda r: r.mean(r.rows.error**2),
    ),
    Metric(
        "roc_auc_ovr", "ROC AUC, one vs rest", MULTICLASS, greater_is_better=True,
        score=_roc_auc_ovr,
        weighted=lambda r: average(np.column_stack([area(*curve) for curve in r.curves])),
        paired=MULTICLASS, guessing=0.5,
    ),
    Metric(
        "accuracy", "accuracy", CLASSES, greater_is_better=True,
        score=lambda p: float(sk.accuracy_score(p.truth, p.predicted)),
        weighted=lambda r: r.by_class[0].sum(axis=1) / r.weight.sum(axis=1),
        first_bounds=MULTICLASS,
    ),
    Metric(
        "balanced_accuracy", "balanced accuracy", CLASSES, greater_is_better=True,
        score=_balanced_accuracy, weighted=_weighted_balanced_accuracy,
    ),
    Metric(
        "precision", "precision", BINARY, greater_is_better=True,
        score=_undefined_as_nan(sk.precision_score),
        weighted=lambda r: ratio(r.by_class[0][:, 1], r.by_class[2][:, 1]),
    ),
    Metric(
        "recall", "recall", BINARY, greater_is_better=True,
        score=_undefined_as_nan(sk.recall_score),
        weighted=lambda r: ratio(r.by_class[0][:, 1], r.by_class[1][:, 1]),
    ),
    Metric(
        "f1", "F1", BINARY, greater_is_better=True,
        score=_undefined_as_nan(sk.f1_score), weighted=lambda r: _f1(r)[:, 1],
    ),
    Metric(
        "f1_macro", "F1, mean of classes", MULTICLASS, greater_is_better=True,
        score=lambda p: float(sk.f1_score(p.truth, p.predicted, average="macro")),
        weighted=lambda r: average(_f1(r)),
    ),
    Metric(
        "r2", "R²", REGRESSION, greater_is_better=True, score=_r2, weighted=_weighted_r2,
        leads=REGRESSION, first_bounds=REGRESSION, paired=REGRESSION, guessing=0.0,
    ),
    Metric(
        "root_mean_squared_error", "root mean squared error", REGRESSION, greater_is_better=False,
        score=lambda p: float(sk.root_mean_squared_error(p.truth, p.predicted)),
        weighted=lambda r: np.sqrt(r.mean(r.rows.error**2)),
        first_bounds=REGRESSION,
    ),
    Metric(
        "mean_absolute_error", "mean absolute error", REGRESSION, greater_is_better=False,
        score=lambda p: float(sk.mean_absolute_error(p.truth, p.predicted)),
        weighted=lambda r: r.mean(np.abs(r.rows.error)),
    ),
)  # fmt: skip
"""All metrics, in the order in which people read them."""


def metrics_of(task: Task) -> dict[str, Metric]:
    """Return a task's metrics by name."""
    return {metric.name: metric for metric in METRICS if task in metric.tasks}


def leading(task: Task) -> Metric:
    """Return the metric that leads in a task."""
    return next(metric for metric in METRICS if task in metric.leads)


def find(name: str) -> Metric | None:
    """Return a metric by its name; None where no task has it."""
    return next((metric for metric in METRICS if metric.name == name), None)


def unknown(name: str, task: Task) -> str:
    """Say that a task has no metric of this name, and which it has."""
    known = metrics_of(task)
    return (
        f"{name!r} is no metric of a {task} task{did_you_mean(name, known)} It has "
        f"{', '.join(known)}."
    )


def score(predicted: Predictions) -> dict[str, float]:
    """Compute every metric of the task; NaN where these rows leave one undefined."""
    return {name: metric.score(predicted) for name, metric in metrics_of(predicted.task).items()}
