"""What was found of all batches: the page, the text of the issue, and variables for CI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from src.monitor.alarms import LEVELS, MEANINGS, BatchReport, ColumnDrift
from src.pages import layout, text
from src.pages.distribution import distribution
from src.pages.drawing import Panel, plain
from src.results import markdown

TEMPLATES = Path(__file__).parent / "templates"

PAGE = "index.html"
"""The page's file."""

DRAWN = 8
"""Alarming columns of a batch that are drawn."""

SHOWN = 12
"""Columns of a batch that its table shows at once; the others can be unfolded."""


def title(reports: Sequence[BatchReport]) -> str:
    """Say in a sentence how it stands."""
    alarming = sum(bool(report.alarms) for report in reports)
    if not alarming:
        return f"no alarm in {_count(len(reports))}"
    return f"{alarming} of {_count(len(reports))} raised an alarm"


def _count(batches: int) -> str:
    return f"{batches} batch{'es' * (batches != 1)}"


def render(reports: Sequence[BatchReport], release: str) -> str:
    """Return the page."""
    return layout.render(
        "monitor.html.j2",
        TEMPLATES,
        reports=reports,
        release=release,
        title=title(reports),
        meanings=MEANINGS,
        level=sum(LEVELS.values()),
        panels={report.name: _panels(report) for report in reports},
        shown=SHOWN,
    )


def issue(reports: Sequence[BatchReport], release: str) -> str:
    """Return the text of the issue, in Markdown."""
    return layout.markdown_of(
        "issue.md.j2", TEMPLATES, number=text.number, code=markdown.code, inline=markdown.inline
    ).render(reports=reports, release=release, title=title(reports), meanings=MEANINGS)


def variables(reports: Sequence[BatchReport]) -> str:
    """Return what later jobs of a pipeline ask: if there was an alarm, and if a refresh may help.

    It may not where the contract is all that is broken: a retraining would break it, too.
    """
    kinds = {alarm.kind for report in reports for alarm in report.alarms}
    alarm, refresh = ("yes" if found else "no" for found in (kinds, kinds - {"contract"}))
    return f"MONITOR_ALARM={alarm}\nMONITOR_REFRESH={refresh}\n"


def _panels(report: BatchReport) -> list[Panel]:
    """Draw the predictions, and the columns whose shift does most to them."""
    both = [*([report.predictions] if report.predictions else []), *report.drifted[:DRAWN]]
    return [_panel(column) for column in both]


def _panel(column: ColumnDrift) -> Panel:
    index = f", index {text.number(column.shift.index, 2)}" if column.shift else ""
    shown = [row | {"bin": plain(str(row["bin"]))} for row in column.shares]
    caption = f"{column.name}{index}"
    alt = f"Distribution of {column.name} in the batch and in the release{index}."
    return Panel("both", caption, distribution(shown, ""), alt, 2 * len(shown))
