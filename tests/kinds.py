"""Tables of every kind that users bring, made from a seed."""

# ruff: noqa: E501 - one kind, one line

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

Generator = np.random.Generator
Cells = Callable[[Generator, int], Any]


def _with_nulls(cells: Any, generator: Generator) -> list[Any]:  # noqa: ANN401 - any cells
    return [None if generator.random() < 0.2 else cell for cell in cells]


def _days(generator: Generator, rows: int) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.datetime64("2024-01-01") + generator.integers(0, 500, rows))


COLUMNS: dict[str, Cells] = {
    "numbers": lambda generator, rows: generator.normal(size=rows),
    "numbers with nulls": lambda generator, rows: _with_nulls(generator.normal(size=rows), generator),
    "counts": lambda generator, rows: generator.integers(0, 1000, rows),
    "codes": lambda generator, rows: generator.choice([1, 17, 33, 9003], rows),
    "zero padded": lambda generator, rows: [f"{code:05d}" for code in generator.integers(0, 20, rows)],
    "levels": lambda generator, rows: generator.choice(["red", "grün", "it's, \"so\""], rows),
    "many levels": lambda generator, rows: [f"level {code}" for code in generator.integers(0, 400, rows)],
    "markers": lambda generator, rows: generator.choice(["1.5", "2", "?", "NA", " "], rows),
    "mixed": lambda generator, rows: generator.choice(["1", "two", "3.0", "2024-01-01"], rows),
    "text": lambda generator, rows: [" ".join(generator.choice(["a", "big", "dog", "ran"], 6)) + str(row) for row in range(rows)],
    "days": _days,
    "european days": lambda generator, rows: _days(generator, rows).strftime("%d.%m.%Y"),
    "american days": lambda generator, rows: _days(generator, rows).strftime("%m/%d/%Y"),
    "days with nulls": lambda generator, rows: _with_nulls(_days(generator, rows).strftime("%Y-%m-%d"), generator),
    "times with zones": lambda generator, rows: _days(generator, rows).tz_localize("Europe/Berlin"),
    "booleans": lambda generator, rows: generator.random(rows) < 0.5,
    "booleans with nulls": lambda generator, rows: pd.array(_with_nulls(generator.random(rows) < 0.5, generator), "boolean"),
    "yes and no": lambda generator, rows: generator.choice(["yes", "no"], rows),
    "nothing": lambda _, rows: [None] * rows,
    "constant": lambda _, rows: ["same"] * rows,
    "ids": lambda _, rows: [f"id-{row:06d}" for row in range(rows)],
    "long ids": lambda _, rows: [str(10**17 + row) for row in range(rows)],
}  # fmt: skip
"""Cells that CSV and Parquet can both hold."""

PARQUET_ONLY: dict[str, Cells] = {
    "nullable whole": lambda generator, rows: pd.array(_with_nulls(generator.integers(0, 99, rows), generator), "Int64"),
    "nullable number": lambda generator, rows: pd.array(_with_nulls(generator.normal(size=rows), generator), "Float32"),
    "category": lambda generator, rows: pd.Categorical(_with_nulls(generator.choice(["a", "b"], rows), generator)),
    "arrow text": lambda generator, rows: pd.array(generator.choice(["a", "b"], rows), "string[pyarrow]"),
    "decimals": lambda generator, rows: [Decimal(int(cell)) / 100 for cell in generator.integers(0, 9999, rows)],
    "dates": lambda generator, rows: [date(2024, 1, 1 + int(day)) for day in generator.integers(0, 28, rows)],
    "durations": lambda generator, rows: pd.to_timedelta(generator.integers(0, 9999, rows), unit="s"),
    "bytes": lambda generator, rows: [bytes([65 + int(cell)]) for cell in generator.integers(0, 9, rows)],
    "lists": lambda generator, rows: [[int(cell)] for cell in generator.integers(0, 9, rows)],
    "unsigned": lambda generator, rows: generator.integers(0, 9, rows).astype("uint8"),
}  # fmt: skip

NAMES = [
    "plain", "with space", "ünïcode 列", "quote's", 'double "quote"', "[bracket] (x) {y} * 365", "a.b",
    "a b", "a_b", "A B", "1", "true", "null", "#hash", "comma, inside", "semi;colon", "slash/es",
    "100%", "$dollar", "${braces}", ": colon", "-dash", "*star", "&and", "!bang", "@at", "tab\tinside",
]  # fmt: skip

TARGETS: dict[str, Cells] = {
    "strings": lambda generator, rows: generator.choice(["neg", "pos"], rows),
    "words of YAML": lambda generator, rows: generator.choice(["no", "null"], rows),
    "booleans": lambda generator, rows: generator.random(rows) < 0.4,
    "zero and one": lambda generator, rows: generator.integers(0, 2, rows),
    "one and two": lambda generator, rows: generator.choice([1.0, 2.0], rows),
    "rare": lambda generator, rows: np.where(generator.random(rows) < 0.08, "rare", "common"),
    "one in a thousand": lambda _, rows: np.where(np.arange(rows) % 1_000 == 7, "rare", "common"),
    "several": lambda generator, rows: generator.choice(["a", "b", "c", "d"], rows, p=[0.5, 0.3, 0.15, 0.05]),
    "grades": lambda generator, rows: generator.integers(3, 8, rows),
    "numbers": lambda generator, rows: generator.normal(size=rows),
    "amounts": lambda generator, rows: generator.integers(0, 10_000, rows),
    "with nulls": lambda generator, rows: _with_nulls(generator.choice(["x", "y"], rows), generator),
    "one class": lambda _, rows: ["same"] * rows,
    "prose": lambda _, rows: [f"word {row} and more" for row in range(rows)],
    "nothing": lambda _, rows: [None] * rows,
    "days": _days,
}  # fmt: skip


def make(
    kinds: list[str], target: str, rows: int, seed: int, names: list[str] | None = None
) -> pd.DataFrame:
    """Return a table with a column of each kind, and the target last."""
    generator = np.random.default_rng(seed)
    every = COLUMNS | PARQUET_ONLY
    table = {
        name: pd.Series(every[kind](generator, rows))
        for name, kind in zip(names or kinds, kinds, strict=True)
    }
    return pd.DataFrame({**table, "the target": pd.Series(TARGETS[target](generator, rows))})
