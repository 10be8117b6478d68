"""What was found as OpenMetrics, for Prometheus' collector of text files and GitLab's widget.

References
----------
OpenMetrics 1.0, text format. GitLab takes what follows a ``#`` for a comment, so that no label may
hold one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from src.monitor.alarms import MEANINGS, BatchReport

Sample = tuple[dict[str, str], float]


def render(reports: Sequence[BatchReport], release: str) -> str:
    """Return every figure as a gauge; undefined ones are left out."""
    lines: list[str] = []
    for family, (meaning, samples) in FAMILIES.items():
        known = [
            ({"batch": report.name, "release": release, **labels}, value)
            for report in reports for labels, value in samples(report) if math.isfinite(value)
        ]  # fmt: skip
        if known:
            name = f"model_monitor_{family}"
            lines += [f"# TYPE {name} gauge", f"# HELP {name} {meaning}"]
            lines += [f"{name}{{{_written(labels)}}} {value:.6g}" for labels, value in known]
    return "\n".join([*lines, "# EOF", ""])


def _alarms(report: BatchReport) -> Iterator[Sample]:
    raised = {alarm.kind for alarm in report.alarms}
    for kind in MEANINGS:
        yield {"kind": kind}, float(kind in raised)


def _indices(report: BatchReport) -> Iterator[Sample]:
    for column in [*report.columns, *([report.predictions] if report.predictions else [])]:
        if column.shift is not None:
            role = "predictions" if column is report.predictions else "feature"
            yield {"column": column.name, "role": role}, column.shift.index


def _effects(report: BatchReport) -> Iterator[Sample]:
    for column in report.columns:
        if column.effect is not None:
            yield {"column": column.name}, column.effect.mean


def _scores(report: BatchReport) -> Iterator[Sample]:
    estimates = [report.estimated] if report.estimated else []
    for source, changes in (("estimated", estimates), ("measured", report.measured)):
        for change in changes:
            name = {"metric": change.metric.name, "source": source}
            yield {**name, "on": "batch"}, change.now
            yield {**name, "on": "test"}, change.published


FAMILIES: dict[str, tuple[str, Callable[[BatchReport], Iterable[Sample]]]] = {
    "alarm": ("1 where a batch raises an alarm of this kind.", _alarms),
    "rows": ("Rows of a batch.", lambda report: [({}, report.rows)]),
    "labelled_rows": (
        "Rows of a batch whose truth has arrived.", lambda report: [({}, report.labelled)]
    ),
    "violations": (
        "Rules of the data contract that a batch breaks.",
        lambda report: [({}, len(report.violations))],
    ),
    "stability_index": ("Population stability index of a column.", _indices),
    "effect": ("Mean change of predictions that the shift of a column explains.", _effects),
    "score": ("A score without labels (estimated) and with labels (measured).", _scores),
}  # fmt: skip
"""The gauges, and what each means."""


def _written(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    plain = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return plain.replace("#", "_")
