"""The pictures that are not of a table under ``metrics/plots``; pure."""

from __future__ import annotations

from src.pages import text
from src.pages.distribution import distribution
from src.pages.drawing import Panel, plain
from src.pages.marks import Values
from src.report.charts import of_changes, of_search
from src.report.content import Report
from src.report.data import ComparedColumn

NOTED = 3
"""Pictures in the note."""

IN_THE_NOTE = ("roc", "confusion_matrix", "predicted_actual", "threshold", "importance")
"""Plots that the note shows, the first that there are."""

MOST = 8
"""Columns whose distributions are drawn."""


def differences(report: Report) -> Panel | None:
    """Draw the paired difference of each score; None where no rows are paired."""
    found = report.verdict.paired
    spec = of_changes.differences(report.scores, {found.metric: found.margin} if found else {})
    if spec is None:
        return None
    said = "; ".join(
        f"{score.label} {score.verdict} by {text.number(abs(score.gain or 0.0), 3)}"
        for score in report.scores if score.difference is not None
    )  # fmt: skip
    return Panel("both", "", spec, f"Paired differences. {said}.", len(report.scores))


def drifted(report: Report) -> list[Panel]:
    """Draw the columns that moved, the target, and what is predicted, where these are at hand."""
    if report.base is None or report.data.is_unchanged:
        return []
    moved = report.data.drifted[:MOST]
    target = [column for column in report.data.columns
              if column.role == "target" and column.shares and column not in moved]  # fmt: skip
    found = [_distribution(column) for column in [*moved, *target]]
    if report.pairs is not None:
        found.append(_panel("what is predicted", report.pairs.predicted, "predictions"))
    return found


def chosen(report: Report) -> dict[str, Panel]:
    """Choose the two or three pictures of the note, by the name of their file."""
    found = {}
    paired = differences(report)
    if paired is not None:
        found["differences"] = paired
    drawn = {plot.name: plot.panels for plot in report.plots}
    for name in IN_THE_NOTE:
        if name in drawn and len(found) < NOTED:
            found[name] = drawn[name][0]
    return found


def _distribution(column: ComparedColumn) -> Panel:
    index = f", index {text.number(column.drift.index, 2)}" if column.drift else ""
    role = ", target" if column.role == "target" else ""
    return _panel(f"{column.name}{role}{index}", column.shares, "")


def _panel(caption: str, shares: Values, title: str) -> Panel:
    shown = [row | {"bin": plain(str(row["bin"]))} for row in shares]
    spec = distribution(shown, title)
    return Panel("both", caption, spec, f"Distribution of {caption} in both.", 2 * len(shown))


def searched(report: Report) -> list[Panel]:
    """Draw the search, where there was one."""
    found = report.search
    if found is None:
        return []
    drawn = [
        Panel("own", "score of each trial, and the best so far; the line is params.yaml's",
              of_search.history(found), f"History of {found.trials} trials.", len(found.scores)),
        Panel("own", "a line a trial, the darker the better; the best is drawn apart",
              of_search.parallel(found), "Parameters of each trial.", len(found.positions)),
    ]  # fmt: skip
    if found.importance:
        said = ", ".join(f"{row['parameter']} {row['importance']:.0%}" for row in found.importance)
        bars, alt = of_search.importance(found), f"Importance of parameters: {said}."
        drawn.append(Panel("own", "importance of the parameters", bars, alt, len(found.importance)))
    return drawn


def trend(report: Report) -> Panel | None:
    """Draw the leading score over the published versions; None before the first."""
    if not report.trend:
        return None
    last = report.trend[-1]
    others = {one.score.test_hash for one in report.trend} - {last.score.test_hash}
    note = "; not all are scored on the same rows" if others else ""
    caption = f"{last.label} with its interval over the published versions{note}"
    return Panel("own", caption, of_changes.trend(report.trend), caption, len(report.trend))
