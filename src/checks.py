"""The contract's rules, checked by pandera on a converted table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from src.conform import Violation, conform
from src.errors import InputError
from src.schema import Column, Schema

_NOT_NULL = "is not null"


def check(raw: pd.DataFrame, schema: Schema) -> tuple[pd.DataFrame, list[Violation]]:
    """Convert a table as :func:`src.conform.conform` does and check it against every rule.

    Rules are: the columns are there, cells are of their kind, no nulls (unless nullable), finite,
    min, max, levels. Nulls in the target are no violation; prepare drops such rows and counts them.

    Returns
    -------
    The converted frame and all violations, in the order of the rules above.
    """
    frame, violations = conform(raw, schema)
    rules = pa.DataFrameSchema(
        {
            name: pa.Column(
                checks=_rules(column),
                nullable=column.nullable or column.role == "target",
                required=False,
            )
            for name, column in schema.columns.items()
            if column.role != "ignore"
        }
    )
    try:
        rules.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases.replace({"check": {"not_nullable": _NOT_NULL}})
        for (name, rule), group in cases.groupby(["column", "check"], sort=False):
            cells = raw.loc[group["index"].astype(int), str(name)]
            # A cell that could not be converted has been reported as such; it was not null.
            offending = cells[cells.isna()] if rule == _NOT_NULL else cells
            if len(offending):
                violations.append(Violation.of(str(name), str(rule), offending))
    return frame, violations


def _rules(column: Column) -> list[pa.Check]:
    rules = []
    if column.kind == "numeric":
        rules.append(pa.Check(lambda cells: ~np.isinf(cells), error="is finite"))
    if column.min is not None:
        rules.append(pa.Check.ge(column.min, error=f"is at least {column.min:g}"))
    if column.max is not None:
        rules.append(pa.Check.le(column.max, error=f"is at most {column.max:g}"))
    if column.levels is not None:
        levels = ", ".join(column.levels[:8]) + (", …" if len(column.levels) > 8 else "")
        rules.append(pa.Check.isin(column.levels, error=f"is one of {levels}"))
    return rules


ACCEPT = "`make accept` brings it up to date with the table and shows the difference"


def refuse(
    violations: Sequence[Violation], table: Path, contract: Path, mend: str = ACCEPT
) -> None:
    """Raise one report of all violations, if there are any; ``mend`` follows on the contract.

    Raises
    ------
    InputError
        A line a violation: column, rule, number of rows, first offending rows.
    """
    if not violations:
        return
    lines = [f"  {_sentence(violation)}" for violation in violations]
    raise InputError(
        f"{table} breaks {contract} in {len(violations)} way{'s' * (len(violations) > 1)} "
        "(row 1 is the first below the header):\n"
        + "\n".join(lines)
        + f"\nMend the table, or change the contract in {contract}; {mend}."
    )


def _sentence(violation: Violation) -> str:
    examples = ", ".join(violation.examples)
    if not violation.rule.startswith("is "):
        return f"{violation.column}: {violation.rule}{examples and f' ({examples})'}"
    rows = f"{violation.count} row{'s' * (violation.count > 1)}"
    return f"{violation.column}: not every cell {violation.rule} ({rows}; {examples})"
