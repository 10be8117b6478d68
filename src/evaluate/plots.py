"""The data of every plot that ``dvc.yaml`` draws, as small tables.

Every task fills the tables that fit it and leaves the others with their header only, so that
``dvc.yaml`` is the same for all tasks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_curve,
)

from src.files import rounded
from src.scores import Floats, Predictions

POINTS = 200
"""Points of a curve, or of a cloud times ten: enough to look at, few enough for git."""

COLUMNS = {
    "roc": ["fpr", "tpr"],
    "precision_recall": ["recall", "precision"],
    "calibration": ["predicted", "observed"],
    "score_histogram": ["score", "negative", "positive"],
    "confusion_matrix": ["actual", "predicted", "count"],
    "per_class": ["class", "precision", "recall", "f1", "rows"],
    "predicted_actual": ["actual", "predicted"],
    "residuals": ["predicted", "residual"],
    "importance": ["feature", "importance"],
}


def tables(predicted: Predictions, importance: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    """Return the table of each plot, floats rounded to 6 significant digits."""
    if predicted.task == "regression":
        drawn = _regression(predicted, seed)
    else:
        drawn = {"confusion_matrix": _confusion(predicted)}
        drawn |= _binary(predicted) if predicted.task == "binary" else _per_class(predicted)
    drawn["importance"] = importance.head(20)
    return {
        name: _round(drawn.get(name, pd.DataFrame(columns=columns)))
        for name, columns in COLUMNS.items()
    }


def _round(table: pd.DataFrame) -> pd.DataFrame:
    floats = table.columns[table.dtypes == "float64"]
    return table.assign(**{name: table[name].map(rounded) for name in floats})


def _thin(columns: list[str], *coordinates: Floats) -> pd.DataFrame:
    """Keep about ``POINTS`` points of a curve, evenly along it, both ends included."""
    count = len(coordinates[0])
    kept = np.unique(np.linspace(0, count - 1, min(count, POINTS)).round().astype(int))
    return pd.DataFrame(
        {name: values[kept] for name, values in zip(columns, coordinates, strict=True)}
    )


def _binary(predicted: Predictions) -> dict[str, pd.DataFrame]:
    truth, score = predicted.truth, predicted.positive
    fpr, tpr, _ = roc_curve(truth, score)
    precision, recall, _ = precision_recall_curve(truth, score, drop_intermediate=True)
    observed, mean = calibration_curve(truth, score, n_bins=10, strategy="quantile")
    edges = np.linspace(0, 1, 21)
    negative, positive = (np.histogram(score[truth == side], edges)[0] for side in (0, 1))
    return {
        "roc": _thin(COLUMNS["roc"], fpr, tpr),
        "precision_recall": _thin(COLUMNS["precision_recall"], recall[::-1], precision[::-1]),
        "calibration": pd.DataFrame({"predicted": mean, "observed": observed}),
        "score_histogram": pd.DataFrame(
            {"score": (edges[:-1] + edges[1:]) / 2, "negative": negative, "positive": positive}
        ),
    }


def _confusion(predicted: Predictions) -> pd.DataFrame:
    every = np.arange(len(predicted.classes))
    counts = confusion_matrix(predicted.truth, predicted.predicted, labels=every)
    names = np.array(predicted.classes)
    return pd.DataFrame(
        {
            "actual": np.repeat(names, len(names)),
            "predicted": np.tile(names, len(names)),
            "count": counts.ravel(),
        }
    )


def _per_class(predicted: Predictions) -> dict[str, pd.DataFrame]:
    every = np.arange(len(predicted.classes))
    precision, recall, f1, rows = precision_recall_fscore_support(
        predicted.truth, predicted.predicted, labels=every, zero_division=0.0
    )
    values = (list(predicted.classes), precision, recall, f1, rows)
    return {"per_class": pd.DataFrame(dict(zip(COLUMNS["per_class"], values, strict=True)))}


def _regression(predicted: Predictions, seed: int) -> dict[str, pd.DataFrame]:
    rows = min(len(predicted), 10 * POINTS)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(predicted))[:rows])
    actual, value = predicted.truth[chosen], predicted.predicted[chosen]
    return {
        "predicted_actual": pd.DataFrame({"actual": actual, "predicted": value}),
        "residuals": pd.DataFrame({"predicted": value, "residual": actual - value}),
    }
