"""Absolute bounds on any number of ``metrics/metrics.json`` and ``metrics/details.json``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from src.base.errors import did_you_mean
from src.gate.decision import GateCheck, Outcome
from src.gate.settings import DIFFERENCE, WILDCARD, Bound

Metrics = Mapping[str, Any]


@dataclass(frozen=True)
class _Found:
    """A value, the level of a slice it belongs to (of a path with a wildcard), and its rows."""

    value: object
    level: str = ""
    rows: object = None


def check_bounds(metrics: Metrics, bounds: Mapping[str, Bound]) -> list[GateCheck]:
    """Compare numbers with their bounds, a check each; no bounds at all is a failed check."""
    if not bounds:
        reason = (
            "The gate is empty: gate.bounds in params.yaml has no entry. Ask for what the model "
            "must reach, for example `test.accuracy: {min: 0.8}`."
        )
        return [GateCheck(check="bounds", kind="bound", outcome="failed", reason=reason)]
    return [_check(metrics, path, bound) for path, bound in bounds.items()]


def _check(metrics: Metrics, path: str, bound: Bound) -> GateCheck:
    found = _find(metrics, path)
    if bound.min_rows is not None and found:
        outcome, observed, reason = _judge_levels(found, bound)
    else:
        outcome, observed, reason = _judge(metrics, path, found, bound)
    return GateCheck(
        check=f"bounds.{path}", kind="bound", outcome=outcome, observed=observed,
        bound=_limits(bound), reason=reason, paths=tuple(path.split(DIFFERENCE)),
    )  # fmt: skip


def _judge(
    metrics: Metrics, path: str, found: list[_Found], bound: Bound
) -> tuple[Outcome, float | None, str]:
    """Judge a single number."""
    if not found:
        known = did_you_mean(path, _paths(metrics)) if DIFFERENCE not in path else "."
        return "failed", None, f"There is no such number in metrics.json or details.json{known}"
    if len(found) > 1:
        return "failed", None, "The path fits more than one number."
    value = number(found[0].value)
    if value is None:
        return "failed", None, f"Not a finite number: {found[0].value!r}."
    if _within(value, bound):
        return "passed", value, f"{value:.6g} is within bounds."
    return "failed", value, f"{value:.6g} breaks the bound: {_limits(bound)}."


def _judge_levels(found: list[_Found], bound: Bound) -> tuple[Outcome, float | None, str]:
    """Judge every level of a slice that is large enough; one level out of bounds fails."""
    least = bound.min_rows or 1
    countless = [level for level in found if not isinstance(level.rows, int)]
    if countless:
        return "failed", None, f"Level {countless[0].level!r} does not say how many rows it has."
    judged = [level for level in found if isinstance(level.rows, int) and level.rows >= least]
    fewer = len(found) - len(judged)
    small = f" Levels not judged, of fewer rows: {fewer}." if fewer else ""
    if not judged:
        return "failed", None, f"No level has {least} rows.{small}"
    values = [number(level.value) for level in judged]
    known = [value for value in values if value is not None]
    wrong = [
        f"{level.level!r} ({'none' if value is None else f'{value:.6g}'}, {level.rows} rows)"
        for level, value in zip(judged, values, strict=True)
        if value is None or not _within(value, bound)
    ]
    observed = (min(known) if bound.min is not None else max(known)) if known else None
    if wrong:
        return "failed", observed, f"Out of bounds: {', '.join(wrong)}.{small}"
    reason = f"All {len(judged)} levels of {least} rows or more are within bounds.{small}"
    return "passed", observed, reason


def _limits(bound: Bound) -> str:
    parts = {"at least": bound.min, "at most": bound.max}
    text = " and ".join(f"{word} {value:g}" for word, value in parts.items() if value is not None)
    return text if bound.min_rows is None else f"{text} from {bound.min_rows} rows"


def _within(value: float, bound: Bound) -> bool:
    return (bound.min is None or value >= bound.min) and (bound.max is None or value <= bound.max)


def number(value: object) -> float | None:
    """Return a finite number as such, anything else as None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _find(metrics: Metrics, path: str) -> list[_Found]:
    """Return what stands at a path; of ``a - b`` the difference, rounded as the files are."""
    found = list(_walk(metrics, path, _Found(None)))
    if found or DIFFERENCE not in path:
        return found
    minuend, _, subtrahend = path.partition(DIFFERENCE)
    pairs = [
        (number(first.value), number(second.value))
        for first in _walk(metrics, minuend, _Found(None))
        for second in _walk(metrics, subtrahend, _Found(None))
    ]
    return [
        _Found(None if first is None or second is None else float(f"{first - second:.6g}"))
        for first, second in pairs
    ]


def _walk(node: object, path: str, place: _Found) -> Iterator[_Found]:
    """Follow a path; names of levels may hold dots, so that every key that fits is tried.

    A level that lacks the rest of a path with a wildcard is found with the value None.
    """
    if not isinstance(node, Mapping):
        return
    first, dot, rest = path.partition(".")
    if first == WILDCARD and dot:
        for level, inner in node.items():
            rows = inner.get("rows") if isinstance(inner, Mapping) else None
            here = _Found(None, f"{place.level}{'.' if place.level else ''}{level}", rows)
            yield from list(_walk(inner, rest, here)) or [here]
        return
    for key, inner in node.items():
        if path == key:
            yield _Found(inner, place.level, place.rows)
        elif path.startswith(f"{key}."):
            yield from _walk(inner, path[len(key) + 1 :], place)


def _paths(node: object, prefix: str = "") -> Iterator[str]:
    """Yield the path of every number."""
    if isinstance(node, Mapping):
        for key, inner in node.items():
            yield from _paths(inner, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix
