"""From the cells to a contract and parameters that follow from it, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from src.adopt.choices import Choices
from src.adopt.count import Profiled
from src.adopt.facts import COUNTED
from src.adopt.model import Model, suited
from src.adopt.profile import SEEN_OFTEN, ColumnProfile, rules
from src.adopt.roles import assign
from src.base.contract import CONTRACT, WEIGHTS, Contract, Csv, Role, contract_of
from src.base.errors import InputError, did_you_mean
from src.target_leakage.find import Leak

MOST_CLASSES = 10
"""Whole numbers of more values than this are a number to predict, not classes."""

COPIES = 0.05
"""Share of equal rows above which they are taken for different events that look alike."""

_YES = ("1", "yes", "y", "true", "t", "positive", "pos")

SplitBy = Literal["row", "group", "time"]


@dataclass(frozen=True)
class Proposal:
    """The contract and the parameters.

    Attributes
    ----------
    reasons
        Why each column got its kind and role.
    """

    contract: Contract
    reasons: Mapping[str, str]
    split: SplitBy
    why_split: str
    why_task: str
    drop_duplicates: bool
    why_duplicates: str
    model: Model
    slices: tuple[str, ...]
    leaks: tuple[Leak, ...]
    choices: Choices


def propose(table: Profiled, choices: Choices, csv: Csv, source: dict[str, str]) -> Proposal:
    """Decide on everything.

    Raises
    ------
    InputError
        The target cannot be predicted, or no feature is left.
    """
    target, profiles = choices.target, table.columns
    aim, why_task = _target(profiles[target], table.classes, choices)
    is_number = aim["kind"] == "numeric"
    assigned = assign(profiles, target, choices.roles, table.groups, regression=is_number)
    roles = assigned.of
    if not assigned.names("feature"):
        raise InputError(
            f"no column is left to predict {target!r} from: "
            + "; ".join(f"{name}: {why}" for name, (_, why) in list(roles.items())[:5])
        )
    features = [profiles[name] for name, (role, _) in roles.items() if role == "feature"]
    any_null = any(0 < found.nulls < SEEN_OFTEN for found in features)
    columns = {
        name: aim if name == target else _column(found, *roles[name], any_null=any_null)
        for name, found in profiles.items()
    }
    content = {"source": source, "csv": csv.model_dump(), "columns": columns}
    contract = contract_of(content, CONTRACT)
    times, groups = contract.names("time"), contract.names("group")
    split: SplitBy = "time" if times else "group" if groups else "row"
    said = "you named a " if choices.time or choices.group else ""
    why_split = {
        "time": f"{said}time, {''.join(times)}: the model will predict later rows",
        "group": f"several rows share one {''.join(groups)}, which a test set must not share",
        "row": "neither a time in order nor a repeated id was found",
    }[split]
    has_id = bool(contract.names("id"))
    drop, why_drop = _duplicates(table.equal, profiles[target].rows, has_id=has_id)
    model = suited(contract, profiles[target], table.classes, table.held, choices.extras)
    return Proposal(
        contract=contract,
        reasons={target: why_task, **{name: why for name, (_, why) in roles.items()}},
        split=split,
        why_split=why_split,
        why_task=why_task,
        drop_duplicates=drop,
        why_duplicates=why_drop,
        model=model,
        slices=tuple(_slices(contract, profiles)),
        leaks=assigned.leaks,
        choices=choices,
    )


def require_names(table: str, names: Iterable[str]) -> None:
    """Refuse a column without a name.

    Raises
    ------
    InputError
        Says which, and where it may come from.
    """
    for place, name in enumerate(names, 1):
        if not name.strip():
            raise InputError(
                f"{table}: column {place} has no name, as where pandas has written its index. "
                "Write the table without it (`to_csv(…, index=False)`), or name the column."
            )


def require_target(target: str, names: Iterable[str]) -> None:
    """Refuse a target that is no column.

    Raises
    ------
    InputError
        Names the closest column.
    """
    known = list(names)
    if target not in known:
        shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        raise InputError(
            f"TARGET={target}: the table has no such column{did_you_mean(target, known)} It has "
            f"{shown}."
        )


def _target(
    found: ColumnProfile, counts: pd.Series[int], choices: Choices
) -> tuple[dict[str, Any], str]:
    """Return the target's entry in the contract, and what makes the task."""
    name = found.name
    if found.levels < 2:
        raise InputError(
            f"column {name}: the target has {found.levels} distinct values; two or more are needed."
        )
    if found.kind == "datetime":
        raise InputError(f"column {name}: the target holds times. Name a number or classes.")
    whole = found.kind == "numeric" and found.facts.integers
    few = found.levels == 2 or (whole and found.levels <= MOST_CLASSES)
    if choices.task == "regression" and found.kind != "numeric":
        raise InputError(f"TASK=regression: column {name} is {found.kind}, expected numbers.")
    if choices.task == "binary" and found.levels != 2:
        raise InputError(f"TASK=binary: column {name} has {found.levels:,} values, expected 2.")
    if choices.task == "multiclass" and found.levels < 3:
        raise InputError(f"TASK=multiclass: column {name} has 2 values: TASK=binary.")
    if found.kind == "numeric" and (choices.task == "regression" or not (choices.task or few)):
        return {"kind": "numeric", "role": "target"}, f"{found.levels:,} different numbers"
    if found.levels > max(2, found.rows / 2) or found.levels > COUNTED:
        first = found.cells.dropna().head(3).tolist()
        raise InputError(
            f"column {name}: the target has {found.levels:,} different texts in {found.rows:,} "
            f"rows, such as {first}: too many for classes, and they are no numbers. Fix the "
            "cells that are no numbers, or name another target."
        )
    levels = sorted(map(str, counts.index))
    yes = [level for level in levels if level.strip().lower() in _YES]
    rarer = min(levels, key=lambda level: (counts[level], level))
    wanted = choices.positive
    if wanted is not None and (len(levels) != 2 or wanted not in levels):
        raise InputError(
            f"POSITIVE={wanted}: expected one of two classes, column {name} has {levels[:12]}"
            f"{did_you_mean(wanted, levels)}"
        )
    positive = {"positive": wanted or (yes[0] if yes else rarer)} if len(levels) == 2 else {}
    entry = {"kind": "categorical", "role": "target", "levels": levels, **positive}
    return entry, f"{found.levels} classes"


