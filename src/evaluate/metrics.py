"""The contents of ``metrics/details.json``, and of ``metrics/metrics.json``, its headline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier, DummyRegressor

from src.base.contract import Contract, Task
from src.evaluate.settings import Evaluate
from src.modelling.metrics import leading, metrics_of, score
from src.modelling.predictions import Integers, Predictions, labels, predictions, weight_of
from src.results.intervals import intervals

Metrics = dict[str, Any]

TRAIN_ROWS = 20_000
"""Training rows that are scored at most: an accuracy's standard error is then below 0.004."""


def headline(task: Task, details: Metrics, folds: Metrics) -> Metrics:
    """Choose what DVC shows: main scores of the test set, its rows, the folds' mean leading score.

    Parameters
    ----------
    folds
        Mean and deviation of each score over the folds of the training set, as train wrote them.
    """
    test, lead = details["test"], leading(task).name
    shown = [name for name, metric in metrics_of(task).items() if task in metric.headline]
    threshold = {name: details[name] for name in ("threshold",) if name in details}
    mean = {"folds": folds[lead]["mean"]} if lead in folds else {}
    return {name: test[name] for name in shown} | threshold | mean | {"rows": test["rows"]}


def sampled(rows: int, generator: np.random.Generator) -> Integers:
    """Draw the numbers of the training rows that the model is scored on, in their order.

    Their score only has to show a model that has learned its rows by heart.
    """
    if rows <= TRAIN_ROWS:
        return np.arange(rows)
    return np.sort(generator.permutation(rows)[:TRAIN_ROWS])


def split_metrics(predicted: Predictions) -> Metrics:
    """Return the number of rows and every score."""
    return {"rows": len(predicted), **score(predicted)}


def metrics_with_intervals(predicted: Predictions, units: Integers, confidence: float) -> Metrics:
    """Return the number of rows, every score and its interval."""
    bounds = intervals(predicted, units, confidence)
    return {**split_metrics(predicted), "interval": bounds}


def dummy_metrics(train: pd.DataFrame, test: pd.DataFrame, contract: Contract) -> Metrics:
    """Score the model that knows the target's distribution and no feature."""
    estimator = (
        DummyRegressor() if contract.task == "regression" else DummyClassifier(strategy="prior")
    )
    target = labels(train[contract.target], contract)
    weight = weight_of(train, contract)
    estimator.fit(np.zeros((len(train), 1)), target, sample_weight=weight)
    nothing = pd.DataFrame(np.zeros((len(test), 1)))
    return split_metrics(predictions(estimator, nothing, test, contract))


def slice_metrics(
    predicted: Predictions, units: Integers, slices: pd.DataFrame, settings: Evaluate
) -> Metrics:
    """Score each slice of the test set; one below ``min_rows`` gets its number of rows only.

    Parameters
    ----------
    slices
        The slice of each row, a column each, as :func:`src.evaluate.slices.named` makes them.
    """
    found: Metrics = {}
    for column in map(str, slices):
        found[column] = {}
        for level in sorted(slices[column].unique()):
            inside = (slices[column] == level).to_numpy()
            part = predicted.take(inside)
            enough = len(part) >= settings.slices.min_rows
            found[column][level] = (
                metrics_with_intervals(part, units[inside], settings.confidence)
                if enough
                else {"rows": len(part)}
            )
    return found
