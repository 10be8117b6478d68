"""Bring data/schema.yaml up to date with the table that params.yaml names."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from src.adopt import show, write
from src.adopt.codes import as_codes
from src.adopt.profile import profile, rules
from src.adopt.sample import sampled
from src.base.command import run
from src.base.contract import CONTRACT, Column, Contract, load_contract
from src.base.errors import InputError
from src.base.files import replacing
from src.base.settings import PARAMS, read_yaml
from src.tables.convert import Violation, convert
from src.tables.progress import shown
from src.tables.read import as_frame, frames, read_batches
from src.tables.validate import merge_violations, refuse, validate_table


@dataclass(frozen=True)
class Arguments:
    """Whether to write."""

    dry_run: bool = field(default=False, metadata={"help": "show the difference, write nothing"})


def main(arguments: Arguments) -> None:
    """Bring the contract up to date with its table; show the difference."""
    contract = load_contract(CONTRACT)
    table = Path(str(read_yaml(PARAMS)["prepare"]["table"]))
    old = CONTRACT.read_text(encoding="utf-8")
    columns = accepted_of(table, contract)
    new = write.accepted_text(old, columns)
    with tempfile.TemporaryDirectory() as name:  # what is written must be a contract that holds
        trial_path = Path(name, "schema.yaml")
        trial_path.write_text(new, encoding="utf-8")
        violations = violations_of(table, load_contract(trial_path))
        refuse(violations, table, contract.csv, CONTRACT, "this is for a person to decide")
    params = PARAMS.read_text(encoding="utf-8")
    gone = {name for name, column in contract.columns.items()
            if name not in columns or columns[name].role != column.role}  # fmt: skip
    changes = {CONTRACT: (old, new), PARAMS: (params, write.params_without(params, gone))}
    console = show.console()
    console.print("\n".join(explained(contract.columns, columns)), markup=False)
    for path, (before, after) in changes.items():
        lines = (before.splitlines(), after.splitlines())
        diff = difflib.unified_diff(*lines, str(path), str(path), lineterm="", n=0)
        console.print("\n".join(diff) or f"{path} stays as it is", markup=False)
    if not arguments.dry_run:
        with replacing(*changes) as paths:
            for path, (_, after) in zip(paths, changes.values(), strict=True):
                path.write_text(after, encoding="utf-8")


def accepted_of(table: Path, contract: Contract) -> dict[str, Column]:
    """Return the columns that a table of any length keeps.

    What :func:`accepted` makes of a sample, and then, for what is broken elsewhere, of one batch
    after another.

    Raises
    ------
    InputError
        As :func:`accepted`.
    """
    columns = accepted(sampled(table, contract.csv).frame, contract)
    for batch in shown(read_batches(table, contract.csv), f"{table}"):
        columns = accepted(as_frame(batch), contract.model_copy(update={"columns": columns}))
    return {name: _in_order(column, contract.columns.get(name)) for name, column in columns.items()}


def _in_order(column: Column, known: Column | None) -> Column:
    """Put levels that were added into one order, in whichever batches they came."""
    if known is None or known.levels is None or column.levels is None:
        return column
    added = sorted(set(column.levels) - set(known.levels))
    return column.model_copy(update={"levels": [*known.levels, *added]})


def violations_of(table: Path, contract: Contract) -> list[Violation]:
    """Return how a table breaks a contract, counted over all of its batches."""
    found = list[Violation]()
    for raw in frames(shown(read_batches(table, contract.csv), f"{table}")):
        found = merge_violations([*found, *validate_table(raw, contract)[1]])
    return found


def accepted(raw: pd.DataFrame, contract: Contract) -> dict[str, Column]:
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
    if contract.target not in names:
        raise InputError(
            f"the target {contract.target!r} is not in the table: that is another table, not a new "
            "version. Bring it with `make adopt TABLE=… TARGET=…`."
        )
    _, violations = validate_table(raw, contract)
    broken = {violation.column for violation in violations}
    order = [name for name in contract.columns if name in names]
    order += [name for name in names if name not in contract.columns]
    columns = {}
    for name in order:
        known = contract.columns.get(name)
        if known is None:
            columns[name] = _inferred(raw[name], contract.csv.decimal)
        elif name in broken and known.role != "weight":  # which has no rule to widen
            columns[name] = _widened(known, raw[name], contract.csv.decimal)
        else:
            columns[name] = known
    return columns


def explained(old: Mapping[str, Column], new: Mapping[str, Column]) -> list[str]:
    """Say which columns went, came or may have been renamed, and what follows for the gate."""
    gone = [name for name in old if name not in new]
    came = [name for name in new if name not in old]
    lines = []
    for name in came:
        role = f"{name}: new, taken for a {new[name].kind} {new[name].role}"
        alike = [other for other in gone if old[other].kind == new[name].kind]
        close = difflib.get_close_matches(name, alike, n=1, cutoff=0.5)
        renamed = close[0] if close else alike[0] if len(alike) == len(came) == 1 else ""
        lines.append(f"{role}. Is it {renamed}, renamed? Then give it role {old[renamed].role} and "
                     "the rules that it had." if renamed else f"{role}.")  # fmt: skip
    lines += [f"{name}: gone, with its rules and slices." for name in gone]
    if any(old[name].role == "feature" for name in gone):
        lines.append(
            "The published model needs what is gone, so the gate cannot compare with it and is "
            "inconclusive: see docs/gate.md, columns that change."
        )
    return lines


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
    converted = convert(cells, known, decimal)
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


if __name__ == "__main__":
    run(main, Arguments)
