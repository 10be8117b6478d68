"""Rows to try a model on: whatever its contract allows, and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from src.base.contract import Column, Contract
from src.tables.convert import convert

NULLS = 0.15
"""Share of the cells of a nullable column that are null."""

WORDS = ("", "a", "unknown level", "naïve text, of words", "2024-02-30", "NaN", "-1.5")

Known = Mapping[str, Sequence[str]]
"""Levels that a model knows of columns whose contract lists none."""


def probe(contract: Contract, rows: int, known: Known, seed: int = 0) -> pd.DataFrame:
    """Return features as :func:`src.predict.scoring.check_batch` converts them.

    Numbers are of all magnitudes within the contract's bounds, and the bounds themselves; levels
    are those listed or known, and others where the contract lists none.
    """
    generator = np.random.default_rng(seed)
    frame = {}
    for name in contract.features:
        column = contract.columns[name]
        cells = pd.Series(_cells(column, rows, known.get(name, ()), generator))
        if column.nullable:
            cells = cells.mask(generator.random(rows) < NULLS)
        frame[name] = convert(cells, column, contract.csv.decimal)
    return pd.DataFrame(frame)


def _cells(
    column: Column, rows: int, known: Sequence[str], generator: np.random.Generator
) -> Sequence[Any] | np.ndarray[Any, Any]:
    if column.kind == "numeric":
        return _numbers(column, rows, generator)
    if column.kind == "boolean":
        return generator.random(rows) < 0.5
    if column.kind == "datetime":
        seconds = generator.integers(0, 2**31, rows)
        times = pd.to_datetime(pd.Series(seconds), unit="s")
        return list(times.dt.strftime(column.format or "%Y-%m-%dT%H:%M:%S"))
    levels = column.levels or [*known, *WORDS]
    return list(generator.choice(np.array(levels, dtype=object), rows))


def _numbers(
    column: Column, rows: int, generator: np.random.Generator
) -> np.ndarray[Any, np.dtype[np.float64]]:
    magnitudes = 10.0 ** generator.uniform(-4, 7, rows)
    numbers = magnitudes * generator.choice([-1.0, 1.0], rows)
    whole = generator.random(rows) < 0.2
    numbers[whole] = np.round(numbers[whole])
    low, high = column.min, column.max
    if low is not None and high is not None:
        numbers = generator.uniform(low, high, rows)
    elif low is not None:
        numbers = low + np.abs(numbers)
    elif high is not None:
        numbers = high - np.abs(numbers)
    bounds = [bound for bound in (low, high, 0.0) if bound is not None]
    edge = generator.random(rows) < 0.1
    numbers[edge] = generator.choice(bounds, int(edge.sum()))
    inside: np.ndarray[Any, np.dtype[np.float64]] = np.clip(
        numbers, -np.inf if low is None else low, np.inf if high is None else high
    )
    return inside
