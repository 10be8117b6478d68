"""Every plot: one entry of :data:`PLOTS`.

Evaluate writes its table, the report draws it, and a test compares ``dvc.yaml`` with it. Every task
fills the tables that fit it and leaves the others with their header only, so that ``dvc.yaml`` is
the same for all tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import (
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_curve,
)

from src.base.contract import Task
from src.base.files import rounded
from src.modelling.predictions import Floats, Predictions

POINTS = 200
"""Points of a curve, or of a cloud times ten: enough to look at, few enough for git."""

MOST_FEATURES = 20
"""Features whose importance is kept, the most important ones."""

Columns = dict[str, object]
"""The columns of a table by name."""


@dataclass(frozen=True)
class Evaluated:
    """What plots are made of.

    Attributes
    ----------
    costs
        What a false alarm and a miss cost, in any unit; None where that is not known.
    seed
        Of samples.
    """

    predicted: Predictions
    importance: pd.DataFrame
    costs: tuple[float, float] | None
    seed: int


@dataclass(frozen=True)
class Plot:
    """One plot.

    Attributes
    ----------
    name
        Of its table, ``metrics/plots/<name>.csv``.
    hint
        How to read it, in one sentence.
    template
        DVC's template, which the report draws in its own way, see ``src/report/charts.py``.
    columns
        The table's, ``x`` and ``y`` among them; those in ``names`` hold text, the others numbers.
    diagonal
        Whether the line of a perfect model is where both axes are equal; else it is no line, or
        that of zero.
    table
        Makes the table's columns.
    """

    name: str
    title: str
    hint: str
    tasks: frozenset[Task]
    template: str
    x: str
    y: str | tuple[str, ...]
    x_title: str
    y_title: str
    columns: tuple[str, ...]
    table: Callable[[Evaluated], Columns]
    names: frozenset[str] = frozenset()
    diagonal: bool = False


def tables(evaluated: Evaluated) -> dict[str, pd.DataFrame]:
    """Return the table of each plot, floats rounded to 6 significant digits."""
    task = evaluated.predicted.task
    return {
        plot.name: _round(
            pd.DataFrame(plot.table(evaluated) if task in plot.tasks else {},
                         columns=list(plot.columns))
        )
        for plot in PLOTS
    }  # fmt: skip


def _round(table: pd.DataFrame) -> pd.DataFrame:
    floats = table.columns[table.dtypes == "float64"]
    return table.assign(**{name: table[name].map(rounded) for name in floats})


def _thin(points: int, /, **coordinates: Floats) -> Columns:
    """Keep about so many points of a curve, evenly along it, both ends included."""
    count = len(next(iter(coordinates.values())))
    kept = np.unique(np.linspace(0, count - 1, min(count, points)).round().astype(int))
    return {name: values[kept] for name, values in coordinates.items()}


def _roc(of: Evaluated) -> Columns:
    fpr, tpr, _ = roc_curve(of.predicted.truth, of.predicted.positive)
    return _thin(POINTS, fpr=fpr, tpr=tpr)


def _precision_recall(of: Evaluated) -> Columns:
    precision, recall, _ = precision_recall_curve(
        of.predicted.truth, of.predicted.positive, drop_intermediate=True
    )
    return _thin(POINTS, recall=recall[::-1], precision=precision[::-1])


def _calibration(of: Evaluated) -> Columns:
    return _calibrated(of.predicted.truth == 1, of.predicted.positive)


def _calibrated(truth: npt.NDArray[np.bool_], probability: Floats) -> Columns:
    """Compare predicted with observed shares, in ten bins of about as many rows each."""
    cuts = np.unique(np.quantile(probability, np.linspace(0, 1, 11)[1:-1]))
    bins = np.searchsorted(cuts, probability, side="left")
    rows = np.bincount(bins, minlength=len(cuts) + 1)
    used = rows > 0
    sums = (np.bincount(bins, weights, len(cuts) + 1)[used] for weights in (probability, truth))
    predicted, observed = (part / rows[used] for part in sums)
    return {"predicted": predicted, "observed": observed, "rows": rows[used]}


def _threshold(of: Evaluated) -> Columns:
    """Return what follows from each threshold, in steps of 0.01; the one in use is among them."""
    truth, score = of.predicted.truth == 1, of.predicted.positive
    used = 0.5 if of.predicted.threshold is None else of.predicted.threshold
    at = np.union1d(np.arange(1, 100) / 100, [used])
    chosen = len(score) - np.searchsorted(np.sort(score), at, side="left")
    hits = truth.sum() - np.searchsorted(np.sort(score[truth]), at, side="left")
    with np.errstate(invalid="ignore", divide="ignore"):  # nothing chosen: precision is undefined
        precision, recall = hits / chosen, hits / truth.sum()
    alarm, miss = of.costs or (np.nan, np.nan)
    cost = (alarm * (chosen - hits) + miss * (truth.sum() - hits)) / len(score)
    return {"threshold": at, "precision": precision, "recall": recall,
            "predicted_positive": chosen / len(score), "cost": cost,
            "in_use": (at == used).astype(int)}  # fmt: skip


MOST_CLASSES = 8
"""Classes with a curve of their own, the most frequent ones."""


def _by_class(
    curve: Callable[[npt.NDArray[np.bool_], Floats], Columns],
) -> Callable[[Evaluated], Columns]:
    """Make a table of one class against the rest, for each class."""

    def table(of: Evaluated) -> Columns:
        counts = np.bincount(of.predicted.truth, minlength=len(of.predicted.classes))
        frequent = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
        parts = [
            pd.DataFrame(curve(of.predicted.truth == k, of.predicted.output[:, k])).assign(
                **{"class": of.predicted.classes[k]}
            )
            for k in frequent if 0 < counts[k] < len(of.predicted)
        ]  # fmt: skip
        whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        return {str(name): whole[name] for name in whole}

    return table


def _roc_of(truth: npt.NDArray[np.bool_], score: Floats) -> Columns:
    fpr, tpr, _ = roc_curve(truth, score)
    return _thin(POINTS // 4, fpr=fpr, tpr=tpr)


def _precision_recall_of(truth: npt.NDArray[np.bool_], score: Floats) -> Columns:
    precision, recall, _ = precision_recall_curve(truth, score, drop_intermediate=True)
    return _thin(POINTS // 4, recall=recall[::-1], precision=precision[::-1])


def _score_histogram(of: Evaluated) -> Columns:
    edges = np.linspace(0, 1, 21)
    truth, score = of.predicted.truth, of.predicted.positive
    negative, positive = (np.histogram(score[truth == side], edges)[0] for side in (0, 1))
    return {"score": (edges[:-1] + edges[1:]) / 2, "negative": negative, "positive": positive}


def _confusion_matrix(of: Evaluated) -> Columns:
    names = np.array(of.predicted.classes)
    every = np.arange(len(names))
    counts = confusion_matrix(of.predicted.truth, of.predicted.predicted, labels=every)
    return {
        "actual": np.repeat(names, len(names)),
        "predicted": np.tile(names, len(names)),
        "count": counts.ravel(),
    }


def _per_class(of: Evaluated) -> Columns:
    every = np.arange(len(of.predicted.classes))
    precision, recall, f1, rows = precision_recall_fscore_support(
        of.predicted.truth, of.predicted.predicted, labels=every, zero_division=0.0
    )
    return {
        "class": list(of.predicted.classes),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "rows": rows,
    }


def _sampled(of: Evaluated) -> Predictions:
    """Return so many rows as a cloud needs, the same ones for every plot."""
    count = min(len(of.predicted), 10 * POINTS)
    chosen = np.random.default_rng(of.seed).permutation(len(of.predicted))[:count]
    return of.predicted.take(np.sort(chosen))


def _predicted_actual(of: Evaluated) -> Columns:
    sample = _sampled(of)
    return {"actual": sample.truth, "predicted": sample.predicted}


def _residuals(of: Evaluated) -> Columns:
    sample = _sampled(of)
    return {"predicted": sample.predicted, "residual": sample.truth - sample.predicted}


def _importance(of: Evaluated) -> Columns:
    top = of.importance.head(MOST_FEATURES)
    return {str(name): top[name] for name in top}


BINARY: frozenset[Task] = frozenset({"binary"})
MULTICLASS: frozenset[Task] = frozenset({"multiclass"})
REGRESSION: frozenset[Task] = frozenset({"regression"})

PLOTS: tuple[Plot, ...] = (
    Plot(
        "roc", "ROC curve", "The closer to the upper left corner, the better.",
        tasks=BINARY, template="simple",
        x="fpr", x_title="false positive rate", y="tpr", y_title="true positive rate",
        columns=("fpr", "tpr"), table=_roc, diagonal=True,
    ),
    Plot(
        "precision_recall", "Precision and recall",
        "The closer to the upper right corner, the better.",
        tasks=BINARY, template="simple",
        x="recall", x_title="recall", y="precision", y_title="precision",
        columns=("recall", "precision"), table=_precision_recall,
    ),
    Plot(
        "calibration", "Calibration",
        "On the diagonal, predicted probabilities are what is observed.",
        tasks=BINARY, template="simple",
        x="predicted", x_title="mean predicted probability",
        y="observed", y_title="observed share of the positive class",
        columns=("predicted", "observed", "rows"), table=_calibration, diagonal=True,
    ),
    Plot(
        "threshold", "Threshold",
        "What follows from predicting the positive class from a probability on; the line is the "
        "threshold in use.",
        tasks=BINARY, template="simple",
        x="threshold", x_title="threshold",
        y=("precision", "recall", "predicted_positive", "cost"), y_title="share, or cost of a row",
        columns=("threshold", "precision", "recall", "predicted_positive", "cost", "in_use"),
        table=_threshold,
    ),
    Plot(
        "score_histogram", "Scores by class", "The less the classes overlap, the better.",
        tasks=BINARY, template="linear",
        x="score", x_title="predicted probability of the positive class",
        y=("negative", "positive"), y_title="test rows",
        columns=("score", "negative", "positive"), table=_score_histogram,
    ),
    Plot(
        "confusion_matrix", "Confusion matrix", "Right predictions are on the diagonal.",
        tasks=BINARY | MULTICLASS, template="confusion_counts",
        x="predicted", x_title="predicted", y="actual", y_title="actual",
        columns=("actual", "predicted", "count"), table=_confusion_matrix,
        names=frozenset({"actual", "predicted"}),
    ),
    Plot(
        "per_class", "F1 by class", "Longer is better.",
        tasks=MULTICLASS, template="bar_horizontal",
        x="f1", x_title="F1", y="class", y_title="class",
        columns=("class", "precision", "recall", "f1", "rows"), table=_per_class,
        names=frozenset({"class"}),
    ),
    Plot(
        "roc_by_class", "ROC curve of each class against the rest",
        "The closer to the upper left corner, the better.",
        tasks=MULTICLASS, template="scatter",
        x="fpr", x_title="false positive rate", y="tpr", y_title="true positive rate",
        columns=("class", "fpr", "tpr"), table=_by_class(_roc_of),
        names=frozenset({"class"}), diagonal=True,
    ),
    Plot(
        "precision_recall_by_class", "Precision and recall of each class against the rest",
        "The closer to the upper right corner, the better.",
        tasks=MULTICLASS, template="scatter",
        x="recall", x_title="recall", y="precision", y_title="precision",
        columns=("class", "recall", "precision"), table=_by_class(_precision_recall_of),
        names=frozenset({"class"}),
    ),
    Plot(
        "calibration_by_class", "Calibration of each class against the rest",
        "On the diagonal, predicted probabilities are what is observed.",
        tasks=MULTICLASS, template="scatter",
        x="predicted", x_title="mean predicted probability",
        y="observed", y_title="observed share of the class",
        columns=("class", "predicted", "observed", "rows"), table=_by_class(_calibrated),
        names=frozenset({"class"}), diagonal=True,
    ),
    Plot(
        "predicted_actual", "Predicted against actual",
        "A perfect model's points lie on the line.",
        tasks=REGRESSION, template="scatter",
        x="predicted", x_title="predicted", y="actual", y_title="actual",
        columns=("actual", "predicted"), table=_predicted_actual, diagonal=True,
    ),
    Plot(
        "residuals", "Residuals", "A good model's points lie evenly around the line.",
        tasks=REGRESSION, template="scatter",
        x="predicted", x_title="predicted", y="residual", y_title="actual minus predicted",
        columns=("predicted", "residual"), table=_residuals,
    ),
    Plot(
        "importance", "Permutation importance",
        "How much worse the model scores when one feature is shuffled; the line is the standard "
        "deviation of the shuffles.",
        tasks=BINARY | MULTICLASS | REGRESSION, template="bar_horizontal_sorted",
        x="importance", x_title="loss in score", y="feature", y_title="feature",
        columns=("feature", "importance", "std"), table=_importance, names=frozenset({"feature"}),
    ),
)  # fmt: skip
"""All plots, in the order in which people see them."""
