"""The contents of ``metrics/metrics.json``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier, DummyRegressor

from src import params
from src.bootstrap import intervals
from src.evaluate import slices
from src.schema import Schema
from src.scores import Predictions, labels, predictions, score

Metrics = dict[str, Any]


def split_metrics(predicted: Predictions) -> Metrics:
    """Return the number of rows and every score."""
    return {"rows": len(predicted), **score(predicted)}


def test_metrics(predicted: Predictions, settings: params.Evaluate) -> Metrics:
    """Return the number of rows, every score and its interval."""
    bootstrap = settings.bootstrap
    bounds = intervals(predicted, bootstrap.replicates, bootstrap.confidence, settings.seed)
    return {**split_metrics(predicted), "interval": bounds}


def dummy_metrics(train: pd.DataFrame, test: pd.DataFrame, schema: Schema) -> Metrics:
    """Score the model that knows the target's distribution and no feature."""
    estimator = (
        DummyRegressor() if schema.task == "regression" else DummyClassifier(strategy="prior")
    )
    target = labels(train[schema.target], schema)
    estimator.fit(np.zeros((len(train), 1)), target)
    nothing = pd.DataFrame(np.zeros((len(test), 1)))
    return split_metrics(predictions(estimator, nothing, test[schema.target], schema))


def slice_metrics(
    predicted: Predictions,
    train: pd.DataFrame,
    test: pd.DataFrame,
    settings: params.Evaluate,
) -> Metrics:
    """Score each slice of the test set; one below ``min_rows`` gets its number of rows only."""
    found: Metrics = {}
    for column in settings.slices.columns:
        named = slices.levels(train[column], test[column], settings.slices.min_rows)
        found[column] = {}
        for level in sorted(named.unique()):
            part = predicted.take((named == level).to_numpy())
            enough = len(part) >= settings.slices.min_rows
            found[column][level] = test_metrics(part, settings) if enough else {"rows": len(part)}
    return found
