"""Drop the rows no model should see twice or cannot learn from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from src.base.contract import Contract
from src.base.errors import InputError
from src.prepare.settings import Prepare


def clean(
    frame: pd.DataFrame, contract: Contract, settings: Prepare, table: Path
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Drop duplicates, as far as the settings say, rows without a target and ignored columns.

    Of equal rows the first is kept; they are equal in every column, ignored ones included.

    Returns
    -------
    The rest, and the numbers of rows read and dropped.

    Raises
    ------
    InputError
        No row has a target.
    """
    rows = len(frame)
    if settings.drop_duplicates:
        frame = frame.drop_duplicates(ignore_index=True)
    distinct = len(frame)
    frame = frame.dropna(subset=[contract.target], ignore_index=True)
    if frame.empty:
        raise InputError(
            f"{table}: column {contract.target}: all {distinct:,} cells are null, so there is "
            "nothing to learn. Fill the target, or name another in data/schema.yaml."
        )
    counts = {
        "raw": rows,
        "duplicates_dropped": rows - distinct,
        "without_target_dropped": distinct - len(frame),
    }
    return frame.drop(columns=contract.names("ignore")), counts


def require_learnable(
    train: pd.DataFrame, test: pd.DataFrame, contract: Contract, table: Path
) -> None:
    """Refuse sets from which nothing can be learned or measured."""
    for name, part in {"training": train, "test": test}.items():
        if part.empty:
            raise InputError(
                f"{table}: the {name} set is empty ({len(train)} training, {len(test)} test rows). "
                "Bring more rows, or change prepare.split in params.yaml."
            )
    if contract.task == "regression":
        return
    known = set(train[contract.target].unique())
    for name, part in {"training": train, "test": test}.items():
        classes = sorted(map(str, set(part[contract.target].unique())))
        if len(classes) < 2:
            raise InputError(
                f"{table}: column {contract.target}: the {name} set ({len(part)} rows) holds one "
                f"class only, {classes}; expected two or more. Bring rows of the other classes."
            )
    unseen = sorted(map(str, set(test[contract.target].unique()) - known))
    if unseen:
        raise InputError(
            f"{table}: column {contract.target}: {unseen} occurs in the test set only, so no model "
            "can learn it. Bring more rows of it, or merge it with another class."
        )
