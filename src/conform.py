"""Bring a table as read to the types of the contract, and check it against the contract's rules."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from src.errors import did_you_mean
from src.schema import Column, Schema

_BOOLEANS = {
    **dict.fromkeys(["true", "t", "yes", "y", "1", "1.0"], True),
    **dict.fromkeys(["false", "f", "no", "n", "0", "0.0"], False),
}


@dataclass(frozen=True)
class Violation:
    """One rule of the contract that one column breaks."""

    column: str
    rule: str
    count: int
    examples: tuple[str, ...]

    @classmethod
    def of(cls, column: str, rule: str, cells: pd.Series[Any]) -> Violation:
        """Make a violation of the offending cells; their index holds row numbers from 0."""
        first = cells.head(3).to_dict()
        examples = tuple(f"row {int(str(row)) + 1}: {cell!r}" for row, cell in first.items())
        return cls(column, rule, len(cells), examples)


def conform(raw: pd.DataFrame, schema: Schema) -> tuple[pd.DataFrame, list[Violation]]:
    """Convert each column to the type of its kind.

    ========== =======================================================
    kind       dtype
    ========== =======================================================
    numeric    float64
    categorical str, turned to ``category`` by :func:`as_features`
    datetime   datetime64[us], time zones converted to UTC
    text       str
    boolean    bool, or boolean where it has nulls
    ========== =======================================================

    Identifiers (roles ``id`` and ``group`` of kind categorical or text) stay text as written.
    Columns that the contract ignores are left out of the conversion.

    Returns
    -------
    The converted columns in the contract's order, and the violations: missing and unknown columns,
    cells that are not of their column's kind (these cells are null in the frame).
    """
    violations = _columns(raw, schema)
    converted: dict[str, pd.Series[Any]] = {}
    for name, column in schema.columns.items():
        if name not in raw.columns:
            continue
        cells = raw[name]
        if column.role == "ignore":
            converted[name] = cells
            continue
        converted[name], rule = convert(cells, column, schema.csv.decimal)
        wrong = cells[converted[name].isna() & cells.notna()]
        if len(wrong):
            violations.append(Violation.of(name, rule, wrong))
    return pd.DataFrame(converted), violations


def _columns(raw: pd.DataFrame, schema: Schema) -> list[Violation]:
    """Compare the table's columns with the contract's."""
    found = [str(name) for name in raw.columns]
    if not set(found) & set(schema.columns):
        header = f"the header is {schema.csv.delimiter.join(found)[:120]!r}"
        advice = f"is csv.delimiter {schema.csv.delimiter!r} right?"
        return [Violation("header", "no column of the contract is in it", 1, (header, advice))]
    missing = [name for name in schema.columns if name not in found]
    unknown = [name for name in found if name not in schema.columns]
    return [
        *(Violation(name, "column is missing", len(raw), ()) for name in missing),
        *(
            Violation(name, f"column is not in the contract{did_you_mean(name, missing)}", len(raw),
                      ("role 'ignore' skips it",))
            for name in unknown
        ),
    ]  # fmt: skip


def convert(cells: pd.Series[Any], column: Column, decimal: str) -> tuple[pd.Series[Any], str]:
    """Convert one column; return it with the name of the rule that a cell made null has broken."""
    if column.kind == "numeric":
        return _numeric(cells, decimal), "is numeric"
    if column.kind == "boolean":
        return _boolean(cells), "is boolean"
    if column.kind == "datetime":
        wanted = column.format or "ISO8601"
        return _datetime(cells, wanted), f"is a time in the format {wanted}"
    return _text(cells), "is text"


def _numeric(cells: pd.Series[Any], decimal: str) -> pd.Series[Any]:
    if pd.api.types.is_datetime64_any_dtype(cells):
        return pd.Series(np.nan, index=cells.index)
    if decimal != "." and pd.api.types.is_string_dtype(cells):
        cells = cells.where(~cells.str.contains(".", regex=False, na=False))
        cells = cells.str.replace(decimal, ".", regex=False)
    if cells.dtype == "str":
        with contextlib.suppress(pa.ArrowInvalid):  # which parses fast but cannot leave out a cell
            parsed = pc.cast(pa.array(cells), pa.float64())
            return pd.Series(parsed.to_numpy(zero_copy_only=False), index=cells.index)
    numbers = pd.to_numeric(cells, errors="coerce")
    return pd.Series(numbers.to_numpy(dtype=np.float64, na_value=np.nan), index=cells.index)


def _boolean(cells: pd.Series[Any]) -> pd.Series[Any]:
    mapped = cells.astype("str").str.strip().str.lower().map(_BOOLEANS)
    return mapped.astype("boolean") if mapped.isna().any() else mapped.astype(bool)


def _datetime(cells: pd.Series[Any], wanted: str) -> pd.Series[Any]:
    if not pd.api.types.is_datetime64_any_dtype(cells):
        cells = cells.astype("str")
    times = pd.to_datetime(cells, format=wanted, errors="coerce", utc=True)
    return times.dt.tz_localize(None).astype("datetime64[us]")


def _text(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Write cells as text; whole numbers without a decimal point, whatever their dtype."""
    if cells.dtype == "str":
        return cells
    if pd.api.types.is_float_dtype(cells):
        numbers = cells.astype("object").where(cells.notna(), None)
        return numbers.map(_digits, na_action="ignore").astype("str")
    if cells.dtype == "str":
        return cells
    return (
        cells.astype("object").where(cells.notna(), None).map(str, na_action="ignore").astype("str")
    )


def _digits(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else str(number)


def as_features(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return the columns the model takes, categorical ones as ``category``.

    The dtype tells skrub's TableVectorizer to leave codes such as ``"1"`` alone, which as plain
    text it would parse as numbers.
    """
    features = frame[schema.features]
    kinds = {name: "category" for name in schema.features
             if schema.columns[name].kind == "categorical"}  # fmt: skip
    return features.astype(kinds)
