"""The prepared tables: what prepare writes, what train and evaluate read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from src.base.contract import ROW_KEY, Contract
from src.base.errors import InputError
from src.base.kinds import KINDS


def read_prepared(path: Path, contract: Contract) -> pd.DataFrame:
    """Read a training or test set that prepare wrote.

    Raises
    ------
    InputError
        The file is missing, unreadable, empty or lacks a column of the contract.
    """
    again = "Make it again with `dvc repro --force prepare`."
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are of both kinds
        raise InputError(f"{path}: cannot be read ({error}). {again}") from None
    missing = {ROW_KEY, *contract.features, contract.target} - set(frame.columns)
    if missing or frame.empty:
        raise InputError(f"{path}: {len(frame)} rows, missing columns {sorted(missing)}. {again}")
    return frame


COMPRESSION: Literal["zstd"] = "zstd"


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write Parquet; the bytes depend on the frame and the locked pyarrow only."""
    frame.to_parquet(path, engine="pyarrow", compression=COMPRESSION, index=False)


def as_features(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return the columns the model takes, each in the dtype of its kind."""
    dtypes = {name: KINDS[contract.columns[name].kind].model_dtype for name in contract.features}
    features = frame[contract.features]
    return features.astype({name: dtype for name, dtype in dtypes.items() if dtype})
