"""The kinds of columns: how each converts, checks and summarises its cells.

What a contract may say of a kind stands in :mod:`src.base.kinds`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from src.base.contract import WEIGHTS, Column
from src.base.kinds import Kind
from src.tables.summary import Summary, quantiles, shares

Cells: TypeAlias = "pd.Series[Any]"

_BOOLEANS = {
    **dict.fromkeys(["true", "t", "yes", "y", "1", "1.0"], True),
    **dict.fromkeys(["false", "f", "no", "n", "0", "0.0"], False),
}

LARGEST = 1e150
"""Of a target; a float64 cannot hold the square of a number beyond 1.3e154."""


@dataclass(frozen=True)
class ContractCheck:
    """One rule for converted cells.

    Attributes
    ----------
    expected
        The rule as the contract has it.
    found
        What cells that break it are called; ``{s}`` stands for the plural.
    holds
        Takes the cells that are not null, tells for each whether the rule holds.
    """

    expected: str
    found: str
    holds: Callable[[Cells], pd.Series[bool]]


class ColumnKind:
    """Text, and what the other kinds do unless they say otherwise.

    ========== =======================================================
    kind       dtype
    ========== =======================================================
    numeric    float64
    categorical str, see :func:`src.base.prepared.as_features`
    datetime   datetime64[us], time zones converted to UTC
    text       str
    boolean    bool, or boolean where it has nulls
    ========== =======================================================
    """

    def expected(self, column: Column) -> str:
        """Return what the contract says that a cell made null by :meth:`convert` has broken."""
        return f"kind: {column.kind}"

    found = "cell{s} not text"
    """What such cells are called."""

    def convert(self, cells: Cells, column: Column, decimal: str) -> Cells:
        """Bring cells as read to the kind's dtype; what is not of the kind becomes null."""
        del column, decimal
        if cells.dtype == "str":
            return cells
        plain = cells.astype("object").where(cells.notna(), None)
        # Objects are of a request: numbers beside texts.
        has_floats = cells.dtype == "object" or pd.api.types.is_float_dtype(cells)
        return plain.map(_text if has_floats else str, na_action="ignore").astype("str")

    def checks(self, column: Column) -> list[ContractCheck]:
        """Return the rules that converted cells must keep."""
        del column
        return []

    def summarise(self, cells: Cells) -> Summary:
        """Describe the distribution of converted cells without nulls: of text, the lengths'."""
        return quantiles(cells.str.len().to_numpy(dtype=np.float64))


class Categorical(ColumnKind):
    """Levels, written as text."""

    def checks(self, column: Column) -> list[ContractCheck]:
        """Only levels that the contract lists, where it does."""
        if column.levels is None:
            return []
        known = set(column.levels)
        named = ", ".join(column.levels[:8]) + (", …" if len(column.levels) > 8 else "")
        return [
            ContractCheck(f"levels: [{named}]", "cell{s} of other levels", lambda x: x.isin(known))
        ]

    def summarise(self, cells: Cells) -> Summary:
        """Return the shares of the levels."""
        return shares(cells)


