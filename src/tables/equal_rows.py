"""Rows that a model cannot tell apart: how many there are, and how good a model can be for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class EqualRows:
    """What the rows with equal features say of a table.

    Attributes
    ----------
    rows
        Rows whose features another row has, too.
    disagreeing
        Those of them among which the target differs.
    ceiling
        The best accuracy of any model on the table, or the best R² where the target is a number: it
        gives rows with equal features one answer, the most frequent class or the mean.
    """

    rows: int
    disagreeing: int
    ceiling: float


def equal_rows(keys: npt.NDArray[Any], target: pd.Series[float]) -> EqualRows:
    """Count; ``keys`` are equal where features are, and ``target`` holds classes or numbers."""
    codes, _ = pd.factorize(keys)
    sizes = np.bincount(codes)
    answers = target.astype("str") if target.dtype.kind not in "fiu" else target
    different = pd.Series(answers).groupby(codes).nunique().to_numpy()
    together = sizes > 1
    rows = int(sizes[together].sum())
    disagreeing = int(sizes[together & (different > 1)].sum())
    if target.dtype.kind in "fiu":
        values = target.to_numpy(np.float64)
        means = np.bincount(codes, values) / sizes
        total = float(((values - values.mean()) ** 2).sum())
        within = float(((values - means[codes]) ** 2).sum())
        return EqualRows(rows, disagreeing, 1 - within / total if total else 1.0)
    pairs = pd.DataFrame({"key": codes, "answer": answers.to_numpy()}).value_counts()
    most = pairs.groupby("key").max()
    return EqualRows(rows, disagreeing, float(most.sum()) / len(codes))
