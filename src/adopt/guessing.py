"""What a model that knows no feature scores on a test set, and how much that varies by chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier, DummyRegressor

from src.base.contract import ROW_KEY, Contract
from src.modelling.metrics import score
from src.modelling.predictions import Predictions, labels, predictions, weight_of

DRAWS = 200
"""Test sets that are drawn: enough for a standard deviation to 5 %."""

ROWS = 2_000
"""Rows of a drawn test set at most; the deviation of more rows follows."""


@dataclass(frozen=True)
class Guess:
    """A score without any knowledge, and its standard deviation over test sets of this size."""

    score: float
    deviation: float


def guesses(train: pd.DataFrame, test: pd.DataFrame, contract: Contract) -> dict[str, Guess]:
    """Predict the classes' shares, or the mean, for every row; order rows by chance."""
    kind = DummyRegressor() if contract.task == "regression" else DummyClassifier(strategy="prior")
    truth, weight = labels(train[contract.target], contract), weight_of(train, contract)
    kind.fit(train[[ROW_KEY]], truth, sample_weight=weight)
    made = predictions(kind, test[[ROW_KEY]], test, contract)
    known = predictions(kind, train[[ROW_KEY]], train, contract)
    spread = _deviations(known, len(test))
    return {name: Guess(value, spread[name]) for name, value in score(made).items()}


def _deviations(known: Predictions, rows: int) -> dict[str, float]:
    """Return the deviation of each score over test sets drawn from the training set."""
    generator = np.random.default_rng(0)
    drawn = min(rows, ROWS)
    scores = []
    for _ in range(DRAWS):
        part = known.take(generator.integers(0, len(known), drawn))
        if part.classes:  # so little that no score but those of the order moves
            noise = np.exp(1e-6 * generator.normal(size=part.output.shape))
            part = replace(part, output=part.output * noise)
        scores.append(score(part))
    frame = pd.DataFrame(scores)
    return {str(name): float(frame[name].std()) * np.sqrt(drawn / rows) for name in frame}
