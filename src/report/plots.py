"""The plots of both revisions, from the tables under ``metrics/plots``; pure."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

from src.report.charts import Spec, Values, draw
from src.report.snapshot import Rows, Snapshot
from src.results.plots import PLOTS, Plot

TABLES = [plot.name for plot in PLOTS]


@dataclass(frozen=True)
class Panel:
    """One revision's picture of a plot; ``points`` is the number of its marks."""

    revision: str
    spec: Spec
    alt: str
    points: int


@dataclass(frozen=True)
class DrawnPlot:
    """A plot of this revision, and of the base where it has the data.

    Attributes
    ----------
    dashed
        Whether this revision's panel shows the base's curve, too.
    """

    name: str
    title: str
    hint: str
    panels: list[Panel]
    dashed: bool


def plots(new: Snapshot, base: Snapshot | None) -> list[DrawnPlot]:
    """Return the plots that have data in this revision."""
    drawn = []
    for plot in PLOTS:
        snapshots = [one for one in (new, base) if one and one.plots.get(plot.name)]
        if new not in snapshots:
            continue
        tables = [_convert(one.plots[plot.name], plot) for one in snapshots]
        panels = [
            Panel(one.label, spec, f"{plot.title} of {one.label}. {plot.hint}", len(table))
            for one, spec, table in zip(snapshots, draw(plot, tables), tables, strict=True)
        ]
        dashed = plot.template == "simple" and len(panels) > 1
        drawn.append(DrawnPlot(plot.name, plot.title, plot.hint, panels, dashed))
    return drawn


def _convert(rows: Rows, plot: Plot) -> Values:
    return [
        {key: plain(cell) if key in plot.names else _number(cell) for key, cell in row.items()}
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
