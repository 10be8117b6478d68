"""The page around what a tool has to say: one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from src.pages import text, theme
from src.pages.drawing import Pictures, library, still

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, folder: Path, **content: object) -> str:
    """Return a page.

    Parameters
    ----------
    template
        The name of a file that extends ``layout.html.j2``.
    folder
        Where it and its own parts are.
    content
        What the template names; numbers are written by the functions of :mod:`src.pages.text`.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": text.number,
        "change": text.change,
        "interval": text.interval,
        "percent": text.percent,
        "size": text.size,
        "still": still,
        "ticks": ticks,
    }
    return environment.get_template(template).render(
        **content,
        pictures=Pictures(),
        light=theme.LIGHT,
        dark=theme.DARK,
        css=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        script=(TEMPLATES / "page.js").read_text(encoding="utf-8"),
        vega=library(),
    )


def markdown_of(template: str, folder: Path, **filters: Callable[..., object]) -> Template:
    """Return a template of Markdown; nothing is escaped but by what it calls.

    Parameters
    ----------
    filters
        What it writes numbers and words with, such as those of :mod:`src.results.markdown`.
    """
    environment = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown; the filters below escape it
    )  # fmt: skip
    environment.filters |= filters
    return environment.get_template(template)


def ticks(sentence: str) -> Markup:
    """Show what stands between backticks as code; everything is escaped."""
    parts = enumerate(sentence.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in parts
    )
