"""Bring a contract up to date with a table that no longer keeps it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from src.adopt.profile import as_codes, profile, rules
from src.checks import check
from src.conform import convert
from src.errors import InputError
from src.schema import Column, Schema


def accepted(raw: pd.DataFrame, schema: Schema) -> dict[str, Column]:
    """Return the columns of a contract that the table keeps.

    What a person decided stays: a column's role, description and kind, as long as its cells are of
    that kind. Rules that cells break are widened just enough; new columns are features of the kind
    their cells show; columns that are gone are left out.

    Raises
    ------
    InputError
        The target is gone, or no column of the contract is left.
    """
    names = [str(name) for name in raw.columns]
    if schema.target not in names:
        raise InputError(
            f"the target {schema.target!r} is not in the table: that is another table, not a new "
            "version. Bring it with `make adopt TABLE=… TARGET=…`."
        )
    _, violations = check(raw, schema)
    broken = {violation.column for violation in violations}
    order = [name for name in schema.columns if name in names]
    order += [name for name in names if name not in schema.columns]
    columns = {}
    for name in order:
        known = schema.columns.get(name)
        if known is None:
            columns[name] = _inferred(raw[name], schema.csv.decimal)
        elif name in broken:
            columns[name] = _widened(known, raw[name], schema.csv.decimal)
        else:
            columns[name] = known
    return columns


def _inferred(cells: pd.Series[Any], decimal: str, known: Column | None = None) -> Column:
    """Describe a column anew; what a person said of a known one stays, unless no value is left."""
    found = as_codes(profile(cells, decimal), cells)
    if known is None:
        role, description = "ignore" if found.constant else "feature", ""
    else:
        role, description = known.role if found.levels else "ignore", known.description
    kept = rules(found) if role != "ignore" else {}
    return Column.model_validate(
        {"kind": found.kind, "role": role, "description": description, **kept}
    )


def _widened(known: Column, cells: pd.Series[Any], decimal: str) -> Column:
    converted, _ = convert(cells, known, decimal)
    if int(converted.isna().sum()) > int(cells.isna().sum()):  # no longer of its kind
        return _inferred(cells, decimal, known)
    changes: dict[str, Any] = {}
    if cells.isna().any():
        changes["nullable"] = True
    values = converted.dropna()
    if known.levels is not None:
        changes["levels"] = [*known.levels, *sorted(set(values) - set(known.levels))]
        if len(changes["levels"]) > 2:
            changes["positive"] = None
    if known.min is not None and len(values):
        changes["min"] = min(known.min, float(values.min()))
    if known.max is not None and len(values):
        changes["max"] = max(known.max, float(values.max()))
    return Column.model_validate({**known.model_dump(), **changes})
