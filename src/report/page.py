"""The report as one HTML page that needs no network."""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from src.report import text, theme
from src.report.charts import Spec
from src.report.compare import ScoreComparison
from src.report.content import Report
from src.report.note import OTHER_ROWS, significance
from src.report.plots import Panel

FOLDER = Path(__file__).parent
STILL = {"width": 420}
"""What a still picture is wide, in pixels; an interactive one fills its container."""

MANY = 500
"""Marks above which a still picture is smaller as PNG than as SVG."""


def render(report: Report) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": text.number,
        "change": text.change,
        "interval": text.interval,
        "whiskers": whiskers,
        "still": still,
        "ticks": ticks,
    }
    specs = [[panel.spec for panel in plot.panels] for plot in report.plots]
    configs = {"light": theme.config(theme.LIGHT), "dark": theme.config(theme.DARK)}
    return environment.get_template("page.html.j2").render(
        report=report,
        other_rows=OTHER_ROWS,
        significance=significance(report),
        light=theme.LIGHT,
        dark=theme.DARK,
        css=(FOLDER / "page.css").read_text(encoding="utf-8"),
        script=(FOLDER / "page.js").read_text(encoding="utf-8"),
        vega=library() if report.plots else "",
        data=embedded({"specs": specs, "configs": configs}),
        card=markdown(report.new.card),
    )


@functools.cache
def library() -> str:
    """Return the JavaScript of Vega, fit to stand inside a ``script`` element."""
    script: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # These would end or hide the element; inside a string the backslash changes nothing.
    return re.sub(r"<(/script|script|!--)", r"<\\\1", script, flags=re.IGNORECASE)


def embedded(value: object) -> str:
    """Write JSON fit to stand inside a ``script`` element: no ``<`` ends or comments it out."""
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return written.replace("<", r"\u003c")


def markdown(source: str) -> str:
    """Render Markdown; HTML in it is shown as text, and no picture is fetched from elsewhere."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    rendered: str = renderer.render(source)
    for level in (4, 3, 2, 1):  # the card's headings come below the page's
        rendered = rendered.replace(f"<h{level}>", f"<h{level + 2}>")
        rendered = rendered.replace(f"</h{level}>", f"</h{level + 2}>")
    return rendered


def ticks(sentence: str) -> Markup:
    """Show what stands between backticks as code; everything is escaped."""
    parts = enumerate(sentence.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in parts
    )


def still(panel: Panel) -> str:
    """Draw a panel in light colours, as a data URL: for printing, and where no script runs."""
    spec: Spec = panel.spec | STILL
    options: dict[str, Any] = {"config": theme.config(theme.LIGHT), "allowed_base_urls": []}
    if panel.points > MANY:
        image: bytes = vl_convert.vegalite_to_png(spec, scale=2, **options)
        kind = "png"
    else:
        image, kind = vl_convert.vegalite_to_svg(spec, **options).encode(), "svg+xml"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def whiskers(comparison: ScoreComparison) -> list[Mapping[str, float | str]]:
    """Place both intervals on one scale from 4 to 116, for a small picture 120 wide."""
    sides = {"own": comparison.new, "base": comparison.base}
    known = [
        value for score in sides.values() if score
        for value in (score.value, score.low, score.high) if value is not None
    ]  # fmt: skip
    if not known or min(known) == max(known):
        return []
    low, high = min(known), max(known)
    return [
        {
            "side": side,
            "value": 4 + 112 * (score.value - low) / (high - low),
            "low": 4 + 112 * ((score.value if score.low is None else score.low) - low)
            / (high - low),
            "high": 4 + 112 * ((score.value if score.high is None else score.high) - low)
            / (high - low),
        }
        for side, score in sides.items() if score and score.value is not None
    ]  # fmt: skip
