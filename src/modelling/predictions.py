"""What a model predicts, beside what is true."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from src.base.contract import Contract, Task
from src.base.errors import InputError, brief
from src.modelling.threads import in_blocks

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Rows = npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice

TOLERANCE = 1e-4
"""How far a row's probabilities may be from a sum of one: linear models give them in float32."""

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
    threshold
        From which probability on the positive class is predicted; None: the most probable class is.
    weight
        Shape ``(n,)``: how much each row counts; None where all count the same.
    """

    task: Task
    classes: tuple[str, ...]
    truth: npt.NDArray[Any]
    output: Floats
    threshold: float | None = None
    weight: Floats | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.truth)

    @property
    def predicted(self) -> npt.NDArray[Any]:
        """The number of the predicted class of each row, or the predicted value."""
        return (
            self.output[:, 0] if self.task == "regression" else decided(self.output, self.threshold)
        )

    @property
    def actual(self) -> npt.NDArray[Any]:
        """The truth as the table has it: names of classes, or values."""
        return np.array(self.classes)[self.truth] if self.classes else self.truth

    @property
    def normalised(self) -> Floats:
        """Probabilities that sum to one in float64; linear models give theirs in float32."""
        total: Floats = self.output.sum(axis=1, keepdims=True)
        return self.output / total

    @property
    def positive(self) -> Floats:
        """The probability of the positive class."""
        return self.output[:, -1]

    @property
    def weights(self) -> Floats:
        """How much each row counts, 1 where all count the same."""
        return np.ones(len(self)) if self.weight is None else self.weight

    def take(self, rows: Rows) -> Self:
        """Return some of the rows, by mask or position."""
        weight = None if self.weight is None else self.weight[rows]
        return replace(self, truth=self.truth[rows], output=self.output[rows], weight=weight)


def class_names(contract: Contract) -> tuple[str, ...]:
    """Return the classes that the contract names, the positive one last where there are two."""
    if contract.task == "regression":
        return ()
    levels = contract.columns[contract.target].levels or ["False", "True"]
    if contract.task == "binary":
        return tuple(sorted(levels, key=lambda level: level == contract.positive))
    return tuple(levels)


def labels(target: pd.Series[Any], contract: Contract) -> npt.NDArray[Any]:
    """Return the target as the estimator sees it: numbers, or class names as text."""
    if contract.task == "regression":
        return target.to_numpy(dtype=np.float64)
    codes, names = pd.factorize(target)
    return np.asarray(names, dtype=str)[codes]


def target_numbers(target: pd.Series[Any], contract: Contract) -> npt.NDArray[Any]:
    """Return the number of each row's class in :func:`class_names`; of a regression its values.

    Numbers take as few bytes as the classes allow; names take four a character and row.
    """
    if contract.task == "regression":
        return target.to_numpy(dtype=np.float64)
    codes, names = pd.factorize(target)
    classes = class_names(contract)
    numbers = numbered(np.asarray(names, dtype=str), classes)
    return numbers.astype(np.min_scalar_type(-len(classes)))[codes]


def weight_of(rows: pd.DataFrame, contract: Contract) -> Floats | None:
    """Return how much each row counts, shape ``(rows,)``; None where all count the same."""
    return None if contract.weight is None else rows[contract.weight].to_numpy(np.float64)


def numbered(truth: npt.NDArray[Any], classes: tuple[str, ...]) -> npt.NDArray[Any]:
    """Return the number of each row's class by its name; values, where there are no classes."""
    return pd.Index(classes).get_indexer(pd.Index(truth)) if classes else truth


def predictions(
    estimator: Any,  # noqa: ANN401 - any fitted scikit-learn estimator
    features: pd.DataFrame,
    rows: pd.DataFrame,
    contract: Contract,
) -> Predictions:
    """Let a fitted estimator predict rows whose truth is known.

    Parameters
    ----------
    rows
        The same rows with the target and, where the contract has one, the weight.

    Raises
    ------
    InputError
        The estimator cannot predict on these features.
    """
    classes = class_names(contract)
    truth = numbered(labels(rows[contract.target], contract), classes)
    output = predict_raw(estimator, features, contract)
    return Predictions(
        contract.task, classes, truth, output, threshold_of(estimator), weight_of(rows, contract)
    )


def predict_raw(
    estimator: Any,  # noqa: ANN401 - any fitted scikit-learn estimator
    features: pd.DataFrame,
    contract: Contract,
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
    method = "predict" if contract.task == "regression" else "predict_proba"
    try:
        with unseen_categories():
            found = in_blocks(estimator, method, features)
        seen = np.asarray(found, dtype=np.float64)
    except (AttributeError, ValueError) as error:
        raise InputError(f"the model cannot {method} on this table: {brief(error)}") from None
    _require_output(seen, len(features), contract)
    if contract.task == "regression":
        return seen.reshape(-1, 1)
    classes = class_names(contract)
    output = np.zeros((len(features), len(classes)))
    output[:, [classes.index(name) for name in estimator.classes_]] = seen
    return output


def are_probabilities(values: Floats) -> bool:
    """Tell whether finite values, shape ``(rows, classes)``, are none below 0 and sum to one."""
    return not ((values < 0).any() or (np.abs(values.sum(axis=1) - 1) > TOLERANCE).any())


def _require_output(seen: Floats, rows: int, contract: Contract) -> None:
    """Refuse what is not one number a row, or are no probabilities.

    Raises
    ------
    InputError
        So it is, as some objectives of some libraries have it.
    """
    if contract.task == "regression":
        if seen.shape not in ((rows,), (rows, 1)) or not np.isfinite(seen).all():
            raise InputError(
                f"the model predicts an array of shape {seen.shape} for {rows} rows, expected a "
                "finite number a row. Is its loss one that predicts a single number?"
            )
        return
    if not (np.isfinite(seen).all() and are_probabilities(seen)):
        raise InputError(
            "the model's predict_proba gives no probabilities: some are below 0, above 1, or do "
            "not sum to 1. Is its objective one of classification?"
        )


@contextlib.contextmanager
def unseen_categories() -> Iterator[None]:
    """Keep scikit-learn quiet about levels that training has not seen: they count as none."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Found unknown categories", UserWarning)
        yield


def threshold_of(estimator: Any) -> float | None:  # noqa: ANN401 - any fitted scikit-learn estimator
    """Return from which probability on a model predicts the positive class; None without one."""
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return float(last.threshold) if isinstance(last, FixedThresholdClassifier) else None


def decided(output: Floats, threshold: float | Floats | None) -> Integers:
    """Return the number of the class that probabilities of shape ``(rows, classes)`` decide for.

    The threshold may be another in each row.
    """
    if threshold is None:
        return np.asarray(output.argmax(axis=1), np.intp)
    return np.asarray(output[:, -1] >= threshold, np.intp)


def predictions_frame(
    output: Floats, classes: tuple[str, ...], threshold: float | Floats | None
) -> pd.DataFrame:
    """Return what :func:`predict_raw` gave as columns with names.

    ``predicted``, the value or the predicted class; of a classification also
    ``probability_<class>`` for each class.
    """
    if not classes:
        return pd.DataFrame({"predicted": output[:, 0]})
    chosen = pd.Series(np.array(classes)[decided(output, threshold)], dtype="str")
    probabilities = {f"{PROBABILITY}{name}": output[:, k] for k, name in enumerate(classes)}
    return pd.DataFrame({"predicted": chosen, **probabilities})
