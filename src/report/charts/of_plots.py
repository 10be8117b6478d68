"""The pictures of the tables under ``metrics/plots``."""

from __future__ import annotations

from collections.abc import Callable

from src.pages.marks import (
    BASE,
    OWN,
    Chart,
    Spec,
    Values,
    axis,
    both_sides,
    domain,
    line,
    names,
    numbered,
    of_side,
    rule,
    spec,
    tip,
)
from src.results.plots import Plot

Draw = Callable[[Plot, list[Values]], list[Chart]]

PRINTED = 12
"""Classes up to which a matrix shows its numbers."""


def draw(plot: Plot, tables: list[Values]) -> list[Chart]:
    """Draw a plot's tables, this revision's first."""
    return _BY_NAME.get(plot.name, _BY_TEMPLATE[plot.template])(plot, tables)


def _apart(single: Callable[[Plot, Values, list[Values], str], Spec]) -> Draw:
    """Draw a picture a revision, with common scales."""

    def drawn(plot: Plot, tables: list[Values]) -> list[Chart]:
        sides = zip(("own", "base"), tables, strict=False)
        return [
            Chart("own" if side == "own" else "base", single(plot, table, tables, side), len(table))
            for side, table in sides
        ]

    return drawn


def _curves(plot: Plot, tables: list[Values]) -> list[Chart]:
    """Draw both revisions' curves within the unit square; the base's is dashed and on top."""
    x, y = plot.x, str(plot.y)
    across, up = axis(x, plot.x_title, [0, 1]), axis(y, plot.y_title, [0, 1])
    path = {"x": across, "y": up, "order": {"field": "place"}}
    layers: list[Spec] = [line([0, 0], [1, 1])] if plot.diagonal else []
    dots = {"x": across, "y": up, "tooltip": tip("side", *plot.columns)}
    if "rows" in plot.columns:  # a dot the larger the more rows it stands for
        dots["size"] = {"field": "rows", "type": "quantitative", "legend": None,
                        "scale": {"range": [20, 160]}}  # fmt: skip
    values = both_sides([numbered(table) for table in tables])
    for side, style in ((OWN, "own"), (BASE, "base"))[: len(tables)]:
        layers += [
            of_side(side, {"type": "line", "style": f"{style}-curve"}, path),
            of_side(side, {"type": "point", "style": f"{style}-dot"}, dots),
        ]
    note = f"expected calibration error {_errors(tables)}" if plot.name == "calibration" else ""
    return [Chart("both", spec(values, *layers), len(values), note)]


def _errors(tables: list[Values]) -> str:
    """Return the expected calibration error of each table: Naeini et al. (2015), AAAI."""
    found = []
    for table in tables:
        rows = sum(row.get("rows") or 0 for row in table)
        gaps = [(row.get("rows") or 0) * abs(row["observed"] - row["predicted"]) for row in table]
        found.append(f"{sum(gaps) / rows:.3f}" if rows else "unknown")
    return found[0] if len(found) == 1 else f"{found[0]}, of the base {found[1]}"


def _by_class(plot: Plot, table: Values, tables: list[Values], _: str) -> Spec:
    """Draw a curve for each class."""
    classes = list(dict.fromkeys(row["class"] for part in tables for row in part))
    path = {
        "x": axis(plot.x, plot.x_title, [0, 1]), "y": axis(str(plot.y), plot.y_title, [0, 1]),
        "order": {"field": "place"}, "tooltip": tip(*plot.columns),
        "color": {"field": "class", "type": "nominal", "scale": {"domain": classes},
                  "legend": {"orient": "bottom", "columns": 3, "title": None}},
    }  # fmt: skip
    marks: list[Spec] = [{"mark": {"type": "line", "point": {"size": 12}}, "encoding": path}]
    return spec(numbered(table), *([line([0, 0], [1, 1])] if plot.diagonal else []), *marks)


def _histogram(plot: Plot, table: Values, tables: list[Values], _: str) -> Spec:
    """Draw how the scores of the two classes are distributed."""
    top, half = domain(tables, *plot.y, zero=True), 0.5 / len(table)
    values = [
        {"from": row[plot.x] - half, "to": row[plot.x] + half, "class": side,
         "rows": row[side] or 0}
        for row in table for side in plot.y
    ]  # fmt: skip
    bars = {
        "mark": {"type": "rect", "opacity": 0.6},
        "encoding": {
            "x": axis("from", plot.x_title, [0, 1]), "x2": {"field": "to"},
            "y": axis("rows", plot.y_title, top), "y2": {"datum": 0},
            "color": {"field": "class", "type": "nominal",
                      "legend": {"orient": "top", "title": None}},
            "tooltip": tip("class", "from", "to", "rows"),
        },
    }  # fmt: skip
    return spec(values, bars)


def _threshold(plot: Plot, table: Values, tables: list[Values], _: str) -> Spec:
    """Draw what follows from each threshold, and the one in use."""
    series = [name for name in plot.y if any(row[name] is not None for row in table)]
    values = [
        {plot.x: row[plot.x], "of": name.replace("_", " "), "value": row[name]}
        for row in table for name in series if row[name] is not None
    ]  # fmt: skip
    top = domain(tables, *series, zero=True)
    lines = {
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": axis(plot.x, plot.x_title, [0, 1]), "y": axis("value", plot.y_title, top),
            "color": {"field": "of", "type": "nominal",
                      "legend": {"orient": "top", "title": None, "columns": 2}},
            "strokeDash": {"field": "of", "type": "nominal"},
            "tooltip": tip(plot.x, "of", "value"),
        },
    }  # fmt: skip
    used = [row[plot.x] for row in table if row["in_use"]]
    return spec(values, lines, *[rule(x={"datum": at}) for at in used])


