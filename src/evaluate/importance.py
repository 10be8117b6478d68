"""How much worse the model predicts when one feature is shuffled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from src.bootstrap import weighted
from src.params import Evaluate
from src.schema import Schema
from src.scores import NAMES, Predictions, predictions
from src.threads import single

LOSSES = ("log_loss", "root_mean_squared_error")


def permutation_importance(
    model: Pipeline,
    features: pd.DataFrame,
    target: pd.Series[Any],
    schema: Schema,
    settings: Evaluate,
) -> pd.DataFrame:
    """Shuffle each feature in turn and score the model again.

    The first step of the model works column by column, so that shuffling what it made of a feature
    is the same as shuffling the feature; it runs once instead of once a permutation.

    Returns
    -------
    Columns ``feature`` and ``importance``: the mean loss in the task's first score over the
    repeats, the most important feature first.

    References
    ----------
    Breiman (2001), Random Forests, section 10; scikit-learn's ``permutation_importance``.
    """
    vectorizer, predictor = model[0], model[1:]
    with single():
        columns = vectorizer.transform(features)
    generator = np.random.default_rng(settings.seed)
    rows, repeats = len(features), settings.importance.repeats
    name = NAMES[schema.task][0]
    reference = _score(predictions(predictor, columns, target, schema), name)
    losses = []
    for feature in schema.features:
        shuffles = np.concatenate([generator.permutation(rows) for _ in range(repeats)])
        made = vectorizer.input_to_outputs_.get(feature, [])
        if not made:  # the model has no use for it
            losses.append(0.0)
            continue
        repeated = np.tile(np.arange(rows), repeats)
        shuffled = columns.iloc[repeated].reset_index(drop=True)
        for output in made:
            shuffled[output] = columns[output].iloc[shuffles].reset_index(drop=True)
        predicted = predictions(predictor, shuffled, target.iloc[repeated], schema)
        parts = [predicted.take(part) for part in np.arange(rows * repeats).reshape(repeats, rows)]
        loss = reference - np.mean([_score(part, name) for part in parts])
        losses.append(float(-loss if name in LOSSES else loss))
    table = pd.DataFrame({"feature": schema.features, "importance": losses})
    return table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def _score(predicted: Predictions, name: str) -> float:
    return float(weighted(predicted)(np.ones((1, len(predicted))))[name][0])
