"""The scores as one readable table."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table


def summary(metrics: dict[str, Any], folds: dict[str, Any]) -> Table:
    """Put each score of the test set beside its interval and what it is to be compared with."""
    test, train, dummy = (metrics[part] for part in ("test", "train", "dummy"))
    title = f"{test['rows']:,} test rows, {train['rows']:,} training rows"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("score", no_wrap=True)
    for heading in ("test", "interval", "folds", "train", "dummy"):
        table.add_column(heading, justify="right")
    for name, bounds in test["interval"].items():
        fold = folds.get(name)
        table.add_row(
            name,
            _number(test[name]),
            f"{_number(bounds['low'])}–{_number(bounds['high'])}",
            f"{_number(fold['mean'])} ± {_number(fold['std'], 1 if fold['std'] < 10 else 3)}"
            if fold
            else "",
            _number(train[name]),
            _number(dummy[name]),
        )
    return table


def _number(value: float | None, digits: int = 3) -> str:
    return "none" if value is None else f"{value:.{digits}g}"


def _rounded(value: float) -> str:
    return _number(value, 1) if value < 10 else f"{value:.0f}"