def _confusion(plot: Plot, tables: list[Values]) -> list[Chart]:
    """Draw each matrix in shares of the actual class, and how the shares differ."""
    shares = [_shares(table) for table in tables]
    charts = [
        Chart("own" if place == 0 else "base", _matrix(plot, table, "share", "heatmap", [0, 1]),
              len(table))
        for place, table in enumerate(shares)
    ]  # fmt: skip
    if len(tables) > 1:
        before = {(row["actual"], row["predicted"]): row for row in shares[1]}
        moved = []
        for row in shares[0]:
            other = before.get((row["actual"], row["predicted"]))
            if other is not None:
                share, count = row["share"] - other["share"], row["count"] - other["count"]
                good = share if row["actual"] == row["predicted"] else -share
                moved.append({**row, "good": good, "label": f"{share:+.3f}\n{count:+.0f}"})
        most = max([abs(row["good"]) for row in moved], default=0.0) or 1.0
        matrix = _matrix(plot, moved, "good", "diverging", [-most, most])
        charts.append(Chart("both", matrix, len(moved), "difference: green is better"))
    return charts


def _shares(table: Values) -> Values:
    """Put beside each count its share of the actual class."""
    totals: dict[str, float] = {}
    for row in table:
        totals[row["actual"]] = totals.get(row["actual"], 0) + (row["count"] or 0)
    return [
        {**row, "count": row["count"] or 0, "share": share,
         "label": f"{share:.3f}\n{row['count'] or 0:.0f}"}
        for row in table
        for share in [(row["count"] or 0) / totals[row["actual"]] if totals[row["actual"]] else 0.0]
    ]  # fmt: skip


def _matrix(plot: Plot, table: Values, colour: str, kind: str, limits: list[float]) -> Spec:
    order = list(dict.fromkeys(row[str(plot.y)] for row in table))
    where = {
        "x": names(plot.x, plot.x_title, order), "y": names(str(plot.y), plot.y_title, order),
    }  # fmt: skip
    scale = {"domain": limits, "interpolate": "lab", "range": kind}
    cells = {
        "mark": {"type": "rect"},
        "encoding": {
            **where,
            "color": {"field": colour, "type": "quantitative", "legend": None, "scale": scale},
            "tooltip": tip("actual", "predicted", "label"),
        },
    }
    layers: list[Spec] = [cells]
    if len(order) <= PRINTED:
        size = 13 if len(order) <= 4 else 9
        label = {"field": "label", "type": "nominal"}
        layers.append({"mark": {"type": "text", "lineBreak": "\n", "fontSize": size, "dy": -6},
                       "encoding": {**where, "text": label}})  # fmt: skip
    return spec(table, *layers)


def _bars(plot: Plot, tables: list[Values]) -> list[Chart]:
    """Draw horizontal bars of both revisions beside each other, with their deviation."""
    name, value = str(plot.y), plot.x
    order = list(dict.fromkeys(row[name] for table in tables for row in table))
    values = both_sides(tables)
    for row in values:
        spread = row.get("std") or 0.0
        row |= {"least": (row[value] or 0.0) - spread, "most": (row[value] or 0.0) + spread}
    across = axis(value, plot.x_title, domain([values], "least", "most", zero=True))
    sides = [OWN, BASE][: len(tables)]
    offset = {"field": "side", "type": "nominal", "scale": {"domain": sides}}
    up = {"y": names(name, "", order), "yOffset": offset}
    layers: list[Spec] = []
    for side, style in ((OWN, "own"), (BASE, "base"))[: len(tables)]:
        shown = {"x": across, **up, "tooltip": tip("side", *plot.columns)}
        layers.append(of_side(side, {"type": "bar", "style": f"{style}-bar"}, shown))
    if "std" in plot.columns:
        ends = {"x": axis("least", plot.x_title), "x2": {"field": "most"}, **up}
        layers.append({"mark": {"type": "rule", "style": "spread"}, "encoding": ends})
    height = (18 if len(tables) == 1 else 24) * len(order)
    return [Chart("both", spec(values, *layers, height=max(height, 40)), len(values))]


def _cloud(plot: Plot, table: Values, tables: list[Values], side: str) -> Spec:
    """Draw points, and the line on which a perfect model's would lie."""
    x, y = plot.x, str(plot.y)
    wide = domain(tables, x, y) if plot.diagonal else domain(tables, x)
    high = wide if plot.diagonal else domain(tables, y, zero=True)
    ideal = (
        line([wide[0]] * 2, [wide[1]] * 2) if plot.diagonal else line([wide[0], 0], [wide[1], 0])
    )
    points = {
        "mark": {"type": "point", "style": f"{side}-point"},
        "encoding": {"x": axis(x, plot.x_title, wide), "y": axis(y, plot.y_title, high),
                     "tooltip": tip(x, y)},
    }  # fmt: skip
    return spec(table, points, ideal)


_BY_NAME: dict[str, Draw] = {
    "threshold": _apart(_threshold),
    "roc_by_class": _apart(_by_class),
    "precision_recall_by_class": _apart(_by_class),
    "calibration_by_class": _apart(_by_class),
}

_BY_TEMPLATE: dict[str, Draw] = {
    "simple": _curves,
    "linear": _apart(_histogram),
    "confusion_counts": _confusion,
    "bar_horizontal": _bars,
    "bar_horizontal_sorted": _bars,
    "scatter": _apart(_cloud),
}
"""How the report draws each of DVC's templates that plots use."""
