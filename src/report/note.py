"""The report as a short Markdown note for a merge request."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from src.report import text
from src.report.compare import ScoreComparison
from src.report.content import Report

OTHER_ROWS = (
    "The test set has changed: the scores are of different rows, so a change is of the model, the "
    "data or both."
)

MOST = 15
"""Lines of a table at most; the page has them all."""

SIGNS = {
    "passed": "✅", "failed": "❌", "inconclusive": "❔", "warning": "⚠️",
    "missing": "❌", "stale": "❌",
}  # fmt: skip


def render(report: Report) -> str:
    """Return the note."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown; the filters below escape it
    )  # fmt: skip
    environment.filters |= {
        "number": text.number,
        "change": text.change,
        "interval": text.interval,
        "code": text.code,
        "sentence": text.sentence,
        "arrow": arrow,
    }
    return environment.get_template("note.md.j2").render(
        report=report,
        signs=SIGNS,
        most=MOST,
        other_rows=OTHER_ROWS,
        significance=significance(report),
    )


def arrow(score: ScoreComparison) -> str:
    """Return the way a score went, and whether that means anything."""
    sign = "▲" if score.change and score.change > 0 else "▼" if score.change else ""
    return f"{sign} {score.verdict}".strip()


def significance(report: Report) -> str:
    """Say how far the words on the changes of scores can be trusted."""
    return (
        f"“Clearly” means that the {report.confidence} intervals do not overlap. That is a "
        "strict rule: a change within noise may be real all the same, which only the gate's paired "
        "comparison on the same rows can tell. “Cannot tell”: an interval has no width."
    )
