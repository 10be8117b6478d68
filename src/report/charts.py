"""Vega-Lite specifications of the charts; pure.

Both revisions' panels share their scales. Colours come from the page: marks name a style, and the
page says what the style looks like in light and dark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from src.results.plots import Plot

Spec = dict[str, Any]
Values = list[dict[str, Any]]

HEIGHT = 260


def _spec(values: Values, *layers: Spec, **rest: object) -> Spec:
    return {
        "width": "container",
        "height": HEIGHT,
        "data": {"values": values},
        "layer": list(layers),
        **rest,
    }


def _axis(field: str, title: str, domain: list[float] | None = None, **rest: object) -> Spec:
    scale: Spec = {"scale": {"domain": domain, "nice": False}} if domain else {}
    return {"field": field, "type": "quantitative", "title": title, **scale, **rest}


def _name(field: str, title: str, order: list[str]) -> Spec:
    return {
        "field": field,
        "type": "nominal",
        "title": title,
        "scale": {"domain": order},
        "axis": {"labelLimit": 110, "labelAngle": 0, "labelOverlap": True},
    }


def _tip(*fields: str) -> list[Spec]:
    return [{"field": field, "type": "nominal"} for field in fields]


def _domain(tables: list[Values], *fields: str, zero: bool = False) -> list[float]:
    """Return the range of fields over both revisions."""
    values = [row[field] for table in tables for row in table for field in fields]
    known = [value for value in values if value is not None] or [0.0]
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    return [low, high if high > low else low + 1]


def draw(plot: Plot, tables: list[Values]) -> list[Spec]:
    """Draw a plot's tables, this revision's first, a panel each; the template says how."""
    return _CHARTS[plot.template](plot, tables)


def _curve(plot: Plot, tables: list[Values]) -> list[Spec]:
    """Draw a curve within the unit square, over the base's curve."""
    x, y = plot.x, str(plot.y)
    across, up = _axis(x, plot.x_title, [0, 1]), _axis(y, plot.y_title, [0, 1])
    path = {"x": across, "y": up, "order": {"field": "place"}}
    specs = []
    for position, table in enumerate(tables):
        side = "base" if position else "own"
        layers: list[Spec] = []
        if not position and len(tables) > 1:
            layers.append(
                {
                    "data": {"values": _numbered(tables[1])},
                    "mark": {"type": "line", "style": "ghost"},
                    "encoding": path,
                }
            )
        if plot.diagonal:
            layers.append(_line([0, 0], [1, 1]))
        layers += [
            {"mark": {"type": "line", "style": f"{side}-line"}, "encoding": path},
            {
                "mark": {"type": "point", "style": f"{side}-dot"},
                "encoding": {"x": across, "y": up, "tooltip": _tip(x, y)},
            },
        ]
        specs.append(_spec(_numbered(table), *layers))
    return specs


def _numbered(values: Values) -> Values:
    """Keep the order of a curve's points, where both coordinates repeat."""
    return [{**row, "place": place} for place, row in enumerate(values)]


def _line(start: list[float], end: list[float]) -> Spec:
    """Draw a straight line of reference."""
    corners = [{"from_x": x, "from_y": y} for x, y in (start, end)]
    return {
        "data": {"values": corners},
        "mark": {"type": "line", "style": "reference"},
        "encoding": {"x": {"field": "from_x", "type": "quantitative"},
                     "y": {"field": "from_y", "type": "quantitative"}},
    }  # fmt: skip


def _histogram(plot: Plot, tables: list[Values]) -> list[Spec]:
    """Draw how the scores of the two classes are distributed."""
    top = _domain(tables, *plot.y, zero=True)
    specs = []
    for table in tables:
        half = 0.5 / len(table)
        values = [
            {"from": row[plot.x] - half, "to": row[plot.x] + half, "class": side,
             "rows": row[side] or 0}
            for row in table for side in plot.y
        ]  # fmt: skip
        bars = {
            "mark": {"type": "rect", "opacity": 0.6},
            "encoding": {
                "x": _axis("from", plot.x_title, [0, 1]),
                "x2": {"field": "to"},
                "y": _axis("rows", plot.y_title, top),
                "y2": {"datum": 0},
                "color": {
                    "field": "class",
                    "type": "nominal",
                    "legend": {"orient": "top", "title": None},
                },
                "tooltip": _tip("class", "from", "to", "rows"),
            },
        }
        specs.append(_spec(values, bars))
    return specs


def _confusion(plot: Plot, tables: list[Values]) -> list[Spec]:
    """Draw a matrix of actual and predicted classes, a cell the darker the more rows it has."""
    top = _domain(tables, "count", zero=True)
    specs = []
    for table in tables:
        order = list(dict.fromkeys(row[str(plot.y)] for row in table))
        where = {
            "x": _name(plot.x, plot.x_title, order),
            "y": _name(str(plot.y), plot.y_title, order),
        }
        cells = {
            "mark": {"type": "rect"},
            "encoding": {
                **where,
                "color": {
                    "field": "count",
                    "type": "quantitative",
                    "legend": None,
                    "scale": {"domain": top, "interpolate": "lab"},
                },
                "tooltip": _tip(*plot.columns),
            },
        }
        layers: list[Spec] = [cells]
        if len(order) <= 12:
            label = {"field": "count", "type": "quantitative"}
            layers.append({"mark": {"type": "text"}, "encoding": {**where, "text": label}})
        specs.append(_spec(table, *layers))
    return specs


def _bars(plot: Plot, tables: list[Values]) -> list[Spec]:
    """Draw horizontal bars in the order of this revision, on one scale."""
    name, value = str(plot.y), plot.x
    order = list(dict.fromkeys(row[name] for table in tables for row in table))
    across = _axis(value, plot.x_title, _domain(tables, value, zero=True))
    return [
        _spec(
            table,
            {
                "mark": {"type": "bar", "style": "base-bar" if position else "own-bar"},
                "encoding": {"x": across, "tooltip": _tip(name, value),
                             "y": _name(name, "", order)},
            },
            height=18 * len(order),
        )
        for position, table in enumerate(tables)
    ]  # fmt: skip


def _cloud(plot: Plot, tables: list[Values]) -> list[Spec]:
    """Draw points, and the line on which a perfect model's would lie."""
    x, y = plot.x, str(plot.y)
    wide = _domain(tables, x, y) if plot.diagonal else _domain(tables, x)
    high = wide if plot.diagonal else _domain(tables, y, zero=True)
    ideal = (
        _line([wide[0]] * 2, [wide[1]] * 2) if plot.diagonal else _line([wide[0], 0], [wide[1], 0])
    )
    return [
        _spec(
            table,
            {
                "mark": {"type": "point", "style": "base-point" if position else "own-point"},
                "encoding": {"x": _axis(x, plot.x_title, wide), "y": _axis(y, plot.y_title, high),
                             "tooltip": _tip(x, y)},
            },
            ideal,
        )
        for position, table in enumerate(tables)
    ]  # fmt: skip


_CHARTS: dict[str, Callable[[Plot, list[Values]], list[Spec]]] = {
    "simple": _curve,
    "linear": _histogram,
    "confusion_counts": _confusion,
    "bar_horizontal": _bars,
    "bar_horizontal_sorted": _bars,
    "scatter": _cloud,
}
"""How the report draws each of DVC's templates that plots use."""
