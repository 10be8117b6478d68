"""The pictures of what changed: scores, the distributions of columns, published versions."""

from __future__ import annotations

from collections.abc import Sequence

from src.pages import text
from src.pages.marks import (
    Spec,
    axis,
    names,
    rule,
    spec,
    tip,
)
from src.report.compare import ScoreComparison
from src.report.trend import Version
from src.results.intervals import Difference

STYLES = {"better": "good", "worse": "bad"}


def differences(scores: Sequence[ScoreComparison], margins: dict[str, float]) -> Spec | None:
    """Draw the paired difference of each score around zero, better to the right.

    Each score has a scale of its own. The margin of the gate's comparison is a dashed line.
    """
    rows = [
        _difference(score, score.difference, margins.get(score.name))
        for score in scores if score.difference is not None
    ]  # fmt: skip
    return {"spacing": 4, "vconcat": rows} if rows else None


def _difference(score: ScoreComparison, found: Difference, margin: float | None) -> Spec:
    reach = max(abs(found.low), abs(found.high), margin or 0.0) * 1.1 or 1.0
    style = STYLES.get(score.verdict, "neutral")
    row = {
        "score": score.label, "low": found.low, "high": found.high, "better": found.value,
        "meaning": score.verdict,
    }  # fmt: skip
    across = axis(
        "low", "", [-reach, reach], axis={"labelFontSize": 10, "tickCount": 5, "title": None}
    )
    left = names(
        "score", "", [score.label], axis={"labelLimit": 180, "title": None, "minExtent": 130}
    )
    layers: list[Spec] = [rule(x={"datum": 0})]
    if margin is not None:
        layers.append({"data": {"values": [{"at": -margin}]},
                       "mark": {"type": "rule", "style": "margin"},
                       "encoding": {"x": {"field": "at", "type": "quantitative"}}})  # fmt: skip
    layers += [
        {"mark": {"type": "rule", "style": f"{style}-span"},
         "encoding": {"x": across, "x2": {"field": "high"}, "y": left,
                      "tooltip": tip("score", "better", "low", "high", "meaning")}},
        {"mark": {"type": "point", "style": f"{style}-mark"},
         "encoding": {"x": {"field": "better", "type": "quantitative"}, "y": left}},
    ]  # fmt: skip
    return spec([row], *layers, height=22)


def trend(versions: Sequence[Version]) -> Spec:
    """Draw the leading score with its interval over the published versions and this one."""
    order = [one.name for one in versions]
    values = [
        {
            "version": one.name, "score": one.score.value, "low": one.score.low,
            "high": one.score.high,
            "rows": f"{one.score.rows:,}", "size": text.size(one.model_bytes),
            "this": place == len(versions) - 1,
        }
        for place, one in enumerate(versions)
    ]  # fmt: skip
    across = names("version", "", order, axis={"labelAngle": -30, "labelLimit": 120})
    low, high = min(one.score.low for one in versions), max(one.score.high for one in versions)
    up = axis("low", versions[-1].label, [low, high if high > low else low + 1])
    layers: list[Spec] = [
        {"mark": {"type": "rule", "style": "neutral-span"},
         "encoding": {"x": across, "y": up, "y2": {"field": "high"}}},
        {"mark": {"type": "line", "style": "ghost"},
         "encoding": {"x": across, "y": {"field": "score", "type": "quantitative"}}},
        {"mark": {"type": "point", "style": "own-dot", "size": 60},
         "encoding": {"x": across, "y": {"field": "score", "type": "quantitative"},
                      "tooltip": tip("version", "score", "low", "high", "rows", "size")}},
    ]  # fmt: skip
    return spec(values, *layers, height=180)
