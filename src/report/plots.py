"""The plots of both revisions, from the tables under ``metrics/plots``; pure."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from src.report import charts
from src.report.charts import Spec, Values
from src.report.revision import Revision, Rows

CURVES = ("roc", "precision_recall", "calibration")
"""The plots in which this revision's panel shows the base's curve, too."""


@dataclass(frozen=True)
class Panel:
    """One revision's picture of a plot; ``points`` is the number of its marks."""

    revision: str
    spec: Spec
    alt: str
    points: int


@dataclass(frozen=True)
class Plot:
    """A plot of this revision, and of the base where it has the data."""

    name: str
    title: str
    hint: str
    panels: list[Panel]
    ghost: bool


@dataclass(frozen=True)
class _Kind:
    """How one of the tables under ``metrics/plots`` is drawn, and which columns are numbers."""

    title: str
    hint: str
    numbers: tuple[str, ...]
    draw: Callable[[list[Values]], list[Spec]]


def plots(new: Revision, base: Revision | None) -> list[Plot]:
    """Return the plots that have data in this revision."""
    drawn = []
    for name, kind in KINDS.items():
        revisions = [revision for revision in (new, base) if revision and revision.plots.get(name)]
        if new not in revisions:
            continue
        tables = [_convert(revision.plots[name], kind.numbers) for revision in revisions]
        panels = [
            Panel(revision.label, spec, f"{kind.title} of {revision.label}. {kind.hint}",
                  len(table))
            for revision, spec, table in zip(revisions, kind.draw(tables), tables, strict=True)
        ]  # fmt: skip
        drawn.append(Plot(name, kind.title, kind.hint, panels, name in CURVES))
    return drawn


def _convert(rows: Rows, numbers: tuple[str, ...]) -> Values:
    return [
        {key: _number(cell) if key in numbers else plain(cell) for key, cell in row.items()}
        for row in rows
    ]


def plain(name: str) -> str:
    """Write out the characters that break the drawing of still pictures, each differently.

    vl-convert ends the process at a control character, and fails where it shortens a label within
    a character beyond the basic plane.
    """
    return "".join(
        f"<U+{ord(letter):04X}>"
        if ord(letter) > 0xFFFF or unicodedata.category(letter).startswith("C")
        else letter
        for letter in name
    )


def _number(cell: str | None) -> float | None:
    """Return a cell's number; None for an empty one, as for a score that is undefined."""
    try:
        value = float(cell or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


KINDS = {
    "roc": _Kind(
        "ROC curve", "The closer to the upper left corner, the better.", ("fpr", "tpr"),
        charts.curve("fpr", "tpr", "false positive rate", "true positive rate", diagonal=True),
    ),
    "precision_recall": _Kind(
        "Precision and recall", "The closer to the upper right corner, the better.",
        ("recall", "precision"),
        charts.curve("recall", "precision", "recall", "precision", diagonal=False),
    ),
    "calibration": _Kind(
        "Calibration", "On the diagonal, predicted probabilities are what is observed.",
        ("predicted", "observed"),
        charts.curve("predicted", "observed", "mean predicted probability",
               "observed share of the positive class", diagonal=True),
    ),
    "score_histogram": _Kind(
        "Scores by class", "The less the classes overlap, the better.",
        ("score", "negative", "positive"), charts.histogram,
    ),
    "confusion_matrix": _Kind(
        "Confusion matrix", "Right predictions are on the diagonal.", ("count",), charts.confusion,
    ),
    "per_class": _Kind(
        "F1 by class", "Longer is better.", ("f1",), charts.bars("class", "f1", "F1"),
    ),
    "predicted_actual": _Kind(
        "Predicted against actual", "A perfect model's points lie on the line.",
        ("actual", "predicted"), charts.cloud("actual", "predicted", equal=True),
    ),
    "residuals": _Kind(
        "Residuals", "A good model's points lie evenly around the line.",
        ("predicted", "residual"), charts.cloud("predicted", "residual", equal=False),
    ),
    "importance": _Kind(
        "Permutation importance", "How much worse the model scores when one feature is shuffled.",
        ("importance",), charts.bars("feature", "importance", "loss in score"),
    ),
}  # fmt: skip
"""Each plot by the name of its table."""
