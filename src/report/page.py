"""The report as one HTML page that needs no network."""

from __future__ import annotations

import base64
import functools
import json
import re
from dataclasses import dataclass, field
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from src.report import text, theme
from src.report.charts.marks import Spec
from src.report.content import Report
from src.report.note import TEMPLATES, significance
from src.report.pictures import differences, drifted, searched, trend
from src.report.plots import Panel

STILL = {"width": 420}
"""What a still picture is wide, in pixels; an interactive one fills its container."""

MANY = 500
"""Marks above which a still picture is smaller as PNG than as SVG."""


@dataclass
class Pictures:
    """The specifications on the page, by the number that their place on it names."""

    specs: list[Spec] = field(default_factory=list)

    def add(self, panel: Panel) -> int:
        """Return the number of a picture that is about to be placed."""
        self.specs.append(panel.spec)
        return len(self.specs) - 1

    def data(self) -> str:
        """Return what the page's script draws, fit to stand inside a ``script`` element."""
        configs = {"light": theme.config(theme.LIGHT), "dark": theme.config(theme.DARK)}
        return embedded({"specs": self.specs, "configs": configs})


def render(report: Report) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": text.number,
        "change": text.change,
        "interval": text.interval,
        "size": text.size,
        "still": still,
        "ticks": ticks,
    }
    return environment.get_template("page.html.j2").render(
        report=report,
        pictures=Pictures(),
        differences=differences(report),
        drifted=drifted(report),
        searched=searched(report),
        trend=trend(report),
        significance=significance(report),
        light=theme.LIGHT,
        dark=theme.DARK,
        css=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        script=(TEMPLATES / "page.js").read_text(encoding="utf-8"),
        vega=library(),
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
    if panel.points > MANY:
        image, kind = png(panel.spec), "png"
    else:
        svg: str = vl_convert.vegalite_to_svg(sized(panel.spec), **options())
        image, kind = svg.encode(), "svg+xml"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def png(spec: Spec) -> bytes:
    """Draw a picture in light colours."""
    image: bytes = vl_convert.vegalite_to_png(sized(spec), scale=2, **options())
    return image


def options() -> dict[str, Any]:
    """Return how still pictures are drawn: in light colours, with nothing from the network."""
    return {"config": theme.config(theme.LIGHT), "allowed_base_urls": []}


def sized(spec: Spec) -> Spec:
    """Give a picture, or each of its rows, a width of its own."""
    if "vconcat" in spec:
        return spec | {"vconcat": [row | STILL for row in spec["vconcat"]]}
    return spec | STILL
