"""What each column is for: feature, id, group, time, or to be left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution

from src.adopt.profile import ColumnProfile
from src.base.contract import Role
from src.tables.findings import MIN_STEPS, shown
from src.target_leakage.find import Leak, find, sample
from src.target_leakage.single import truth_of

QUESTION = "a group?"
"""How the reason of a column begins that a person should decide on."""

_ID = re.compile(
    r"(?:^|[\W_]|(?<=[a-z]))(?:id|ids|uuid|guid|key|index|rownum|row|nr|no|number)$", re.IGNORECASE
)


NAMING = ("text", "categorical", "numeric")
"""Kinds of columns that may name rows or groups."""


@dataclass(frozen=True)
class Roles:
    """The role and the reason of every column but the target, and the leakage that was found."""

    of: dict[str, tuple[Role, str]]
    leaks: tuple[Leak, ...]

    def names(self, role: Role) -> list[str]:
        """Return the columns that have a role."""
        return [name for name, (found, _) in self.of.items() if found == role]


def assign(
    profiles: Mapping[str, ColumnProfile], target: str, chosen: Mapping[str, Role],
    drawn: Mapping[str, pd.DataFrame], *, regression: bool,
) -> Roles:  # fmt: skip
    """Decide on every column but the target; what a person has chosen stands.

    ``drawn`` are, of columns that may name groups, all rows of some groups: see
    :class:`src.adopt.count.Groups`. Of other columns the rows that are held are looked at.
    """
    truth = profiles[target].cells
    roles = {}
    for name, found in profiles.items():
        if name != target and name not in chosen:
            held = pd.DataFrame({"group": found.cells, "truth": truth})
            roles[name] = _role(found, drawn.get(name, held), regression=regression)
    roles |= {name: (role, "as you said") for name, role in chosen.items()}
    for role in ("time", "group"):
        _one_of(roles, role, chosen)
    names = [name for name, (role, _) in roles.items()
             if role in ("feature", "time") and name not in chosen]  # fmt: skip
    leaks = _leaks(profiles, names, target, regression=regression)
    certain = {name: f"target leakage: {leak.evidence}" for leak in leaks
               if leak.grade == "certain" for name in leak.columns}  # fmt: skip
    if set(certain) < {name for name in names if roles[name][0] == "feature"}:
        roles |= {name: ("ignore", why) for name, why in certain.items()}
    ordered = {name: roles[name] for name in profiles if name != target}
    return Roles(ordered, tuple(leaks))


def _role(found: ColumnProfile, groups: pd.DataFrame, *, regression: bool) -> tuple[Role, str]:
    """Return what one column is for, looking at nothing but it and the target."""
    if found.constant:
        value = f"one value, {shown(found.cells.iloc[0])}" if found.levels else found.why
        return "ignore", value
    named = names_ids(found)
    if found.kind in NAMING and _names_rows(found, named=named):
        return "id", "no two rows share one"
    if found.kind in NAMING and named and _names_groups(found):
        if _alike(groups["group"], groups["truth"], regression=regression):
            return "group", f"{found.levels:,} ids in {found.rows:,} rows, the target alike in each"
        return "feature", f"{QUESTION}: {found.levels:,} values, the target not alike in each"
    if found.kind == "datetime" and found.facts.ordered and found.levels > MIN_STEPS:
        return "time", "rows come in its order"
    return "feature", found.why


def names_ids(found: ColumnProfile) -> bool:
    """Tell whether a column is called like what names rows or groups."""
    return bool(_ID.search(found.name))


def _names_rows(found: ColumnProfile, *, named: bool) -> bool:
    facts = found.facts
    if not facts.distinct:
        return False
    if found.kind == "numeric":
        counted = facts.low in (0, 1) and facts.high == facts.low + facts.rows - 1
        return facts.integers and (counted or named)
    return named or not found.cells.head(1_000).str.contains(r"\s").any()


def _names_groups(found: ColumnProfile) -> bool:
    whole = found.kind != "numeric" or found.facts.integers
    return whole and not found.nulls and max(20, found.rows / 50) <= found.levels < 0.9 * found.rows


def _alike(cells: pd.Series[Any], truth: pd.Series[Any], *, regression: bool) -> bool:
    """Tell whether the target is more alike within a value than chance leaves it.

    One-way analysis of variance (Fisher 1925); of classes, of each class as a column of 0 and 1.
    """
    known = truth.notna().to_numpy()
    codes = pd.factorize(cells[known])[0]
    columns = truth_of(truth[known].astype("float64" if regression else "str"))
    sizes = np.bincount(codes)
    between, within = len(sizes) - 1, len(codes) - len(sizes)
    if within < len(sizes) / 2:  # most values stand in one row
        return False
    for column in columns.T:
        means = np.bincount(codes, column) / sizes
        rest = float(((column - means[codes]) ** 2).sum()) / within
        spread = float((sizes * (means - column.mean()) ** 2).sum()) / between
        if spread > 0 and (rest == 0 or f_distribution.sf(spread / rest, between, within) < 1e-4):
            return True
    return False


def _one_of(roles: dict[str, tuple[Role, str]], role: Role, chosen: Mapping[str, Role]) -> None:
    """Leave a role that one column may have to the one chosen, else to the first."""
    candidates = [name for name, (found, _) in roles.items() if found == role]
    first = next(iter([name for name in candidates if name in chosen] or candidates), "")
    for name in candidates:
        if name != first:
            roles[name] = ("feature", f"could have role {role}, which {first} has")


def _leaks(
    profiles: Mapping[str, ColumnProfile], names: list[str], target: str, *, regression: bool
) -> list[Leak]:
    aim = profiles[target].cells
    known = pd.DataFrame({name: profiles[name].cells for name in [*names, target]})
    drawn = sample(known[aim.notna().to_numpy()])
    truth = drawn[target].astype("float64" if regression else "str")
    return find(drawn[names], truth)
