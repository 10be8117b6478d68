"""Check, clean and split the raw table.

Usage: python -m src.prepare TABLE SCHEMA TRAIN TEST COUNTS PROFILE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from src import lock, params, schema
from src.checks import check, refuse
from src.errors import InputError, run
from src.files import replacing, rounded, write_json
from src.findings import findings, listed
from src.prepare import clean, split
from src.prepare.profile import lines, profile
from src.tables import read_table, write_parquet


def main() -> None:
    """Read the table, write both sets, the counts and the profile, or nothing."""
    table, contract_path, *outputs = map(Path, sys.argv[1:])
    settings = params.load(params.Prepare)
    contract = schema.load(contract_path)
    frame, violations = check(read_table(table, contract.csv), contract)
    refuse(violations, table, contract_path)

    rows = len(frame)
    if settings.drop_duplicates:
        frame = clean.drop_duplicates(frame)
    distinct = len(frame)
    frame = clean.drop_missing_target(frame, contract.target)
    if frame.empty:
        raise InputError(
            f"{table}: column {contract.target}: all {distinct:,} cells are null, so there is "
            "nothing to learn. Fill the target, or name another in data/schema.yaml."
        )
    frame = frame.drop(columns=contract.names("ignore"))
    keys = split.row_keys(frame, contract)
    in_test = _in_test(frame, keys, contract, settings.split)
    frame = split.with_row_key(frame, keys)
    train, test = frame[~in_test], frame[in_test]
    _require_learnable(train, test, contract, table)

    counts: dict[str, Any] = {
        "raw": rows,
        "duplicates_dropped": rows - distinct,
        "without_target_dropped": distinct - len(frame),
        "train": len(train),
        "test": len(test),
    }
    found = findings(train, test, contract, settings.split.by)
    settled = sum(bool(finding.reason) for finding in found)
    content = {
        "table": {"path": table.as_posix(), "md5": lock.md5(table)},
        "split": settings.split.model_dump(),
        "rows": counts,
        "columns": {"feature": len(contract.features)},
        "warnings": {"open": len(found) - settled, "acknowledged": settled},
    }
    with replacing(*outputs) as (train_path, test_path, counts_path, profile_path):
        write_parquet(train, train_path)
        write_parquet(test, test_path)
        write_json(content, counts_path)
        profile_path.write_text(lines(rounded(profile(train, contract))), encoding="utf-8")
    print(f"{table}: " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    print(*listed(found), sep="\n", end="\n" if found else "")


def _in_test(
    frame: pd.DataFrame, keys: split.Hashes, contract: schema.Schema, settings: params.Split
) -> npt.NDArray[np.bool_]:
    if settings.by == "row":
        return split.below(keys, settings.test_size)
    names = contract.names(settings.by)
    if not names:
        raise InputError(
            f"params.yaml: prepare.split.by is {settings.by!r}, but no column of data/schema.yaml "
            f"has role {settings.by!r}. Give one that role, or split by 'row'."
        )
    if settings.by == "group":
        return split.below(split.hash_rows(frame[names]), settings.test_size)
    return split.after(frame[names[0]], settings.cutoff, settings.test_size)


def _require_learnable(
    train: pd.DataFrame, test: pd.DataFrame, contract: schema.Schema, table: Path
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


if __name__ == "__main__":
    run(main)
