"""Assign rows to the training and the test set by what they are, not by where they stand.

A row's side follows from a hash of its key alone. So rows that a model cannot tell apart never
straddle the sets, the split needs no seed, and appending rows never moves an old row to the other
side.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from src.base.contract import ROW_KEY, Contract, Role
from src.base.errors import InputError
from src.prepare.settings import Split
from src.tables.row_hash import Hashes, hash_rows

Cutoff: TypeAlias = float | pd.Timestamp


def sided(
    batches: Iterable[pd.DataFrame], contract: Contract, settings: Split, cutoff: Cutoff | None
) -> Iterator[tuple[pd.DataFrame, npt.NDArray[np.bool_]]]:
    """Put each row's key in front, and tell which rows are in the test set; see :func:`in_test`."""
    for frame in batches:
        keys = row_keys(frame, contract, settings.by)
        yield with_row_key(frame, keys), in_test(frame, keys, contract, settings, cutoff)


def in_test(
    frame: pd.DataFrame,
    keys: Hashes,
    contract: Contract,
    settings: Split,
    cutoff: Cutoff | None,
) -> npt.NDArray[np.bool_]:
    """Tell which rows are in the test set, shape ``(rows,)``.

    Parameters
    ----------
    cutoff
        Of a split by time, as :func:`find_cutoff` returns it.
    """
    if settings.by == "row":
        return below(keys, settings.test_size)
    if settings.by == "group":
        return below(hash_rows(frame[contract.names("group")]), settings.test_size)
    return np.asarray(frame[contract.names("time")[0]] >= cutoff)


def require_role(contract: Contract, settings: Split) -> None:
    """Refuse a split by a role that no column has.

    Raises
    ------
    InputError
        Names the role.
    """
    if settings.by != "row" and not contract.names(settings.by):
        raise InputError(
            f"params.yaml: prepare.split.by is {settings.by!r}, but no column of data/schema.yaml "
            f"has role {settings.by!r}. Give one that role, or split by 'row'."
        )


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
    digits = keys.astype(">u8").tobytes().hex().encode()
    ends = np.arange(0, len(digits) + 1, 16, dtype=np.int64)
    cells = pa.LargeStringArray.from_buffers(len(keys), pa.py_buffer(ends), pa.py_buffer(digits))
    return pd.concat([pd.Series(cells, name=ROW_KEY, dtype="str"), frame], axis=1)


def below(hashes: Hashes, share: float) -> npt.NDArray[np.bool_]:
    """Tell which hashes lie in the first ``share`` of all 64-bit numbers."""
    return hashes < np.uint64(int(share * 2**64))


def find_cutoff(times: pd.Series[Any], cutoff: str | None, test_size: float) -> Cutoff:
    """Return from which time on rows are in the test set; by default the latest ``test_size``.

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
        return cast("Cutoff", times.quantile(1 - test_size, interpolation="higher"))
    try:
        return _number(cutoff) if pd.api.types.is_numeric_dtype(times) else _utc(cutoff)
    except (ValueError, TypeError):
        raise InputError(
            f"params.yaml: prepare.split.cutoff: found {cutoff!r}, expected a value of the column "
            f"{times.name}, such as '{times.iloc[0]}'."
        ) from None


def _number(cutoff: str) -> float:
    found = float(cutoff)
    if not math.isfinite(found):
        raise ValueError(cutoff)
    return found


def _utc(cutoff: str) -> pd.Timestamp:
    """Read a date or a time as the table's times are kept, in UTC and without a zone.

    Only what begins with a year: ``now`` would be another cutoff each day.
    """
    if not re.match(r"\d{4}", cutoff):
        raise ValueError(cutoff)
    found = pd.Timestamp(cutoff)
    return found.tz_convert(None) if found.tzinfo else found
