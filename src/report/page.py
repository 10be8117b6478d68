"""The report as one HTML page that needs no network."""

from __future__ import annotations

from markdown_it import MarkdownIt

from src.pages import layout
from src.report.content import Report
from src.report.note import TEMPLATES, significance
from src.report.pictures import differences, drifted, searched, trend
from src.report.trend import label


def render(report: Report) -> str:
    """Return the page."""
    return layout.render(
        "page.html.j2",
        TEMPLATES,
        report=report,
        differences=differences(report),
        drifted=drifted(report),
        searched=searched(report),
        trend=trend(report),
        label=label,
        significance=significance(report),
        card=markdown(report.new.card),
    )


def markdown(source: str) -> str:
    """Render Markdown; HTML in it is shown as text, and no picture is fetched from elsewhere."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    rendered: str = renderer.render(source)
    for level in (4, 3, 2, 1):  # the card's headings come below the page's
        rendered = rendered.replace(f"<h{level}>", f"<h{level + 2}>")
        rendered = rendered.replace(f"</h{level}>", f"</h{level + 2}>")
    return rendered
