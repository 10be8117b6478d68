"""The contract's rules, checked by pandera on a converted table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from src.base.contract import Column, Contract, Csv
from src.base.errors import InputError
from src.tables.convert import Violation, convert_table
from src.tables.kinds import KINDS
from src.tables.parts import named
from src.tables.read import rows_of_parts

NOT_NULLABLE = "nullable: false"


def validate_table(raw: pd.DataFrame, contract: Contract) -> tuple[pd.DataFrame, list[Violation]]:
    """Convert a table as :func:`convert_table` does and check it against every rule.

    Rules are: the columns are there, cells are of their kind, no nulls (unless nullable), and what
    the kind checks. Nulls in the target are no violation; prepare drops such rows and counts them.

    Returns
    -------
    The converted frame and all violations, in the order of the rules above.
    """
    frame, violations = convert_table(raw, contract)
    columns = {name: column for name, column in contract.columns.items() if column.role != "ignore"}
    rules = pa.DataFrameSchema({name: _rules(column) for name, column in columns.items()})
    try:
        rules.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases.replace({"check": {"not_nullable": NOT_NULLABLE}})
        for (name, rule), group in cases.groupby(["column", "check"], sort=False):
            column = columns[str(name)]
            known = {check.expected: check.found for check in KINDS[column.kind].checks(column)}
            cells = raw.loc[group["index"].astype(int), str(name)]
            # A cell that could not be converted has been reported as such; it was not null.
            offending = cells[cells.isna()] if rule == NOT_NULLABLE else cells
            if len(offending):
                found = known.get(str(rule), "null{s}")
                violations.append(Violation.of(str(name), found, str(rule), offending))
    return frame, violations


def model_inputs(contract: Contract) -> Contract:
    """Return the contract of a table to be scored: its features; of the rest nothing is asked."""
    columns = {
        name: column
        for name, column in contract.columns.items()
        if column.role in ("feature", "target")
    }
    return contract.model_copy(update={"columns": columns})


def check_batch(batch: pd.DataFrame, contract: Contract) -> tuple[pd.DataFrame, list[Violation]]:
    """Return a batch's features, converted, and how they break the contract.

    Parameters
    ----------
    contract
        As :func:`model_inputs` returns it. Columns it does not name are passed over, in any order;
        a truth that happens to be there is not looked at.
    """
    known = batch[[name for name in contract.features if name in batch]]
    return validate_table(known.assign(**{contract.target: None}), contract)


def merge_violations(violations: Iterable[Violation]) -> list[Violation]:
    """Add up the violations of all batches, keeping the first examples of each."""
    total: dict[tuple[str, str], Violation] = {}
    for new in violations:
        key = (new.column, new.expected or new.found)
        old = total.get(key, replace(new, count=0, examples=()))
        total[key] = replace(
            new,
            count=old.count + new.count,
            examples=tuple(dict.fromkeys((*old.examples, *new.examples)))[:3],
        )
    return list(total.values())


def _rules(column: Column) -> pa.Column:
    return pa.Column(
        checks=[
            pa.Check(check.holds, error=check.expected)
            for check in KINDS[column.kind].checks(column)
        ],
        nullable=column.nullable or column.role == "target",
        required=False,
    )


ACCEPT = "`make accept` brings it up to date with the table and shows the difference"


def refuse(
    violations: Sequence[Violation], table: Path, csv: Csv, contract: Path, advice: str = ACCEPT
) -> None:
    """Raise one report of all violations, if there are any.

    ``advice`` ends the sentence on changing the contract. Rows of a table in parts are named by
    part.

    Raises
    ------
    InputError
        A line a violation: column, what was found, first offending rows, what was expected.
    """
    if not violations:
        return
    parts = rows_of_parts(table, csv) if table.is_dir() else []
    violations = [
        replace(one, examples=tuple(named(example, parts) for example in one.examples))
        for one in violations
    ]
    plural = "s" * (len(violations) > 1)
    raise InputError(
        f"{table}: {len(violations)} violation{plural} of {contract} (row 1 is the first below the "
        "header):\n"
        + "\n".join(f"  {violation}" for violation in violations)
        + f"\nFix the table, or change {contract}; {advice}."
    )
