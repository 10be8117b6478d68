"""What all pictures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Spec = dict[str, Any]
Values = list[dict[str, Any]]
Side = Literal["own", "base", "both"]

HEIGHT = 260

OWN, BASE = "this", "base"
"""What the two revisions are called in a picture's data and legend."""


@dataclass(frozen=True)
class Chart:
    """A picture, of which revision it is, and how many marks it has.

    Attributes
    ----------
    note
        What its caption adds.
    """

    side: Side
    spec: Spec
    points: int
    note: str = ""


def spec(values: Values, *layers: Spec, **rest: object) -> Spec:
    """Return a specification of layers over some values."""
    return {
        "width": "container", "height": HEIGHT, "data": {"values": values},
        "layer": list(layers), **rest,
    }  # fmt: skip


def axis(field: str, title: str, domain: list[float] | None = None, **rest: object) -> Spec:
    """Return a quantitative axis, of a fixed range where one is given."""
    scale: Spec = {"scale": {"domain": domain, "nice": False}} if domain else {}
    return {"field": field, "type": "quantitative", "title": title, **scale, **rest}


def names(field: str, title: str, order: list[str], **rest: object) -> Spec:
    """Return an axis of names, in an order."""
    return {
        "field": field, "type": "nominal", "title": title, "scale": {"domain": order},
        "sort": order, "axis": {"labelLimit": 160, "labelAngle": 0, "labelOverlap": True}, **rest,
    }  # fmt: skip


def tip(*fields: str) -> list[Spec]:
    """Return what is shown when the pointer rests on a mark."""
    return [{"field": field, "type": "nominal"} for field in fields]


def domain(tables: list[Values], *fields: str, zero: bool = False) -> list[float]:
    """Return the range of fields over all tables."""
    values = [row[field] for table in tables for row in table for field in fields]
    known = [value for value in values if value is not None] or [0.0]
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    return [low, high if high > low else low + 1]


def line(start: list[float], end: list[float]) -> Spec:
    """Return a straight line of reference."""
    corners = [{"from_x": x, "from_y": y} for x, y in (start, end)]
    return {
        "data": {"values": corners},
        "mark": {"type": "line", "style": "reference"},
        "encoding": {"x": {"field": "from_x", "type": "quantitative"},
                     "y": {"field": "from_y", "type": "quantitative"}},
    }  # fmt: skip


def rule(**where: Spec) -> Spec:
    """Return a line across the picture."""
    return {"data": {"values": [{}]}, "mark": {"type": "rule", "style": "reference"},
            "encoding": where}  # fmt: skip


def numbered(values: Values) -> Values:
    """Keep the order of a curve's points, where both coordinates repeat."""
    return [{**row, "place": place} for place, row in enumerate(values)]


def both_sides(tables: list[Values]) -> Values:
    """Put the tables of both revisions, this one's first, into one, each row with its side."""
    return [
        {**row, "side": side}
        for side, table in zip((OWN, BASE), tables, strict=False) for row in table
    ]  # fmt: skip


def of_side(side: str, mark: Spec, encoding: Spec) -> Spec:
    """Return a layer of one revision's rows."""
    return {"transform": [{"filter": {"field": "side", "equal": side}}], "mark": mark,
            "encoding": encoding}  # fmt: skip
