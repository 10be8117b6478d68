"""Every metric: one entry of :data:`METRICS`, under scikit-learn's name.

Gate, folds, card, report, importance and adopt ask this list; to add a metric, add an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn import metrics as sk

from src.base.contract import Task
from src.base.errors import did_you_mean
from src.modelling import influence
from src.modelling.influence import Part
from src.modelling.predictions import Predictions
from src.modelling.scores import (
    areas,
    around_mean,
    around_median,
    balanced_accuracy,
    error,
    f1,
    log_losses,
    of_numbers,
    of_predicted,
    precision,
    recall,
    recalls,
    roc_auc_ovr,
    squares,
    two_classes,
    undefined_as_nan,
)

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
        scikit-learn's, as in the files under ``metrics`` and ``params.yaml``.
    label
        What people read.
    tasks
        The tasks it is computed for.
    score
        Its value on all rows; NaN where the rows leave it undefined.
    parts
        The same as the mean of one score or of several, each with the influence of every row on it.
    leads
        The tasks in which it is the one that importance, slices and charts use.
    first_bounds
        The tasks in which adopt proposes a bound on it.
    paired
        The tasks in which adopt lets the gate compare it with the published model's: a score from
        0 to 1, so that the margin has one meaning.
    headline
        The tasks in which it stands in ``metrics/metrics.json``; ``details.json`` has all.
    guessing
        Its value for a model that knows nothing; None where that depends on the data.
    """

    name: str
    label: str
    tasks: frozenset[Task]
    greater_is_better: bool
    score: Callable[[Predictions], float]
    parts: Callable[[Predictions], Sequence[Part]]
    leads: frozenset[Task] = NONE
    first_bounds: frozenset[Task] = NONE
    paired: frozenset[Task] = NONE
    headline: frozenset[Task] = NONE
    guessing: float | None = None

    @property
    def sign(self) -> float:
        """1 where more is better, -1 where less is."""
        return 1.0 if self.greater_is_better else -1.0


METRICS: tuple[Metric, ...] = (
    Metric(
        "roc_auc", "ROC AUC", BINARY, greater_is_better=True,
        score=two_classes(lambda p: sk.roc_auc_score(p.truth, p.positive, sample_weight=p.weight)),
        parts=lambda p: [influence.area(p.truth == 1, p.positive, p.weights)],
        leads=BINARY, first_bounds=BINARY, paired=BINARY, guessing=0.5,
        headline=BINARY,
    ),
    Metric(
        "average_precision", "average precision", BINARY, greater_is_better=True,
        score=two_classes(lambda p: sk.average_precision_score(
            p.truth, p.positive, sample_weight=p.weight
        )),
        parts=lambda p: [influence.average_precision(p.truth == 1, p.positive, p.weights)],
    ),
    Metric(
        "log_loss", "log loss", CLASSES, greater_is_better=False,
        score=lambda p: float(sk.log_loss(
            p.truth, p.normalised, labels=np.arange(len(p.classes)), sample_weight=p.weight
        )),
        parts=lambda p: [influence.mean(log_losses(p), p.weights, "positive")],
        leads=MULTICLASS, first_bounds=CLASSES,
        headline=CLASSES,
    ),
    Metric(
        "brier_score", "Brier score", BINARY, greater_is_better=False,
        score=lambda p: float(sk.brier_score_loss(p.truth, p.positive, sample_weight=p.weight)),
        parts=lambda p: [influence.mean(error(p) ** 2, p.weights, "positive")],
    ),
    Metric(
        "roc_auc_ovr", "ROC AUC, one vs rest", MULTICLASS, greater_is_better=True,
        score=roc_auc_ovr,
        parts=areas,
        first_bounds=MULTICLASS, paired=MULTICLASS, guessing=0.5,
        headline=MULTICLASS,
    ),
    Metric(
        "accuracy", "accuracy", CLASSES, greater_is_better=True,
        score=of_predicted(sk.accuracy_score),
        parts=lambda p: [influence.mean((p.truth == p.predicted) * 1.0, p.weights, "proportion")],
        first_bounds=MULTICLASS,
        headline=MULTICLASS,
    ),
    Metric(
        "balanced_accuracy", "balanced accuracy", CLASSES, greater_is_better=True,
        score=balanced_accuracy, parts=recalls,
        headline=MULTICLASS,
    ),
    Metric(
        "precision", "precision", BINARY, greater_is_better=True,
        score=undefined_as_nan(sk.precision_score),
        parts=lambda p: [precision(p, 1)],
        headline=BINARY,
    ),
    Metric(
        "recall", "recall", BINARY, greater_is_better=True,
        score=undefined_as_nan(sk.recall_score),
        parts=lambda p: [recall(p, 1)],
        headline=BINARY,
    ),
    Metric(
        "f1", "F1", BINARY, greater_is_better=True,
        score=undefined_as_nan(sk.f1_score), parts=lambda p: [f1(p, 1)],
        headline=BINARY,
    ),
    Metric(
        "f1_macro", "F1, mean of classes", MULTICLASS, greater_is_better=True,
        score=lambda p: float(
            sk.f1_score(p.truth, p.predicted, average="macro", sample_weight=p.weight)
        ),
        parts=lambda p: [f1(p, k) for k in np.union1d(p.truth, p.predicted)],
        headline=MULTICLASS,
    ),
    Metric(
        "r2", "R²", REGRESSION, greater_is_better=True, score=of_numbers(sk.r2_score),
        parts=lambda p: [influence.explained(squares(error(p), 0), around_mean(p), p.weights)],
        leads=REGRESSION, first_bounds=REGRESSION, paired=REGRESSION, guessing=0.0,
        headline=REGRESSION,
    ),
    Metric(
        "explained_variance", "explained variance", REGRESSION, greater_is_better=True,
        score=of_numbers(sk.explained_variance_score),
        parts=lambda p: [
            influence.explained(
                squares(error(p), influence.weighted_mean(error(p), p.weights)),
                around_mean(p), p.weights,
            )
        ],
        headline=REGRESSION,
    ),
    Metric(
        "d2_absolute_error", "D² absolute error", REGRESSION, greater_is_better=True,
        score=of_numbers(sk.d2_absolute_error_score),
        parts=lambda p: [influence.explained(np.abs(error(p)), around_median(p), p.weights)],
        headline=REGRESSION,
    ),
    Metric(
        "root_mean_squared_error", "root mean squared error", REGRESSION, greater_is_better=False,
        score=of_predicted(sk.root_mean_squared_error),
        parts=lambda p: [influence.root_mean_square(error(p), p.weights)],
        first_bounds=REGRESSION,
        headline=REGRESSION,
    ),
    Metric(
        "mean_absolute_error", "mean absolute error", REGRESSION, greater_is_better=False,
        score=of_predicted(sk.mean_absolute_error),
        parts=lambda p: [influence.mean(np.abs(error(p)), p.weights, "positive")],
        headline=REGRESSION,
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


def quick_score(metric: Metric, predicted: Predictions) -> float:
    """Compute one metric from its parts: the same number, without scikit-learn's checks."""
    return float(np.mean([part.value for part in metric.parts(predicted)]))
