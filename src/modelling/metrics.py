"""Every metric: one entry of :data:`METRICS`, under scikit-learn's name.

Gate, folds, card, report, importance and adopt ask this list; to add a metric, add an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics as sk

from src.base.contract import Task
from src.base.errors import did_you_mean
from src.modelling import influence
from src.modelling.influence import Part
from src.modelling.predictions import Floats, Predictions

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


def _of_numbers(score: Callable[..., Any]) -> Callable[[Predictions], float]:
    """Leave a share that the model explains undefined where the truth does not vary."""
    return lambda p: float(score(p.truth, p.predicted)) if _varies(p) else np.nan


def _varies(p: Predictions) -> bool:
    """Tell whether the truth varies by more than rounding."""
    return len(p.truth) > 1 and bool(np.ptp(p.truth) > 1e-6 * np.abs(p.truth).max())


def _squares(values: Floats, center: float) -> Floats:
    return np.asarray((values - center) ** 2, np.float64)


def _around_mean(p: Predictions) -> Floats:
    """Return the squared distance of the truth from its mean, exactly 0 where it does not vary."""
    return _squares(p.truth, float(p.truth.mean())) if _varies(p) else np.zeros(len(p))


def _around_median(p: Predictions) -> Floats:
    around = np.abs(p.truth - np.median(p.truth)) if _varies(p) else np.zeros(len(p))
    return np.asarray(around, np.float64)


def _is(p: Predictions, k: int) -> tuple[Floats, Floats]:
    """Return of each row whether it is of a class, and whether it is predicted to be."""
    return (p.truth == k).astype(np.float64), (p.predicted == k).astype(np.float64)


def _error(p: Predictions) -> Floats:
    """Return truth minus prediction, of a number or of a probability."""
    predicted = p.predicted if p.task == "regression" else p.positive
    return np.asarray(p.truth - predicted, dtype=np.float64)


def _log_losses(p: Predictions) -> Floats:
    """Return the loss of each row, probabilities clipped as scikit-learn clips them."""
    smallest = np.finfo(np.float64).eps
    of_truth = p.normalised[np.arange(len(p)), p.truth]
    return np.asarray(-np.log(np.clip(of_truth, smallest, 1 - smallest)))


def _recall(p: Predictions, k: int) -> Part:
    true, chosen = _is(p, k)
    return influence.proportion(true * chosen, true)


def _recalls(p: Predictions) -> list[Part]:
    """Return the recall of each class that occurs; of two, both must."""
    classes = range(2) if p.task == "binary" else np.unique(p.truth)
    return [_recall(p, k) for k in classes]


def _precision(p: Predictions, k: int) -> Part:
    true, chosen = _is(p, k)
    return influence.proportion(true * chosen, chosen)


def _f1(p: Predictions, k: int) -> Part:
    true, chosen = _is(p, k)
    return influence.proportion(2 * true * chosen, true + chosen)


def _areas(p: Predictions) -> list[Part]:
    return [influence.area(p.truth == k, p.output[:, k]) for k in np.unique(p.truth)]


METRICS: tuple[Metric, ...] = (
    Metric(
        "roc_auc", "ROC AUC", BINARY, greater_is_better=True,
        score=_two_classes(lambda p: sk.roc_auc_score(p.truth, p.positive)),
        parts=lambda p: [influence.area(p.truth == 1, p.positive)],
        leads=BINARY, first_bounds=BINARY, paired=BINARY, guessing=0.5,
        headline=BINARY,
    ),
    Metric(
        "average_precision", "average precision", BINARY, greater_is_better=True,
        score=_two_classes(lambda p: sk.average_precision_score(p.truth, p.positive)),
        parts=lambda p: [influence.average_precision(p.truth == 1, p.positive)],
    ),
    Metric(
        "log_loss", "log loss", CLASSES, greater_is_better=False,
        score=lambda p: float(
            sk.log_loss(p.truth, p.normalised, labels=np.arange(len(p.classes)))
        ),
        parts=lambda p: [influence.mean(_log_losses(p), "positive")],
        leads=MULTICLASS, first_bounds=CLASSES,
        headline=CLASSES,
    ),
    Metric(
        "brier_score", "Brier score", BINARY, greater_is_better=False,
        score=lambda p: float(sk.brier_score_loss(p.truth, p.positive)),
        parts=lambda p: [influence.mean(_error(p) ** 2, "positive")],
    ),
    Metric(
        "roc_auc_ovr", "ROC AUC, one vs rest", MULTICLASS, greater_is_better=True,
        score=_roc_auc_ovr,
        parts=_areas,
        first_bounds=MULTICLASS, paired=MULTICLASS, guessing=0.5,
        headline=MULTICLASS,
    ),
    Metric(
        "accuracy", "accuracy", CLASSES, greater_is_better=True,
        score=lambda p: float(sk.accuracy_score(p.truth, p.predicted)),
        parts=lambda p: [influence.mean((p.truth == p.predicted) * 1.0, "proportion")],
        first_bounds=MULTICLASS,
        headline=MULTICLASS,
    ),
    Metric(
        "balanced_accuracy", "balanced accuracy", CLASSES, greater_is_better=True,
        score=_balanced_accuracy, parts=_recalls,
        headline=MULTICLASS,
    ),
    Metric(
        "precision", "precision", BINARY, greater_is_better=True,
        score=_undefined_as_nan(sk.precision_score),
        parts=lambda p: [_precision(p, 1)],
        headline=BINARY,
    ),
    Metric(
        "recall", "recall", BINARY, greater_is_better=True,
        score=_undefined_as_nan(sk.recall_score),
        parts=lambda p: [_recall(p, 1)],
        headline=BINARY,
    ),
    Metric(
        "f1", "F1", BINARY, greater_is_better=True,
        score=_undefined_as_nan(sk.f1_score), parts=lambda p: [_f1(p, 1)],
        headline=BINARY,
    ),
    Metric(
        "f1_macro", "F1, mean of classes", MULTICLASS, greater_is_better=True,
        score=lambda p: float(sk.f1_score(p.truth, p.predicted, average="macro")),
        parts=lambda p: [_f1(p, k) for k in np.union1d(p.truth, p.predicted)],
        headline=MULTICLASS,
    ),
    Metric(
        "r2", "R²", REGRESSION, greater_is_better=True, score=_of_numbers(sk.r2_score),
        parts=lambda p: [influence.explained(_squares(_error(p), 0), _around_mean(p))],
        leads=REGRESSION, first_bounds=REGRESSION, paired=REGRESSION, guessing=0.0,
        headline=REGRESSION,
    ),
    Metric(
        "explained_variance", "explained variance", REGRESSION, greater_is_better=True,
        score=_of_numbers(sk.explained_variance_score),
        parts=lambda p: [
            influence.explained(_squares(_error(p), float(_error(p).mean())), _around_mean(p))
        ],
        headline=REGRESSION,
    ),
    Metric(
        "d2_absolute_error", "D² absolute error", REGRESSION, greater_is_better=True,
        score=_of_numbers(sk.d2_absolute_error_score),
        parts=lambda p: [influence.explained(np.abs(_error(p)), _around_median(p))],
        headline=REGRESSION,
    ),
    Metric(
        "root_mean_squared_error", "root mean squared error", REGRESSION, greater_is_better=False,
        score=lambda p: float(sk.root_mean_squared_error(p.truth, p.predicted)),
        parts=lambda p: [influence.root_mean_square(_error(p))],
        first_bounds=REGRESSION,
        headline=REGRESSION,
    ),
    Metric(
        "mean_absolute_error", "mean absolute error", REGRESSION, greater_is_better=False,
        score=lambda p: float(sk.mean_absolute_error(p.truth, p.predicted)),
        parts=lambda p: [influence.mean(np.abs(_error(p)), "positive")],
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
