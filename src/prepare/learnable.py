"""Refuse sets from which nothing can be learned or measured."""

from __future__ import annotations

from pathlib import Path

from src.base.contract import Contract
from src.base.errors import InputError
from src.prepare.sets import Sets


def require_learnable(sets: Sets, distinct: int, contract: Contract, table: Path) -> None:
    """Refuse a table without a target, an empty set, or classes that are in one set only.

    Parameters
    ----------
    distinct
        Rows of the table without the repeated ones.

    Raises
    ------
    InputError
        Says which it is.
    """
    train, test = sets.counts
    if not train + test:
        raise InputError(
            f"{table}: column {contract.target}: all {distinct:,} cells are null, so there is "
            "nothing to learn. Fill the target, or name another in data/schema.yaml."
        )
    for name, rows in {"training": train, "test": test}.items():
        if not rows:
            raise InputError(
                f"{table}: the {name} set is empty ({train} training, {test} test rows). "
                "Bring more rows, or change prepare.split in params.yaml."
            )
    if contract.task == "regression":
        return
    known, tested = (set(counts.index[counts > 0]) for counts in sets.classes)
    for name, classes, rows in (("training", known, train), ("test", tested, test)):
        if len(classes) < 2:
            raise InputError(
                f"{table}: column {contract.target}: the {name} set ({rows} rows) holds one class "
                f"only, {sorted(map(str, classes))}; expected two or more. Bring rows of the other "
                "classes."
            )
    unseen = sorted(map(str, tested - known))
    if unseen:
        raise InputError(
            f"{table}: column {contract.target}: {unseen} occurs in the test set only, so no model "
            "can learn it. Bring more rows of it, or merge it with another class."
        )
