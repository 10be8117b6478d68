"""The hash that a row is known by: its side of the split and its label follow from it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Hashes = npt.NDArray[np.uint64]


def hash_rows(frame: pd.DataFrame) -> Hashes:
    """Hash each row's values to 64 bits, shape ``(rows,)``; names and index play no part.

    The hash is :func:`pandas.util.hash_pandas_object`. A test pins its values, so that a new
    version of pandas cannot move rows unnoticed.
    """
    # A column's dtype depends on whether it has nulls; its rows' hashes may not.
    plain = frame.astype(dict.fromkeys(frame.select_dtypes(["bool", "boolean"]), "str"))
    return np.asarray(pd.util.hash_pandas_object(plain, index=False), dtype=np.uint64)
