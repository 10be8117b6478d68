"""The scores as one readable table."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def summary(metrics: dict[str, Any], folds: dict[str, Any]) -> Table:
    """Put each score of the test set beside its interval and what it is to be compared with."""
    test, train, dummy = (metrics[part] for part in ("test", "train", "dummy"))
    table = Table(title=f"{test['rows']:,} test rows, {train['rows']:,} training rows")
    table.add_column("score")
    for heading in ("test", "interval", "cross-validation", "train", "dummy"):
        table.add_column(heading, justify="right")
    for name, bounds in test["interval"].items():
        fold = folds.get(name)
        table.add_row(
            name,
            _number(test[name]),
            f"{_number(bounds['low'])} to {_number(bounds['high'])}",
            f"{_number(fold['mean'])} ± {_number(fold['std'])}" if fold else "",
            _number(train[name]),
            _number(dummy[name]),
        )
    return table


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"
