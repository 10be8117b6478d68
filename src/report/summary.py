"""Print the scores as one readable table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from src.base.command import run
from src.base.files import read_json


@dataclass(frozen=True)
class Arguments:
    """What it reads."""

    details: Path
    folds: Path


def main(arguments: Arguments) -> None:
    """Print the metrics of the test set and of the folds side by side."""
    details = read_json(arguments.details, "test.interval", "test.rows", "train.rows", "dummy")
    Console().print(summary(details, read_json(arguments.folds)))


def summary(details: dict[str, Any], folds: dict[str, Any]) -> Table:
    """Put each score of the test set beside its interval and what it is to be compared with."""
    test, train, dummy = (details[part] for part in ("test", "train", "dummy"))
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
            _spread(fold) if fold else "",
            _number(train[name]),
            _number(dummy[name]),
        )
    return table


def _spread(fold: dict[str, float | None]) -> str:
    """Return mean and standard deviation; none where the score is undefined on a fold."""
    mean, std = fold["mean"], fold["std"]
    if mean is None or std is None:
        return "none"
    return f"{_number(mean)} ± {_number(std, 1 if std < 10 else 3)}"


def _number(value: float | None, digits: int = 3) -> str:
    return "none" if value is None else f"{value:.{digits}g}"


if __name__ == "__main__":
    run(main, Arguments)
