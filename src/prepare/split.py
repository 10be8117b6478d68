"""Deal rows to the training and the test set by what they are, not by where they stand.

A row's side follows from a hash of its key alone. So equal rows never straddle the sets, the split
needs no seed, and appending rows never moves an old row from one side to the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.errors import InputError
from src.schema import ROW_KEY, Schema

Hashes = npt.NDArray[np.uint64]


def hash_rows(frame: pd.DataFrame) -> Hashes:
    """Hash each row's values to 64 bits, shape ``(rows,)``; names and index play no part.

    The hash is :func:`pandas.util.hash_pandas_object`. A test pins its values, so that a new
    version of pandas cannot move rows unnoticed.
    """
    # A column's dtype depends on whether it has nulls; its rows' hashes may not.
    plain = frame.astype(dict.fromkeys(frame.select_dtypes(["bool", "boolean"]), "str"))
    return np.asarray(pd.util.hash_pandas_object(plain, index=False), dtype=np.uint64)


def row_keys(frame: pd.DataFrame, schema: Schema) -> Hashes:
    """Hash each row's key: its ``id`` columns, or without any all columns not ignored."""
    names = schema.names("id") or schema.names("feature", "target", "group", "time")
    return hash_rows(frame[names])


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
