"""True labels that have arrived, by the key of the row that they belong to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from src.base.contract import ROW_KEY, Contract
from src.base.errors import InputError
from src.modelling.predictions import Integers, Predictions, labels, numbered, weight_of
from src.results.predictions_file import pair
from src.results.units import units
from src.tables.convert import Violation
from src.tables.read import frames, read_batches
from src.tables.row_hash import hash_rows
from src.tables.validate import merge_violations, refuse, validate_table


def key_columns(contract: Contract) -> list[str]:
    """Return the columns that a row is known by: its ids, or without any its features."""
    return contract.names("id") or contract.features


def beside(contract: Contract) -> list[str]:
    """Return the columns that say how much a row counts, and which rows belong together."""
    return contract.names("group", "time", "weight")


def keys_of(frame: pd.DataFrame, contract: Contract) -> pd.Series[int]:
    """Hash the key of each row; rows of one key have one hash."""
    return pd.Series(hash_rows(frame[key_columns(contract)]), name=ROW_KEY)


def read_labels(path: Path, contract: Contract, where: Path) -> pd.DataFrame:
    """Read labels: ``row_key``, the target, and what the table has of :func:`beside`.

    Rows without a label are left out: theirs has not arrived.

    Raises
    ------
    InputError
        A column of the key or the target is missing, or breaks the contract.
    """
    needed = [*key_columns(contract), contract.target]
    kept_frames, violations = list[pd.DataFrame](), list[Violation]()
    for batch in frames(batch for batch, _ in read_batches(path, contract.csv)):
        names = [name for name in [*needed, *beside(contract)] if name in batch]
        columns = {name: contract.columns[name] for name in dict.fromkeys([*needed, *names])}
        raw = batch[list(dict.fromkeys(names))]
        frame, found = validate_table(raw, contract.model_copy(update={"columns": columns}))
        violations = merge_violations([*violations, *found])
        if not violations:
            keyed = frame.set_axis(pd.RangeIndex(len(frame)))
            kept = keyed[[name for name in names if name not in key_columns(contract)]]
            kept = kept.assign(**{ROW_KEY: keys_of(keyed, contract)})
            kept_frames.append(kept[kept[contract.target].notna()])
    refuse(violations, path, contract.csv, where, "the labels must have the key of each row")
    return pd.concat(kept_frames, ignore_index=True)


def labelled(
    scored: pd.DataFrame, known: pd.DataFrame, template: Predictions, contract: Contract, split: str
) -> tuple[Predictions, Integers] | None:
    """Join labels to what was predicted.

    Parameters
    ----------
    scored
        ``row_key``, the columns ``0`` to ``k - 1`` of the output, and what the batch has of
        :func:`beside`, of the rows whose key has a label.
    known
        As of :func:`read_labels`.
    template
        Has the classes and the threshold.

    Returns
    -------
    Predictions with their truth and the unit of each row; None where no row has a label.

    Raises
    ------
    InputError
        A column is missing that says how much a row counts, or which rows belong together.
    """
    ours, theirs = pair(scored[ROW_KEY], known[ROW_KEY])
    if not len(ours):
        return None
    own, other = scored.iloc[ours], known.iloc[theirs]
    rows = pd.DataFrame({ROW_KEY: own[ROW_KEY].to_numpy()})
    needed = contract.names("weight", "group", *(("time",) if split == "time" else ()))
    for name in needed:
        source = next((side for side in (other, own) if name in side), None)
        if source is None or source[name].isna().any():
            raise InputError(
                f"column {name}: role {contract.columns[name].role} in data/schema.yaml, without "
                "which labelled rows cannot be scored; found it, or all of its cells, neither in "
                "the labels nor in the batch. Add it to the labels."
            )
        rows[name] = source[name].to_numpy()
    output = own[list(range(template.output.shape[1]))].to_numpy(np.float64)
    truth = numbered(labels(other[contract.target], contract), template.classes)
    made = Predictions(
        template.task, template.classes, truth, output, template.threshold,
        weight_of(rows, contract),
    )  # fmt: skip
    # The length of blocks of time follows from the influence on a mean, whichever the score.
    error = (truth != made.predicted) * 1.0 if made.classes else truth - made.predicted
    return made, units(rows, contract, split, error - error.mean()).codes
