"""The checks as one readable table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich import box
from rich.table import Table
from rich.text import Text

from src.gate.decision import Decision

COLOURS = {"passed": "green", "failed": "bold red", "inconclusive": "yellow", "warning": "yellow"}


def headline(decision: Decision) -> str:
    """Say in one line how it ended and what the model was compared with."""
    counts = Counter[str](check.shown for check in decision.checks)
    found = ", ".join(f"{counts[shown]} {shown}" for shown in COLOURS if counts[shown])
    against = f"baseline {decision.baseline.revision}" if decision.baseline else "no baseline"
    return f"Gate {decision.outcome}: {found}; {against}."


def compared(decision: Decision) -> str:
    """Say what the model was compared with."""
    if decision.baseline is None:
        return "Baseline: none"
    return f"Baseline: {decision.baseline.revision} ({decision.baseline.commit[:12]})"


def rich_table(decision: Decision) -> Table:
    """Return the table for a terminal."""
    table = Table(title=headline(decision), title_justify="left", box=box.SIMPLE_HEAD,
                  pad_edge=False)  # fmt: skip
    for heading in ("outcome", "check", "observed", "bound", "reason"):
        table.add_column(heading, overflow="fold")
    for check in decision.checks:
        table.add_row(
            Text(check.shown, COLOURS[check.shown]),
            *map(Text, (check.check, _number(check.observed), check.bound or "", check.reason)),
        )
    return table


def plain_lines(decision: Decision) -> Iterator[str]:
    """Yield the baseline, a line a check, the headline: for logs, nothing wrapped."""
    yield compared(decision)
    width = max(len(check.check) for check in decision.checks)
    for check in decision.checks:
        # Bounds and their observed values need the columns; other reasons say them already.
        found = f"{_number(check.observed)} ({check.bound}) " if check.bound else ""
        yield f"{check.shown:12}  {check.check:{width}}  {found}{check.reason}"
    yield headline(decision)


def _number(value: float | str | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.6g}"
