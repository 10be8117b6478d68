"""What the entries of :mod:`src.modelling.metrics` are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import metrics as sk

from src.modelling import influence
from src.modelling.influence import Part
from src.modelling.predictions import Floats, Predictions


def two_classes(score: Callable[[Predictions], Any]) -> Callable[[Predictions], float]:
    """Leave a score undefined on rows of one class."""
    return lambda p: float(score(p)) if 0 < p.truth.sum() < len(p.truth) else np.nan


def of_predicted(function: Callable[..., Any]) -> Callable[[Predictions], float]:
    """Score what is predicted: classes or values."""
    return lambda p: float(function(p.truth, p.predicted, sample_weight=p.weight))


def undefined_as_nan(function: Callable[..., Any]) -> Callable[[Predictions], float]:
    """Leave a score undefined where scikit-learn would divide by zero."""
    return lambda p: float(
        function(p.truth, p.predicted, sample_weight=p.weight, zero_division=np.nan)
    )


def roc_auc_ovr(p: Predictions) -> float:
    """Average the areas of each class that occurs against all others."""
    occurring = np.unique(p.truth)
    if len(occurring) < 2:
        return np.nan
    return float(np.mean([
        sk.roc_auc_score(p.truth == k, p.output[:, k], sample_weight=p.weight) for k in occurring
    ]))  # fmt: skip


def balanced_accuracy(p: Predictions) -> float:
    """Average the recalls of the classes that occur; of two, both must."""
    occurring = np.unique(p.truth)
    if p.task == "binary" and len(occurring) < 2:
        return np.nan
    of_class = sk.recall_score(
        p.truth, p.predicted, labels=occurring, average=None, sample_weight=p.weight
    )
    return float(np.mean(of_class))


def of_numbers(score: Callable[..., Any]) -> Callable[[Predictions], float]:
    """Leave a share that the model explains undefined where the truth does not vary."""
    return lambda p: (
        float(score(p.truth, p.predicted, sample_weight=p.weight)) if varies(p) else np.nan
    )


def varies(p: Predictions) -> bool:
    """Tell whether the truth varies by more than rounding."""
    return len(p.truth) > 1 and bool(np.ptp(p.truth) > 1e-6 * np.abs(p.truth).max())


def squares(values: Floats, center: float) -> Floats:
    """Return the squared distance of each value from a center."""
    return np.asarray((values - center) ** 2, np.float64)


def around_mean(p: Predictions) -> Floats:
    """Return the squared distance of the truth from its mean, exactly 0 where it does not vary."""
    if not varies(p):
        return np.zeros(len(p))
    return squares(p.truth, influence.weighted_mean(p.truth, p.weights))


def around_median(p: Predictions) -> Floats:
    """Return the distance of the truth from its median, exactly 0 where it does not vary."""
    if not varies(p):
        return np.zeros(len(p))
    return np.asarray(np.abs(p.truth - _median(p)), np.float64)


def _median(p: Predictions) -> float:
    """Return the weighted median of the truth: where two are, the middle between them."""
    order = np.argsort(p.truth, kind="stable")
    below = np.cumsum(p.weights[order])
    both = [np.searchsorted(below, below[-1] / 2, side) for side in ("left", "right")]
    return float(p.truth[order[both]].mean())


def error(p: Predictions) -> Floats:
    """Return truth minus prediction, of a number or of a probability."""
    predicted = p.predicted if p.task == "regression" else p.positive
    return np.asarray(p.truth - predicted, dtype=np.float64)


def log_losses(p: Predictions) -> Floats:
    """Return the loss of each row, probabilities clipped as scikit-learn clips them."""
    smallest = np.finfo(np.float64).eps
    of_truth = p.normalised[np.arange(len(p)), p.truth]
    return np.asarray(-np.log(np.clip(of_truth, smallest, 1 - smallest)))


def recall(p: Predictions, k: int) -> Part:
    """Return the recall of one class."""
    true = p.weights * (p.truth == k)
    return influence.proportion(true * (p.predicted == k), true)


def recalls(p: Predictions) -> list[Part]:
    """Return the recall of each class that occurs; of two, both must."""
    classes = range(2) if p.task == "binary" else np.unique(p.truth)
    return [recall(p, k) for k in classes]


def precision(p: Predictions, k: int) -> Part:
    """Return the precision of one class."""
    chosen = p.weights * (p.predicted == k)
    return influence.proportion(chosen * (p.truth == k), chosen)


def f1(p: Predictions, k: int) -> Part:
    """Return the F1 score of one class."""
    true, chosen = p.weights * (p.truth == k), p.weights * (p.predicted == k)
    return influence.proportion(2 * true * (p.predicted == k), true + chosen)


def areas(p: Predictions) -> list[Part]:
    """Return the area under the ROC curve of each class that occurs against all others."""
    return [influence.area(p.truth == k, p.output[:, k], p.weights) for k in np.unique(p.truth)]
