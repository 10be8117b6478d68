"""The plots of both revisions as Vega-Lite specifications; pure.

Both revisions' panels share their scales. Colours come from the page: marks name a style, and the
page says what the style looks like in light and dark.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from src.report.revision import Revision, Rows

Spec = dict[str, Any]
Values = list[dict[str, Any]]

HEIGHT = 260

CURVES = ("roc", "precision_recall", "calibration")
"""The plots in which this revision's panel shows the base's curve, too."""


@dataclass(frozen=True)
class Panel:
    """One revision's picture of a plot; ``points`` is the number of its marks."""

    revision: str
    spec: Spec
    alt: str
    points: int


@dataclass(frozen=True)
class Plot:
    """A plot of this revision, and of the base where it has the data."""

    name: str
    title: str
    hint: str
    panels: list[Panel]
    ghost: bool


@dataclass(frozen=True)
class _Kind:
    """How one of the tables under ``metrics/plots`` is drawn, and which columns are numbers."""

    title: str
    hint: str
    numbers: tuple[str, ...]
    draw: Callable[[list[Values]], list[Spec]]


def plots(new: Revision, base: Revision | None) -> list[Plot]:
    """Return the plots that have data in this revision."""
    drawn = []
    for name, kind in KINDS.items():
        revisions = [revision for revision in (new, base) if revision and revision.plots.get(name)]
        if new not in revisions:
            continue
        tables = [_convert(revision.plots[name], kind.numbers) for revision in revisions]
        panels = [
            Panel(revision.label, spec, f"{kind.title} of {revision.label}. {kind.hint}",
                  len(table))
            for revision, spec, table in zip(revisions, kind.draw(tables), tables, strict=True)
        ]  # fmt: skip
        drawn.append(Plot(name, kind.title, kind.hint, panels, name in CURVES))
    return drawn


def _convert(rows: Rows, numbers: tuple[str, ...]) -> Values:
    return [
        {key: _number(cell) if key in numbers else plain(cell) for key, cell in row.items()}
        for row in rows
    ]


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