def _column(found: ColumnProfile, role: Role, why: str, *, any_null: bool) -> dict[str, Any]:
    """Return a column's entry in the contract.

    Where a feature is null in a few rows only, that others are in none is chance: any may be null.
    """
    if role == "ignore":
        return {"kind": found.kind, "role": role, "description": why}
    if role in ("id", "group"):
        return {"kind": "text", "role": role}
    if role == "weight":
        _require_weights(found)
        return {"kind": "numeric", "role": role}
    nullable = {"nullable": True} if any_null and role == "feature" else {}
    return {"kind": found.kind, "role": role, **nullable, **rules(found)}


def _require_weights(found: ColumnProfile) -> None:
    numbers, (low, high) = found.kind == "numeric" and not found.nulls, WEIGHTS
    if not numbers or found.facts.low < low or found.facts.high > high:
        ends = f" from {found.facts.low:g} to {found.facts.high:g}" if numbers else ""
        raise InputError(
            f"WEIGHT={found.name}: expected numbers from {low:g} to {high:g} and no nulls, found "
            f"{found.kind} cells{ends} with {found.nulls:,} nulls. Fill or drop such rows, or name "
            "another column."
        )


def _duplicates(equal: int | None, rows: int, *, has_id: bool) -> tuple[bool, str]:
    """Decide whether equal rows are copies or events that look alike."""
    if equal is None:
        return False, "cells that are containers cannot be compared"
    share = equal / rows
    if not has_id and share > COPIES:
        return False, (f"{equal:,} rows ({100 * share:.2g} %) equal another: taken for events that "
                       "look alike; a hash of the whole row keeps them on one side")  # fmt: skip
    return True, f"{equal:,} rows equal another in every column"


def _slices(contract: Contract, profiles: Mapping[str, ColumnProfile], most: int = 2) -> list[str]:
    """Return features whose every level has a fair share of the rows, people's traits first."""
    traits = re.compile(r"sex|gender|age\b|race|ethnic|region|country|site|hospital", re.IGNORECASE)

    def fair(name: str) -> bool:
        found, column = profiles[name], contract.columns[name]
        if column.kind not in ("categorical", "boolean") or found.levels > 8:
            return False
        return float(found.counts.min() / found.counts.sum()) >= 0.02

    candidates = [name for name in contract.features if fair(name)]
    numbers = [name for name in contract.features if contract.columns[name].kind == "numeric"]
    ranked = sorted(candidates, key=lambda name: not traits.search(name))
    return (ranked or numbers[:1])[:most]
