"""Rows that a model cannot tell apart: how many there are, and how good a model can be for them."""

from __future__ import annotations

from collections.abc import Iterable
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
    straddling
        Test rows that equal a training row in every feature and the target.
    """

    rows: int
    disagreeing: int
    ceiling: float
    straddling: int


def equal_rows(parts: Iterable[npt.NDArray[Any]]) -> EqualRows:
    """Count over all parts of a table.

    Parameters
    ----------
    parts
        Records with the fields ``key``, equal where features are; ``answer``, the target as a float
        or the hash of a class; ``test``, whether the row is in the test set. Rows of one key are in
        one part.
    """
    rows = disagreeing = straddling = most = 0
    spread, within = _Spread(), 0.0
    for part in parts:
        codes, _ = pd.factorize(part["key"])
        sizes, answers = np.bincount(codes), part["answer"]
        pairs = pd.DataFrame({"key": codes, "answer": answers, "test": part["test"]})
        equal = pairs.groupby(["key", "answer"])["test"].agg(["size", "sum"])
        together = sizes > 1
        differ = equal.groupby("key").size().to_numpy() > 1
        rows += int(sizes[together].sum())
        disagreeing += int(sizes[together & differ].sum())
        straddling += int(equal["sum"][equal["sum"] < equal["size"]].sum())
        most += int(equal["size"].groupby("key").max().sum())
        if answers.dtype.kind == "f":
            within += float(((answers - (np.bincount(codes, answers) / sizes)[codes]) ** 2).sum())
            spread.add(answers)
        else:
            spread.count += len(answers)
    unexplained = within / spread.squares if spread.squares else 1 - most / max(1, spread.count)
    return EqualRows(rows, disagreeing, 1 - unexplained, straddling)


@dataclass
class _Spread:
    """The sum of squared differences from the mean, merged part by part.

    Chan, Golub and LeVeque (1983), Algorithms for Computing the Sample Variance.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, values: npt.NDArray[np.float64]) -> None:
        own, count = float(values.mean()), self.count + len(values)
        shift, share = own - self.mean, len(values) / count
        self.squares += float(((values - own) ** 2).sum()) + shift**2 * self.count * share
        self.mean, self.count = self.mean + shift * share, count