class Numeric(ColumnKind):
    """Numbers."""

    found = "cell{s} not numeric"

    def convert(self, cells: Cells, column: Column, decimal: str) -> Cells:
        """Parse text with the contract's decimal mark; times are no numbers."""
        del column
        if pd.api.types.is_datetime64_any_dtype(cells):
            return pd.Series(np.nan, index=cells.index)
        if decimal != "." and pd.api.types.is_string_dtype(cells):
            cells = cells.where(~cells.str.contains(".", regex=False, na=False))
            cells = cells.str.replace(decimal, ".", regex=False)
        elif decimal != "." and cells.dtype == "object":  # of a request: texts beside numbers
            cells = cells.map(partial(_with_point, decimal=decimal))
        if cells.dtype == "str":
            with contextlib.suppress(pa.ArrowInvalid):  # it parses fast but leaves no cell out
                parsed = pc.cast(pa.array(cells), pa.float64())
                return pd.Series(parsed.to_numpy(zero_copy_only=False), index=cells.index)
        numbers = pd.to_numeric(cells, errors="coerce")
        return pd.Series(numbers.to_numpy(dtype=np.float64, na_value=np.nan), index=cells.index)

    def checks(self, column: Column) -> list[ContractCheck]:
        """Finite, and within the bounds that the contract sets."""
        found = [ContractCheck("kind: numeric, which is finite", "infinite cell{s}", _is_finite)]
        low, high = column.min, column.max
        if low is not None:
            found.append(ContractCheck(f"min: {low:g}", "cell{s} too small", lambda x: x >= low))
        if high is not None:
            found.append(ContractCheck(f"max: {high:g}", "cell{s} too large", lambda x: x <= high))
        if column.role == "target":
            rule = f"role: target, whose squares can be added up: -{LARGEST:g} to {LARGEST:g}"
            found.append(ContractCheck(rule, "cell{s} too large to be scored", _has_a_square))
        if column.role == "weight":
            low, high = WEIGHTS
            rule = f"role: weight, which is from {low:g} to {high:g}"
            found.append(ContractCheck(rule, "cell{s} out of range", _is_weight))
        return found

    def summarise(self, cells: Cells) -> Summary:
        """Return the distribution function at the deciles."""
        return quantiles(cells.to_numpy(dtype=np.float64))


class Datetime(ColumnKind):
    """Times."""

    found = "cell{s} not so written"

    def expected(self, column: Column) -> str:
        """Return the format, ISO 8601 unless the contract has another."""
        return f"format: {column.format}" if column.format else "kind: datetime (as in ISO 8601)"

    def convert(self, cells: Cells, column: Column, decimal: str) -> Cells:
        """Parse text by the contract's format."""
        del decimal
        if not pd.api.types.is_datetime64_any_dtype(cells):
            cells = cells.astype("str")
        wanted = column.format or "ISO8601"
        times = pd.to_datetime(cells, format=wanted, errors="coerce", utc=True)
        return times.dt.tz_localize(None).astype("datetime64[us]")

    def summarise(self, cells: Cells) -> Summary:
        """Return the distribution function at the deciles, which are times as text."""
        times = quantiles(cells.to_numpy("datetime64[s]").astype(np.int64))
        written = np.array(times["values"], dtype="datetime64[s]").astype(str)
        return times | {"values": written.tolist()}


class Boolean(ColumnKind):
    """True and false, under the names that people give them."""

    found = "cell{s} neither true nor false"

    def convert(self, cells: Cells, column: Column, decimal: str) -> Cells:
        """Read 1, yes, true and their like, in any case."""
        del column, decimal
        mapped = cells.astype("str").str.strip().str.lower().map(_BOOLEANS)
        return mapped.astype("boolean") if mapped.isna().any() else mapped.astype(bool)

    def summarise(self, cells: Cells) -> Summary:
        """Return the shares of both values."""
        return shares(cells)


KINDS: dict[Kind, ColumnKind] = {
    "numeric": Numeric(),
    "categorical": Categorical(),
    "datetime": Datetime(),
    "text": ColumnKind(),
    "boolean": Boolean(),
}


def _is_weight(cells: Cells) -> Cells:
    return cells.between(*WEIGHTS)


def _text(cell: object) -> str:
    return _digits(float(cell)) if isinstance(cell, float | np.floating) else str(cell)


def _with_point(cell: object, decimal: str) -> object:
    if not isinstance(cell, str):
        return cell
    return None if "." in cell else cell.replace(decimal, ".")


def _has_a_square(cells: Cells) -> Cells:
    return cells.between(-LARGEST, LARGEST)


def _is_finite(cells: Cells) -> pd.Series[bool]:
    return pd.Series(~np.isinf(cells.to_numpy(dtype=np.float64)), index=cells.index)


def _digits(number: float) -> str:
    """Write whole numbers without a decimal point, whatever their dtype."""
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else str(number)
