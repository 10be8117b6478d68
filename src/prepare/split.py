"""Assign rows to the training and the test set by what they are, not by where they stand.

A row's side follows from a hash of its key alone. So rows that a model cannot tell apart never
straddle the sets, the split needs no seed, and appending rows never moves an old row to the other
side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.base.contract import ROW_KEY, Contract, Role
from src.base.errors import InputError
from src.prepare.settings import Split

Hashes = npt.NDArray[np.uint64]


def split(
    frame: pd.DataFrame, contract: Contract, settings: Split
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the training and the test set, each row's key in front.

    Raises
    ------
    InputError
        No column has the role that rows are to be split by, or a time cannot be compared.
    """
    keys = row_keys(frame, contract, settings.by)
    in_test = _in_test(frame, keys, contract, settings)
    keyed = with_row_key(frame, keys)
    return keyed[~in_test], keyed[in_test]


def _in_test(
    frame: pd.DataFrame, keys: Hashes, contract: Contract, settings: Split
) -> npt.NDArray[np.bool_]:
    if settings.by == "row":
        return below(keys, settings.test_size)
    names = contract.names(settings.by)
    if not names:
        raise InputError(
            f"params.yaml: prepare.split.by is {settings.by!r}, but no column of data/schema.yaml "
            f"has role {settings.by!r}. Give one that role, or split by 'row'."
        )
    if settings.by == "group":
        return below(hash_rows(frame[names]), settings.test_size)
    return after(frame[names[0]], settings.cutoff, settings.test_size)


def hash_rows(frame: pd.DataFrame) -> Hashes:
    """Hash each row's values to 64 bits, shape ``(rows,)``; names and index play no part.

    The hash is :func:`pandas.util.hash_pandas_object`. A test pins its values, so that a new
    version of pandas cannot move rows unnoticed.
    """
    # A column's dtype depends on whether it has nulls; its rows' hashes may not.
    plain = frame.astype(dict.fromkeys(frame.select_dtypes(["bool", "boolean"]), "str"))
    return np.asarray(pd.util.hash_pandas_object(plain, index=False), dtype=np.uint64)


def row_keys(frame: pd.DataFrame, contract: Contract, by: str) -> Hashes:
    """Hash each row's key: its ``id`` columns, or without any its features.

    Where rows are split by group or time, their key only names them, and without an id it is made
    of all columns not ignored.
    """
    roles: tuple[Role, ...] = (
        ("feature",) if by == "row" else ("feature", "target", "group", "time")
    )
    return hash_rows(frame[contract.names("id") or contract.names(*roles)])


def with_row_key(frame: pd.DataFrame, keys: Hashes) -> pd.DataFrame:
    """Put the keys in front, as 16 hexadecimal digits each."""
    return pd.concat(
        [pd.Series([f"{key:016x}" for key in keys], name=ROW_KEY, dtype="str"), frame], axis=1
    )


def below(hashes: Hashes, share: float) -> npt.NDArray[np.bool_]:
    """Tell which hashes lie in the first ``share`` of all 64-bit numbers."""
    return hashes < np.uint64(int(share * 2**64))


def after(times: pd.Series[Any], cutoff: str | None, test_size: float) -> npt.NDArray[np.bool_]:
    """Tell which rows come at or after the cutoff; without one, the latest ``test_size`` of them.

    Rows of one time stay on one side. Without a cutoff the boundary moves as data is appended.

    Raises
    ------
    InputError
        A time is null, or the cutoff is of another kind than the times.
    """
    if times.isna().any():
        raise InputError(
            f"data/schema.yaml: {times.name} has role 'time' and {int(times.isna().sum())} nulls; "
            "a row without a time belongs to no side. Make the column not nullable."
        )
    if cutoff is None:
        return np.asarray(times >= times.quantile(1 - test_size, interpolation="higher"))
    try:
        bound = float(cutoff) if pd.api.types.is_numeric_dtype(times) else pd.Timestamp(cutoff)
        return np.asarray(times >= bound)
    except (ValueError, TypeError):
        raise InputError(
            f"params.yaml: prepare.split.cutoff: found {cutoff!r}, expected a value of the column "
            f"{times.name}, such as '{times.iloc[0]}'."
        ) from None
