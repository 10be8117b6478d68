"""Bring a table as read to the types of the contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from src.base.contract import Column, Contract
from src.base.errors import did_you_mean
from src.tables.kinds import KINDS


@dataclass(frozen=True)
class Violation:
    """One rule of the contract that one column breaks.

    Attributes
    ----------
    found
        What is wrong; of cells, what they are called, ``{s}`` for the plural.
    expected
        What the contract says; empty where ``found`` says it all.
    """

    column: str
    found: str
    expected: str
    count: int
    examples: tuple[str, ...]

    @classmethod
    def of(cls, column: str, found: str, expected: str, cells: pd.Series[Any]) -> Violation:
        """Make a violation of the offending cells; their index holds row numbers from 0."""
        first = cells.head(3).to_dict()
        null = cells.isna().all()
        examples = tuple(
            f"row {int(str(row)) + 1}" + ("" if null else f": {cell!r}")
            for row, cell in first.items()
        )
        return cls(column, found, expected, len(cells), examples)

    def __str__(self) -> str:
        """Return the violation as one sentence: where, what was found, what was expected."""
        examples = f" ({', '.join(self.examples)})" if self.examples else ""
        if not self.expected:
            return f"column {self.column}: {self.found}{examples}"
        return (
            f"column {self.column}: {self.count:,} {self.found.format(s='s' * (self.count > 1))}"
            f"{examples}, but the contract says {self.expected}"
        )


def convert_table(raw: pd.DataFrame, contract: Contract) -> tuple[pd.DataFrame, list[Violation]]:
    """Convert each column to the dtype of its kind.

    Identifiers (roles ``id`` and ``group`` of kind categorical or text) stay text as written.
    Columns that the contract ignores are left out of the conversion.

    Returns
    -------
    The converted columns in the contract's order, and the violations: missing and unknown columns,
    cells that are not of their column's kind (these cells are null in the frame).
    """
    violations = _columns(raw, contract)
    converted: dict[str, pd.Series[Any]] = {}
    for name, column in contract.columns.items():
        if name not in raw.columns:
            continue
        cells = raw[name]
        if column.role == "ignore":
            converted[name] = cells
            continue
        converted[name] = convert(cells, column, contract.csv.decimal)
        wrong = cells[converted[name].isna() & cells.notna()]
        if len(wrong):
            kind = KINDS[column.kind]
            violations.append(Violation.of(name, kind.found, kind.expected(column), wrong))
    return pd.DataFrame(converted), violations


def convert(cells: pd.Series[Any], column: Column, decimal: str) -> pd.Series[Any]:
    """Convert one column; cells that are not of its kind become null."""
    return KINDS[column.kind].convert(cells, column, decimal)


def _columns(raw: pd.DataFrame, contract: Contract) -> list[Violation]:
    """Compare the table's columns with the contract's."""
    names = [str(name) for name in raw.columns]
    if not set(names) & set(contract.columns):
        header = f"the header is {contract.csv.delimiter.join(names)[:120]!r}"
        advice = f"is csv.delimiter {contract.csv.delimiter!r} right?"
        known = next(iter(contract.columns))
        found = "missing from the table, as are all columns of the contract"
        return [Violation(known, found, "", 1, (header, advice))]
    missing = [name for name in contract.columns if name not in names]
    unknown = [name for name in names if name not in contract.columns]
    return [
        *(Violation(name, "missing from the table", "", len(raw), ()) for name in missing),
        *(
            Violation(name, f"not in the contract{did_you_mean(name, missing)}", "", len(raw),
                      ("role 'ignore' skips it",))
            for name in unknown
        ),
    ]  # fmt: skip
