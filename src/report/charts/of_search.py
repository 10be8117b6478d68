"""The pictures of a search: its history, what each trial was, what mattered."""

from __future__ import annotations

from src.pages.marks import Spec, axis, domain, names, rule, spec, tip
from src.report.search import SearchResult


def history(found: SearchResult) -> Spec:
    """Draw the score of each trial, and the best so far; the line is what params.yaml has."""
    values = [dict(row) for row in found.scores]
    reach = domain([values], "score", "best")
    across = axis("trial", "trial", axis={"tickMinStep": 1, "format": "d"})
    layers: list[Spec] = [
        rule(y={"datum": found.present, "type": "quantitative", "scale": {"domain": reach}}),
        {"mark": {"type": "line", "style": "own-curve", "interpolate": "step-after"},
         "encoding": {"x": across, "y": axis("best", found.label, reach)}},
        {"mark": {"type": "point", "style": "own-dot", "size": 40},
         "encoding": {"x": across, "y": axis("score", found.label, reach),
                      "tooltip": tip("trial", "score", "best")}},
    ]  # fmt: skip
    return spec(values, *layers, height=220)


def parallel(found: SearchResult) -> Spec:
    """Draw a line a trial over its parameters, the darker the better; the best is drawn apart."""
    order = list(dict.fromkeys(one.parameter for one in found.positions))
    values = [
        {"trial": one.trial, "parameter": one.parameter, "place": one.place,
         "value": one.value, "score": one.score}
        for one in found.positions
    ]  # fmt: skip
    across = names(
        "parameter", "", order, axis={"labelAngle": -30, "labelLimit": 110, "labelOverlap": False}
    )
    up = axis("place", "least to greatest tried", [0, 1], axis={"labels": False, "ticks": False})
    lines = {"x": across, "y": up, "detail": {"field": "trial"}, "order": None}
    best = [{"filter": {"field": "trial", "equal": found.best_trial}}]
    layers: list[Spec] = [
        {"mark": {"type": "line", "style": "ghost", "strokeWidth": 1.5},
         "encoding": {**lines, "opacity": {
             "field": "score", "type": "quantitative", "legend": None,
             "scale": {"range": [0.1, 0.9] if found.greater_is_better else [0.9, 0.1],
                       "zero": False}}}},
        {"transform": best, "mark": {"type": "line", "style": "own-curve"}, "encoding": lines},
        {"mark": {"type": "point", "style": "own-dot", "size": 18},
         "encoding": {**lines, "tooltip": tip("trial", "parameter", "value", "score")}},
    ]  # fmt: skip
    return spec(values, *layers, height=220)


def importance(found: SearchResult) -> Spec:
    """Draw how much of the scores' variance each parameter explains."""
    order = [row["parameter"] for row in found.importance]
    encoding = {
        "x": axis("importance", "share of the scores' variance", axis={"format": "%"}),
        "y": names("parameter", "", order), "tooltip": tip("parameter", "importance"),
    }  # fmt: skip
    bars = {"mark": {"type": "bar", "style": "own-bar"}, "encoding": encoding}
    return spec(found.importance, bars, height=max(24 * len(order), 220))
