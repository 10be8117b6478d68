"""The report as short Markdown: the note on a merge request, and what a release says."""

from __future__ import annotations

from pathlib import Path

from src.pages import layout, text
from src.report.compare import MEANINGS, ScoreComparison
from src.report.content import Report
from src.results import markdown

TEMPLATES = Path(__file__).parent / "templates"

MOST = 15
"""Lines of a table at most, but for checks that did not pass; the page has them all."""

SIGNS = {
    "passed": "✅", "failed": "❌", "inconclusive": "❔", "warning": "⚠️",
    "missing": "❌", "stale": "❌", "switched": "❌",
}  # fmt: skip


def render_release(report: Report) -> str:
    """Return the note without pictures, which a tag cannot hold, with the published versions."""
    return _render("release.md.j2", report, {})


def render(report: Report, pictures: dict[str, str]) -> str:
    """Return the note.

    Parameters
    ----------
    pictures
        What stands under each picture, by its file's name.
    """
    return _render("note.md.j2", report, pictures)


def _render(template: str, report: Report, pictures: dict[str, str]) -> str:
    found = layout.markdown_of(
        template, TEMPLATES, number=text.number, size=text.size, change=text.change,
        interval=text.interval, code=markdown.code, sentence=markdown.sentence,
        inline=markdown.inline, arrow=arrow,
    )  # fmt: skip
    return found.render(
        report=report,
        signs=SIGNS,
        most=MOST,
        significance=significance(report),
        pictures=pictures,
    )


def arrow(score: ScoreComparison) -> str:
    """Return the way a score went, and what that means."""
    if score.verdict not in ("better", "worse"):
        return score.verdict
    up, good = (score.change or 0) > 0, score.verdict == "better"
    return f"{'🟢' if good else '🔴'} {'▲' if up else '▼'} {score.verdict}"


def significance(report: Report) -> str:
    """Say what the words on the changes of scores mean, and what was compared."""
    if report.pairs is None:
        return (
            "Only unpaired figures are there, so that most changes cannot be told from chance: "
            f"better and worse are called those whose {report.confidence} intervals do not overlap."
        )
    words = "; ".join(f"{word}: {said}" for word, said in MEANINGS.items()
                      if word not in ("", "cannot tell"))  # fmt: skip
    lead = report.scores[0].label
    other = (
        ""
        if report.same_rows
        else (
            " The test set has changed: these rows are in both; the scores of this and base are "
            "each of its own test set."
        )
    )
    return (
        f"Compared row by row on {report.pairs.rows:,} rows. The interval of {lead} has "
        f"{report.confidence} confidence; those of the other scores hold together with as much, as "
        f"do those of a column's slices.{other} {words[0].upper()}{words[1:]}."
    )
