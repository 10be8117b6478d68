"""How good predictions are: scikit-learn's scores under scikit-learn's names."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import metrics

from src.errors import InputError
from src.schema import Schema, Task
from src.threads import single

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Rows = npt.NDArray[np.bool_] | npt.NDArray[np.intp]

NAMES: dict[Task, tuple[str, ...]] = {
    "binary": (
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier_score",
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
    ),
    "multiclass": ("log_loss", "roc_auc_ovr", "accuracy", "balanced_accuracy", "f1_macro"),
    "regression": ("r2", "root_mean_squared_error", "mean_absolute_error"),
}
"""The scores of each task, the most telling first."""


PROBABILITY = "probability_"
"""What the column of a class's probability is called, before the class's name."""


@dataclass(frozen=True)
class Predictions:
    """What is true and what was predicted, for ``n`` rows.

    Attributes
    ----------
    task
        Decides which of the other attributes have a meaning.
    classes
        Names of the ``k`` classes, the positive one last where there are two; empty in a
        regression.
    truth
        Shape ``(n,)``: class numbers, or values in a regression.
    output
        Shape ``(n, k)``: probabilities; in a regression ``(n, 1)``: predicted values.
    """

    task: Task
    classes: tuple[str, ...]
    truth: npt.NDArray[Any]
    output: Floats

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.truth)

    @property
    def predicted(self) -> npt.NDArray[Any]:
        """The most probable class of each row, or the predicted value."""
        return self.output[:, 0] if self.task == "regression" else self.output.argmax(axis=1)

    @property
    def normalised(self) -> Floats:
        """Probabilities that sum to one in float64; linear models give theirs in float32."""
        total: Floats = self.output.sum(axis=1, keepdims=True)
        return self.output / total

    @property
    def positive(self) -> Floats:
        """The probability of the positive class."""
        return self.output[:, -1]

    def take(self, rows: Rows) -> Self:
        """Return some of the rows, by mask or position."""
        return type(self)(self.task, self.classes, self.truth[rows], self.output[rows])


def class_names(schema: Schema) -> tuple[str, ...]:
    """Return the classes that the contract names, the positive one last where there are two."""
    if schema.task == "regression":
        return ()
    levels = schema.columns[schema.target].levels or ["False", "True"]
    if schema.task == "binary":
        return tuple(sorted(levels, key=lambda level: level == schema.positive))
    return tuple(levels)


def labels(target: pd.Series[Any], schema: Schema) -> npt.NDArray[Any]:
    """Return the target as the estimator sees it: numbers, or class names as text."""
    if schema.task == "regression":
        return target.to_numpy(dtype=np.float64)
    return target.to_numpy(dtype=str)


def predictions(
    estimator: Any,  # noqa: ANN401 - any fitted scikit-learn estimator
    features: pd.DataFrame,
    target: pd.Series[Any],
    schema: Schema,
) -> Predictions:
    """Let a fitted estimator predict rows whose truth is known.

    Raises
    ------
    InputError
        The estimator cannot predict on these features.
    """
    truth, classes = labels(target, schema), class_names(schema)
    if schema.task != "regression":
        truth = pd.Index(classes).get_indexer(pd.Index(truth))
    return Predictions(schema.task, classes, truth, estimate(estimator, features, schema))


def estimate(
    estimator: Any,  # noqa: ANN401 - any fitted scikit-learn estimator
    features: pd.DataFrame,
    schema: Schema,
) -> Floats:
    """Let a fitted estimator predict, in a way that gives the same bits every time.

    Returns
    -------
    Shape ``(rows, classes)``: probabilities in the order of :func:`class_names`, 0 of a class that
    the estimator has not seen; in a regression ``(rows, 1)``: values.

    Raises
    ------
    InputError
        The estimator cannot predict on these features.
    """
    method = "predict" if schema.task == "regression" else "predict_proba"
    try:
        with single(), unseen_categories():
            seen = np.asarray(getattr(estimator, method)(features), dtype=np.float64)
    except (AttributeError, ValueError) as error:
        raise InputError(f"the model cannot {method} on this table: {error}") from None
    if schema.task == "regression":
        return seen.reshape(-1, 1)
    classes = class_names(schema)
    output = np.zeros((len(features), len(classes)))
    output[:, [classes.index(name) for name in estimator.classes_]] = seen
    return output


@contextlib.contextmanager
def unseen_categories() -> Iterator[None]:
    """Keep scikit-learn quiet about levels that training has not seen: they count as none."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Found unknown categories", UserWarning)
        yield


def described(output: Floats, classes: tuple[str, ...]) -> pd.DataFrame:
    """Return what :func:`estimate` gave as columns with names.

    ``predicted``, the value or the most probable class; of a classification also
    ``probability_<class>`` for each class.
    """
    if not classes:
        return pd.DataFrame({"predicted": output[:, 0]})
    decided = pd.Series(np.array(classes)[output.argmax(axis=1)], dtype="str")
    probabilities = {f"{PROBABILITY}{name}": output[:, k] for k, name in enumerate(classes)}
    return pd.DataFrame({"predicted": decided, **probabilities})


def score(predicted: Predictions) -> dict[str, float]:
    """Compute every score of the task; a score that these rows leave undefined is NaN."""
    if predicted.task == "regression":
        return _regression(predicted)
    if predicted.task == "binary":
        return _binary(predicted)
    return _multiclass(predicted)


def _binary(predicted: Predictions) -> dict[str, float]:
    truth, probability, decision = predicted.truth, predicted.positive, predicted.predicted
    both = 0 < truth.sum() < len(truth)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truth, decision, average="binary", zero_division=np.nan
    )
    return {
        "roc_auc": metrics.roc_auc_score(truth, probability) if both else np.nan,
        "average_precision": (
            metrics.average_precision_score(truth, probability) if both else np.nan
        ),
        "log_loss": metrics.log_loss(truth, predicted.normalised, labels=[0, 1]),
        "brier_score": metrics.brier_score_loss(truth, probability),
        "accuracy": metrics.accuracy_score(truth, decision),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, decision) if both else np.nan,
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def _multiclass(predicted: Predictions) -> dict[str, float]:
    """Score three or more classes; averages go over the classes that occur in these rows."""
    truth, decision = predicted.truth, predicted.predicted
    every = np.arange(len(predicted.classes))
    occurring = np.unique(truth)
    one_vs_rest = [
        metrics.roc_auc_score(truth == number, predicted.output[:, number])
        for number in occurring
        if len(occurring) > 1
    ]
    recalls = metrics.recall_score(truth, decision, labels=occurring, average=None)
    return {
        "log_loss": metrics.log_loss(truth, predicted.normalised, labels=every),
        "roc_auc_ovr": float(np.mean(one_vs_rest)) if one_vs_rest else np.nan,
        "accuracy": metrics.accuracy_score(truth, decision),
        "balanced_accuracy": float(np.mean(recalls)),
        "f1_macro": metrics.f1_score(truth, decision, average="macro"),
    }


def _regression(predicted: Predictions) -> dict[str, float]:
    truth, value = predicted.truth, predicted.predicted
    varies = len(truth) > 1 and np.ptp(truth) > 0
    return {
        "r2": metrics.r2_score(truth, value) if varies else np.nan,
        "root_mean_squared_error": metrics.root_mean_squared_error(truth, value),
        "mean_absolute_error": metrics.mean_absolute_error(truth, value),
    }
