"""Every plot: one entry of :data:`PLOTS`.

Evaluate writes its table, the report draws it, and a test compares ``dvc.yaml`` with it. Every task
fills the tables that fit it and leaves the others with their header only, so that ``dvc.yaml`` is
the same for all tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from src.base.contract import Task
from src.base.files import rounded
from src.modelling.metrics import BINARY, CLASSES, MULTICLASS, REGRESSION
from src.results import plot_tables as make
from src.results.plot_tables import Columns, Evaluated


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
        DVC's template, which the report draws in its own way: ``src/report/charts/of_plots.py``.
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


PLOTS: tuple[Plot, ...] = (
    Plot(
        "roc", "ROC curve", "The closer to the upper left corner, the better.",
        tasks=BINARY, template="simple",
        x="fpr", x_title="false positive rate", y="tpr", y_title="true positive rate",
        columns=("fpr", "tpr"), table=make.of_positive(make.roc), diagonal=True,
    ),
    Plot(
        "precision_recall", "Precision and recall",
        "The closer to the upper right corner, the better.",
        tasks=BINARY, template="simple",
        x="recall", x_title="recall", y="precision", y_title="precision",
        columns=("recall", "precision"), table=make.of_positive(make.precision_recall),
    ),
    Plot(
        "calibration", "Calibration",
        "On the diagonal, predicted probabilities are what is observed.",
        tasks=BINARY, template="simple",
        x="predicted", x_title="mean predicted probability",
        y="observed", y_title="observed share of the positive class",
        columns=("predicted", "observed", "rows"),
        table=make.of_positive(make.calibration), diagonal=True,
    ),
    Plot(
        "threshold", "Threshold",
        "What follows from predicting the positive class from a probability on; the line is the "
        "threshold in use.",
        tasks=BINARY, template="simple",
        x="threshold", x_title="threshold",
        y=("precision", "recall", "predicted_positive", "cost"), y_title="share, or cost of a row",
        columns=("threshold", "precision", "recall", "predicted_positive", "cost", "in_use"),
        table=make.threshold,
    ),
    Plot(
        "score_histogram", "Scores by class", "The less the classes overlap, the better.",
        tasks=BINARY, template="linear",
        x="score", x_title="predicted probability of the positive class",
        y=("negative", "positive"), y_title="test rows",
        columns=("score", "negative", "positive"), table=make.score_histogram,
    ),
    Plot(
        "confusion_matrix", "Confusion matrix", "Right predictions are on the diagonal.",
        tasks=CLASSES, template="confusion_counts",
        x="predicted", x_title="predicted", y="actual", y_title="actual",
        columns=("actual", "predicted", "count"), table=make.confusion,
        names=frozenset({"actual", "predicted"}),
    ),
    Plot(
        "per_class", "F1 by class", "Longer is better.",
        tasks=MULTICLASS, template="bar_horizontal",
        x="f1", x_title="F1", y="class", y_title="class",
        columns=("class", "precision", "recall", "f1", "rows"), table=make.per_class,
        names=frozenset({"class"}),
    ),
    Plot(
        "roc_by_class", "ROC curve of each class against the rest",
        "The closer to the upper left corner, the better.",
        tasks=MULTICLASS, template="scatter",
        x="fpr", x_title="false positive rate", y="tpr", y_title="true positive rate",
        columns=("class", "fpr", "tpr"), table=make.by_class(make.roc),
        names=frozenset({"class"}), diagonal=True,
    ),
    Plot(
        "precision_recall_by_class", "Precision and recall of each class against the rest",
        "The closer to the upper right corner, the better.",
        tasks=MULTICLASS, template="scatter",
        x="recall", x_title="recall", y="precision", y_title="precision",
        columns=("class", "recall", "precision"), table=make.by_class(make.precision_recall),
        names=frozenset({"class"}),
    ),
    Plot(
        "calibration_by_class", "Calibration of each class against the rest",
        "On the diagonal, predicted probabilities are what is observed.",
        tasks=MULTICLASS, template="scatter",
        x="predicted", x_title="mean predicted probability",
        y="observed", y_title="observed share of the class",
        columns=("class", "predicted", "observed", "rows"), table=make.by_class(make.calibration),
        names=frozenset({"class"}), diagonal=True,
    ),
    Plot(
        "predicted_actual", "Predicted against actual",
        "A perfect model's points lie on the line.",
        tasks=REGRESSION, template="scatter",
        x="predicted", x_title="predicted", y="actual", y_title="actual",
        columns=("actual", "predicted"), table=make.predicted_actual, diagonal=True,
    ),
    Plot(
        "residuals", "Residuals", "A good model's points lie evenly around the line.",
        tasks=REGRESSION, template="scatter",
        x="predicted", x_title="predicted", y="residual", y_title="actual minus predicted",
        columns=("predicted", "residual"), table=make.residuals,
    ),
    Plot(
        "importance", "Permutation importance",
        "How much worse the model scores when one feature is shuffled; the line is the standard "
        "deviation of the shuffles.",
        tasks=CLASSES | REGRESSION, template="bar_horizontal_sorted",
        x="importance", x_title="loss in score", y="feature", y_title="feature",
        columns=("feature", "importance", "std"), table=make.importance,
        names=frozenset({"feature"}),
    ),
)  # fmt: skip
"""All plots, in the order in which people see them."""
