"""The checks as one readable table."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.table import Table
from rich.text import Text

from src.gate.check import Check
from src.gate.decide import Decision

COLOURS = {"passed": "green", "failed": "bold red", "undecided": "yellow"}


def _status(check: Check) -> str:
    return "warning" if check.warning else check.status


def _number(value: float | str | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.6g}"


def headline(decision: Decision) -> str:
    """Say in one line how it ended and what the model was compared with."""
    counts = {status: sum(check.status == status for check in decision.checks)
              for status in COLOURS}  # fmt: skip
    found = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    against = f"baseline {decision.baseline['revision']}" if decision.baseline else "no baseline"
    return f"Gate {decision.status}: {found}; {against}."


def rich_table(decision: Decision) -> Table:
    """Return the table for a terminal."""
    table = Table(title=headline(decision), title_justify="left", box=box.SIMPLE_HEAD,
                  pad_edge=False)  # fmt: skip
    for heading in ("status", "check", "observed", "bound", "meaning"):
        table.add_column(heading, overflow="fold")
    for check in decision.checks:
        status = _status(check)
        table.add_row(
            Text(status, COLOURS.get(status, "yellow")),
            Text(check.name),
            Text(_number(check.observed)),
            Text(check.bound or ""),
            Text(check.sentence),
        )
    return table


def plain_lines(decision: Decision) -> Iterator[str]:
    """Yield a line a check and the headline last, for logs: nothing wrapped, easy to search."""
    width = max(len(check.name) for check in decision.checks)
    for check in decision.checks:
        # Bounds and their observed values need the columns; other sentences say them already.
        found = f"{_number(check.observed)} ({check.bound}) " if check.bound else ""
        yield f"{_status(check):9}  {check.name:{width}}  {found}{check.sentence}"
    yield headline(decision)
