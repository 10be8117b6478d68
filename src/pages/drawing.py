"""Pictures on a page: drawn by its script, and still ones for printing and for no script."""

from __future__ import annotations

import base64
import functools
import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import vl_convert

from src.pages import theme
from src.pages.marks import Side, Spec

STILL = {"width": 420}
"""What a still picture is wide, in pixels; an interactive one fills its container."""

MANY = 500
"""Marks above which a still picture is smaller as PNG than as SVG."""


@dataclass(frozen=True)
class Panel:
    """One picture; ``points`` is the number of its marks."""

    side: Side
    caption: str
    spec: Spec
    alt: str
    points: int


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
