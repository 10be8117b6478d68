"""What each column is for: feature, id, group, time, or to be left out."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from src.adopt.profile import ColumnProfile
from src.base.contract import Role
from src.tables import target_leakage
from src.tables.findings import in_order, shown

CERTAIN = 0.995
"""Share of the target that a feature explains alone above which it is left out."""

_ID = re.compile(
    r"(?:^|[\W_]|(?<=[a-z]))(?:id|ids|uuid|guid|key|index|rownum|row|nr|no|number)$", re.IGNORECASE
)


def assign(
    profiles: Mapping[str, ColumnProfile], target: str, *, regression: bool
) -> dict[str, tuple[Role, str]]:
    """Return role and reason of every column but the target."""
    roles = {name: _role(found) for name, found in profiles.items() if name != target}
    _one_of(roles, "time")
    _one_of(roles, "group")
    _leave_leakage_out(roles, profiles, target, regression=regression)
    return roles


def _role(found: ColumnProfile) -> tuple[Role, str]:
    """Return what one column is for, looking at nothing but it."""
    if found.constant:
        value = f"one value, {shown(found.cells.iloc[0])}" if found.levels else found.why
        return "ignore", value
    named = bool(_ID.search(found.name))
    if found.kind in ("text", "categorical", "numeric") and _names_rows(found, named=named):
        return "id", "no two rows share one"
    if found.kind in ("text", "categorical", "numeric") and named and _names_groups(found):
        return "group", f"{found.levels:,} ids in {found.rows:,} rows"
    if found.kind == "datetime" and in_order(found.cells):
        return "time", "rows come in its order"
    return "feature", found.why


def _names_rows(found: ColumnProfile, *, named: bool) -> bool:
    if not found.distinct:
        return False
    if found.kind == "numeric":
        values = np.sort(found.cells.to_numpy())
        counted = values[0] in (0, 1) and bool((np.diff(values) == 1).all())
        return counted or (named and bool((values % 1 == 0).all()))
    return named or not found.cells.head(1_000).str.contains(r"\s").any()


def _names_groups(found: ColumnProfile) -> bool:
    whole = found.kind != "numeric" or bool((found.cells.dropna() % 1 == 0).all())
    return whole and not found.nulls and max(20, found.rows / 50) <= found.levels < 0.9 * found.rows


def _one_of(roles: dict[str, tuple[Role, str]], role: Role) -> None:
    """Leave a role that one column may have to the first of those that could have it."""
    for name in [name for name, (found, _) in roles.items() if found == role][1:]:
        roles[name] = ("feature", f"could have role {role}, which another column has")


def _leave_leakage_out(
    roles: dict[str, tuple[Role, str]],
    profiles: Mapping[str, ColumnProfile],
    target: str,
    *,
    regression: bool,
) -> None:
    """Give role ignore to what knows the target for sure, unless nothing else is left."""
    names = [name for name, (role, _) in roles.items() if role in ("feature", "time")]
    aim = profiles[target].cells
    known = pd.DataFrame({name: profiles[name].cells for name in [*names, target]})
    drawn = target_leakage.sample(known[aim.notna().to_numpy()])
    truth = drawn[target] if regression else drawn[target].astype("str")
    features = drawn[names]
    shares = target_leakage.univariate_r2(features, truth)
    leaking = {name: f"explains {100 * share:.3g} % of {target} alone: target leakage?"
             for name, share in shares.items() if share >= CERTAIN}  # fmt: skip
    parts = target_leakage.parts_of_sum(features, truth)
    leaking |= dict.fromkeys(parts, f"{', '.join(parts)} add up to {target}: target leakage")
    for name in names:
        if name not in leaking and (other := target_leakage.named_after(name, list(leaking))):
            leaking[name] = f"named after {other}, which knows {target}: target leakage?"
    if set(leaking) < {name for name in names if roles[name][0] == "feature"}:
        roles |= {name: ("ignore", why) for name, why in leaking.items()}
