"""How much worse the model predicts when one feature is shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from skrub import TableVectorizer

from src.base.contract import Contract
from src.evaluate.settings import Evaluate
from src.modelling import parallel
from src.modelling.metrics import leading, quick_score
from src.modelling.predictions import Floats, Integers, predictions, unseen_categories
from src.modelling.threads import single

BATCH = 2_000_000
"""Cells predicted at once: many features in one call, as a call costs more than its rows."""

BATCH_ROWS = 4_000
"""Rows predicted at once at least: a wide table costs a call more for its columns."""

CELLS = 400_000_000
"""Cells predicted in all: the square of the features, times rows and repeats, knows no bounds."""

MIN_ROWS = 100
"""Shuffled rows a feature, however wide the table."""


def permutation_importance(
    model: Pipeline,
    features: pd.DataFrame,
    rows: pd.DataFrame,
    contract: Contract,
    settings: Evaluate,
) -> pd.DataFrame:
    """Shuffle each feature in turn and score the model again.

    The first feature step works column by column, so that shuffling what it made of a feature
    is the same as shuffling the feature; it runs once instead of once a permutation. A table too
    wide or too long for ``CELLS`` is measured on a part of its rows.

    Parameters
    ----------
    rows
        The same rows with the target and, where the contract has one, the weight.

    Returns
    -------
    Columns ``feature``, ``importance`` and ``std``: the mean loss in the task's leading metric over
    the repeats and its standard deviation, the most important feature first.

    References
    ----------
    Breiman (2001), Random Forests, section 10; scikit-learn's ``permutation_importance``.
    """
    columns, made, predictor = _by_column(model, features)
    generator = np.random.default_rng(settings.seed)
    affordable = max(MIN_ROWS, CELLS // (len(contract.features) * columns.shape[1]))
    if affordable < len(features):
        drawn = np.sort(generator.permutation(len(features))[:affordable])
        columns, rows = columns.iloc[drawn], rows.iloc[drawn]
    repeats = min(settings.importance.repeats, affordable // len(columns))
    metric = leading(contract.task)
    reference = quick_score(metric, predictions(predictor, columns, rows, contract))
    importance = dict.fromkeys(contract.features, 0.0)  # 0 stays where the model has no use for it
    std = dict.fromkeys(contract.features, 0.0)
    used = [feature for feature in contract.features if made.get(feature)]
    known = rows[contract.names("target", "weight")]
    work = partial(_scores, _Rows(predictor, columns, known, made, contract, repeats))
    tasks = _batches(columns, used, repeats, generator)
    cells = max((len(batch) for batch in tasks), default=0) * repeats * columns.size
    for batch, scored in zip(tasks, parallel.each(work, tasks, cells), strict=True):
        for feature, values in zip(batch, scored, strict=True):
            importance[feature] = float(metric.sign * np.mean(reference - values))
            std[feature] = float(np.std(values))
    table = pd.DataFrame({
        "feature": list(importance), "importance": list(importance.values()),
        "std": list(std.values()),
    })  # fmt: skip
    return table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def _by_column(
    model: Pipeline, features: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, list[str]], Pipeline]:
    """Return what is shuffled, which of it belongs to each feature, and what predicts from it.

    Where the model begins with steps of one's own, these may mix columns: the features themselves
    are shuffled, and everything runs once a permutation.
    """
    first = model[0]
    if not isinstance(first, TableVectorizer):
        return features, {str(name): [str(name)] for name in features}, model
    with single(features.size), unseen_categories():
        columns = first.transform(features)
    return columns, first.input_to_outputs_, model[1:]


def _batches(
    columns: pd.DataFrame, used: list[str], repeats: int, generator: np.random.Generator
) -> list[dict[str, Integers]]:
    """Draw the orders in which each feature's rows are taken, for all repeats one after another.

    Many features come in one batch, since a prediction costs more than its rows.
    """
    rows = len(columns)
    size = max(BATCH // columns.shape[1], BATCH_ROWS) // (repeats * rows) or 1
    return [
        {
            feature: np.concatenate([generator.permutation(rows) for _ in range(repeats)])
            for feature in used[start : start + size]
        }
        for start in range(0, len(used), size)
    ]


@dataclass(frozen=True)
class _Rows:
    """The rows that are shuffled, what predicts them and is known, what each feature became."""

    predictor: Pipeline
    columns: pd.DataFrame
    known: pd.DataFrame
    made: dict[str, list[str]]
    contract: Contract
    repeats: int


def _scores(rows: _Rows, batch: dict[str, Integers]) -> Floats:
    """Return the leading score with each feature of a batch shuffled: ``(features, repeats)``."""
    columns, repeats = rows.columns, rows.repeats
    order = np.tile(np.arange(len(columns)), repeats * len(batch))
    shuffled = _shuffled(columns, order, batch, rows.made)
    predicted = predictions(rows.predictor, shuffled, rows.known.iloc[order], rows.contract)
    metric = leading(rows.contract.task)
    parts = np.split(np.arange(len(order)), repeats * len(batch))
    values = [quick_score(metric, predicted.take(part)) for part in parts]
    return np.array(values).reshape(len(batch), repeats)


def _shuffled(
    columns: pd.DataFrame,
    order: Integers,
    shuffles: dict[str, Integers],
    made: dict[str, list[str]],
) -> pd.DataFrame:
    """Repeat the rows once a feature, and in each repetition shuffle what was made of it."""
    orders = dict.fromkeys(columns.columns, order)
    parts = np.split(np.arange(len(order)), len(shuffles))
    for part, (feature, shuffle) in zip(parts, shuffles.items(), strict=True):
        own = order.copy()
        own[part] = shuffle
        orders |= dict.fromkeys(made[feature], own)
    return pd.DataFrame({name: columns[name].array.take(taken) for name, taken in orders.items()})