def _number(cell: str | None) -> float | None:
    """Return a cell's number; None for an empty one, as for a score that is undefined."""
    try:
        value = float(cell or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


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


def _curve(
    x: str, y: str, x_title: str, y_title: str, diagonal: bool
) -> Callable[[list[Values]], list[Spec]]:
    """Draw a curve within the unit square, over the base's curve."""

    def draw(tables: list[Values]) -> list[Spec]:
        across, up = _axis(x, x_title, [0, 1]), _axis(y, y_title, [0, 1])
        specs = []
        for position, table in enumerate(tables):
            side = "base" if position else "own"
            path = {"x": across, "y": up, "order": {"field": "place"}}
            layers: list[Spec] = [
                {"mark": {"type": "line", "style": f"{side}-line"}, "encoding": path},
                {
                    "mark": {"type": "point", "style": f"{side}-dot"},
                    "encoding": {"x": across, "y": up, "tooltip": _tip(x, y)},
                },
            ]
            if diagonal:
                layers.insert(0, _line([0, 0], [1, 1]))
            if not position and len(tables) > 1:
                layers.insert(
                    0,
                    {
                        "data": {"values": _numbered(tables[1])},
                        "mark": {"type": "line", "style": "ghost"},
                        "encoding": path,
                    },
                )
            specs.append(_spec(_numbered(table), *layers))
        return specs  # fmt: skip

    return draw


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


def _histogram(tables: list[Values]) -> list[Spec]:
    top = _domain(tables, "negative", "positive", zero=True)
    specs = []
    for table in tables:
        half = 0.5 / len(table)
        values = [
            {"from": row["score"] - half, "to": row["score"] + half, "class": side,
             "rows": row[side] or 0}
            for row in table for side in ("negative", "positive")
        ]  # fmt: skip
        bars = {
            "mark": {"type": "rect", "opacity": 0.6},
            "encoding": {
                "x": _axis("from", "predicted probability of the positive class", [0, 1]),
                "x2": {"field": "to"},
                "y": _axis("rows", "test rows", top),
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


def _confusion(tables: list[Values]) -> list[Spec]:
    top = _domain(tables, "count", zero=True)
    specs = []
    for table in tables:
        order = list(dict.fromkeys(row["actual"] for row in table))
        where = {
            "x": _name("predicted", "predicted", order),
            "y": _name("actual", "actual", order),
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
                "tooltip": _tip("actual", "predicted", "count"),
            },
        }
        layers: list[Spec] = [cells]
        if len(order) <= 12:
            label = {"field": "count", "type": "quantitative"}
            layers.append({"mark": {"type": "text"}, "encoding": {**where, "text": label}})
        specs.append(_spec(table, *layers))
    return specs


def _bars(name: str, value: str, title: str) -> Callable[[list[Values]], list[Spec]]:
    """Draw horizontal bars in the order of this revision, on one scale."""

    def draw(tables: list[Values]) -> list[Spec]:
        order = list(dict.fromkeys(row[name] for table in tables for row in table))
        across = _axis(value, title, _domain(tables, value, zero=True))
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

    return draw


def _cloud(x: str, y: str, equal: bool) -> Callable[[list[Values]], list[Spec]]:
    """Draw points, and the line on which a perfect model's would lie."""

    def draw(tables: list[Values]) -> list[Spec]:
        wide = _domain(tables, x, y) if equal else _domain(tables, x)
        high = wide if equal else _domain(tables, y, zero=True)
        ideal = (
            _line(*([wide[0]] * 2, [wide[1]] * 2)) if equal else _line([wide[0], 0], [wide[1], 0])
        )
        return [
            _spec(
                table,
                {
                    "mark": {"type": "point", "style": "base-point" if position else "own-point"},
                    "encoding": {"x": _axis(x, x, wide), "y": _axis(y, y, high),
                                 "tooltip": _tip(x, y)},
                },
                ideal,
            )
            for position, table in enumerate(tables)
        ]  # fmt: skip

    return draw


KINDS = {
    "roc": _Kind(
        "ROC curve", "The closer to the upper left corner, the better.", ("fpr", "tpr"),
        _curve("fpr", "tpr", "false positive rate", "true positive rate", diagonal=True),
    ),
    "precision_recall": _Kind(
        "Precision and recall", "The closer to the upper right corner, the better.",
        ("recall", "precision"),
        _curve("recall", "precision", "recall", "precision", diagonal=False),
    ),
    "calibration": _Kind(
        "Calibration", "On the diagonal, predicted probabilities are what is observed.",
        ("predicted", "observed"),
        _curve("predicted", "observed", "mean predicted probability",
               "observed share of the positive class", diagonal=True),
    ),
    "score_histogram": _Kind(
        "Scores by class", "The less the classes overlap, the better.",
        ("score", "negative", "positive"), _histogram,
    ),
    "confusion_matrix": _Kind(
        "Confusion matrix", "Right predictions are on the diagonal.", ("count",), _confusion,
    ),
    "per_class": _Kind(
        "F1 by class", "Longer is better.", ("f1",), _bars("class", "f1", "F1"),
    ),
    "predicted_actual": _Kind(
        "Predicted against actual", "A perfect model's points lie on the line.",
        ("actual", "predicted"), _cloud("actual", "predicted", equal=True),
    ),
    "residuals": _Kind(
        "Residuals", "A good model's points lie evenly around the line.",
        ("predicted", "residual"), _cloud("predicted", "residual", equal=False),
    ),
    "importance": _Kind(
        "Permutation importance", "How much worse the model scores when one feature is shuffled.",
        ("importance",), _bars("feature", "importance", "loss in score"),
    ),
}  # fmt: skip
"""Each plot by the name of its table."""
