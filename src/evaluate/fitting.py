"""Whether section ``evaluate`` of ``params.yaml`` fits the contract."""

from __future__ import annotations

from src.base.contract import Contract
from src.base.errors import InputError, did_you_mean
from src.base.kinds import KINDS
from src.evaluate.settings import Costs, Evaluate


def require_fitting(settings: Evaluate, contract: Contract) -> None:
    """Refuse settings that this contract leaves without meaning.

    Raises
    ------
    InputError
        A column to slice by is unknown, ignored, private, or neither numeric, categorical nor
        boolean; or there are costs, and the target has no two classes.
    """
    _require_sliceable(settings.slices.columns, contract)
    _require_costs_of_two_classes(settings.costs, contract)


def _require_sliceable(columns: list[str], contract: Contract) -> None:
    """Refuse slices by columns that have no levels."""
    for name in columns:
        key = f"params.yaml: evaluate.slices.columns: {name!r}"
        rest = f"Remove it there, and the bounds slices.{name}.* of gate.bounds, if any."
        if name not in contract.columns:
            known = did_you_mean(name, contract.columns)
            raise InputError(f"{key} is no column of data/schema.yaml{known} {rest}")
        column = contract.columns[name]
        if column.role == "ignore":
            raise InputError(f"{key} has role 'ignore' in data/schema.yaml; give it another role. "
                             f"Or: {rest}")  # fmt: skip
        if column.private:
            raise InputError(f"{key} is private in data/schema.yaml, and slices are named by its "
                             f"cells. {rest}")  # fmt: skip
        if not KINDS[column.kind].sliced:
            able = " or ".join(kind for kind, traits in KINDS.items() if traits.sliced)
            raise InputError(f"{key} is {column.kind}; expected a column of kind {able}. {rest}")


def _require_costs_of_two_classes(costs: Costs | None, contract: Contract) -> None:
    """Refuse costs of a threshold where there is none."""
    if costs is not None and contract.task != "binary":
        raise InputError(
            f"params.yaml: evaluate.costs: the target {contract.target} makes this a "
            f"{contract.task} task; false alarms and misses are of two classes. Set it to null."
        )
