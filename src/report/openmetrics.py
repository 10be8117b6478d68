"""The scores in the OpenMetrics text format, for GitLab's widget of metrics.

References
----------
OpenMetrics 1.0, text format; GitLab, "Metrics reports" (``artifacts:reports:metrics``). GitLab
compares values as text and takes what follows a ``#`` for a comment, so no label may hold one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


def render(metrics: Mapping[str, Any], passed: bool) -> str:
    """Return every score of the test and the training set as a gauge; undefined ones are left out.

    Parameters
    ----------
    metrics
        The content of ``details.json``.
    passed
        Whether the gate has passed.
    """
    return "\n".join([*_lines(metrics, passed), "# EOF", ""])


def _lines(metrics: Mapping[str, Any], passed: bool) -> Iterator[str]:
    yield "# TYPE gate_passed gauge"
    yield f"gate_passed {int(passed)}"
    for name in ["rows", *metrics["test"]["interval"]]:
        metric = re.sub(r"[^a-zA-Z0-9_]", "_", name)
        values = {part: metrics.get(part, {}).get(name) for part in ("test", "train")}
        known = {part: value for part, value in values.items() if value is not None}
        if known:
            yield f"# TYPE {metric} gauge"
        for part, value in known.items():
            yield f'{metric}{{split="{part}"}} {value}'
