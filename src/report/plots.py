"""The plots of both revisions, from the tables under ``metrics/plots``; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from src.modelling.metrics import find
from src.pages.drawing import Panel, plain
from src.pages.marks import Chart, Values
from src.report.charts.of_plots import draw
from src.report.snapshot import Rows, Snapshot
from src.results.plots import PLOTS, Plot

TABLES = [plot.name for plot in PLOTS]


@dataclass(frozen=True)
class DrawnPlot:
    """A plot of this revision, and of the base where it has the data."""

    name: str
    title: str
    hint: str
    panels: list[Panel]


def plots(new: Snapshot, base: Snapshot | None) -> list[DrawnPlot]:
    """Return the plots that have data in this revision."""
    drawn = []
    for plot in PLOTS:
        snapshots = [one for one in (new, base) if one and _fits(one.plots.get(plot.name), plot)]
        if new not in snapshots:
            continue
        tables = [_convert(one.plots[plot.name], plot) for one in snapshots]
        shown = _worded(plot, new)
        labels = [one.label for one in snapshots]
        panels = [_panel(shown, chart, labels) for chart in draw(shown, tables)]
        drawn.append(DrawnPlot(plot.name, plot.title, plot.hint, panels))
    return drawn


def _worded(plot: Plot, new: Snapshot) -> Plot:
    """Name the score in which importance is measured, and the positive class."""
    scores = list(new.metrics.get("test", {}).get("interval", {}))
    metric = find(scores[0]) if scores else None
    if plot.name == "importance" and metric is not None:
        return replace(plot, x_title=f"loss in {metric.label}")
    if plot.name == "score_histogram":
        columns = new.schema.get("columns", {}).values()
        positive = [rules["positive"] for rules in columns if rules.get("positive")]
        if positive:
            return replace(plot, x_title=f"predicted probability of {plain(str(positive[0]))}")
    return plot


def _panel(plot: Plot, chart: Chart, labels: list[str]) -> Panel:
    """Say what a picture shows, and of which revisions."""
    names = {"own": labels[:1], "base": labels[1:], "both": labels}[chart.side]
    note = f": {chart.note}" if chart.note else ""
    alt = f"{plot.title} of {' and '.join(names)}{note}. {plot.hint}"
    return Panel(chart.side, chart.note, chart.spec, alt, chart.points)


def _fits(rows: Rows | None, plot: Plot) -> bool:
    """Tell whether a table has the axes of a plot: one of an earlier version may not."""
    axes = {plot.x, *([plot.y] if isinstance(plot.y, str) else plot.y)}
    return bool(rows and axes <= set(rows[0]))


def _convert(rows: Rows, plot: Plot) -> Values:
    return [
        {key: plain(row.get(key, "")) if key in plot.names else _number(row.get(key))
         for key in plot.columns}
        for row in rows
    ]  # fmt: skip


def _number(cell: str | None) -> float | None:
    """Return a cell's number; None for an empty one, as for a score that is undefined."""
    try:
        value = float(cell or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
