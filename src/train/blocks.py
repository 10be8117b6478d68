"""Columns that lie on disk, read block by block while XGBoost is fitted to some of their rows."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost
from sklearn.base import BaseEstimator

from src.modelling.parallel import COPIES, available_memory
from src.modelling.predictions import Floats, Integers
from src.modelling.threads import available_cores, granted, limited

BLOCK = 2**18
"""Rows that are handed over at once."""

ROW_BYTES, CELL_BYTES, NULL_BYTES = 80, 2, 5
"""Memory that a fit takes: of a row, of a cell's bin, and of one where some cells are null.

Measured at 1 to 3 million rows with XGBoost 3.2: 97 bytes a row of 20 cells, 148 with nulls, 44
with bins on disk; besides, a row has its position and its truth.
"""


@dataclass(frozen=True)
class ColumnsFile:
    """Columns of float32 in a file, row by row.

    Attributes
    ----------
    nulls
        Whether any cell is one.
    """

    path: Path
    shape: tuple[int, int]
    nulls: bool

    def __getitem__(self, rows: Integers | slice) -> npt.NDArray[np.float32]:
        """Read some rows; nothing stays mapped."""
        mapped = np.memmap(self.path, np.float32, "r", shape=self.shape)
        return np.array(mapped[rows])

    def has_room(self, rows: int) -> bool:
        """Tell whether bins stay in memory: a quarter of what is free holds a fit of some rows."""
        return self.fit_bytes(rows, True) < (available_memory() or 0) / 4

    def fit_bytes(self, rows: int, in_memory: bool) -> int:
        """Return the memory that a fit of some rows is expected to take."""
        cell = NULL_BYTES if self.nulls else CELL_BYTES
        return int(rows) * (ROW_BYTES + (int(self.shape[1]) * cell if in_memory else 0))


@dataclass(frozen=True)
class FitRows:
    """Rows that an estimator is fitted to, where they lie.

    Attributes
    ----------
    places
        Theirs in the columns, and in truth and weight.
    classes
        How many there are; 0 of a regression.
    """

    columns: ColumnsFile
    places: Integers
    truth: npt.NDArray[Any]
    weight: Floats | None
    classes: int


def fit_blocks(
    estimator: BaseEstimator, rows: FitRows, workers: int, together: bool
) -> BaseEstimator:
    """Let XGBoost bin the blocks, in memory or in files, and fit the bins.

    Parameters
    ----------
    workers
        How many processes share the fit; these are the rows of one of them.
    together
        Whether the others are on this machine, too.
    """
    columns = rows.columns
    count = columns.shape[0] // (1 if together else workers)  # that this machine has to hold
    free, room = available_memory() or 0, columns.has_room(count)
    binned = xgboost.QuantileDMatrix if room else xgboost.ExtMemQuantileDMatrix
    need = columns.fit_bytes(count, room)
    alone = 2 * need > free and (workers == 1 or not together)  # no other fit has room beside it
    with (
        tempfile.TemporaryDirectory(dir=columns.path.parent) as folder,
        _all_cores(need // (8 * COPIES), estimator) if alone else contextlib.nullcontext(),
    ):
        blocks = _Blocks(rows, None if room else str(Path(folder) / "bins"))
        return _fitted(estimator, binned(blocks, max_bin=estimator.max_bin), rows.classes)


@contextlib.contextmanager
def _all_cores(cells: int, estimator: BaseEstimator) -> Iterator[None]:
    with granted(available_cores()), limited(cells, estimator):
        yield


def _fitted(estimator: BaseEstimator, matrix: xgboost.DMatrix, classes: int) -> BaseEstimator:
    """Fit an estimator to rows that are binned already.

    All else that fitting does, such as choosing the loss by the number of classes, is left to it.
    """
    estimator._create_dmatrix = lambda ref, **_: matrix  # noqa: ARG005 - instead of from arrays
    try:
        return estimator.fit(np.empty((0, matrix.num_col())), np.arange(classes))
    finally:
        del estimator._create_dmatrix


class _Blocks(xgboost.DataIter):
    """Rows of a table on disk, in their order, as XGBoost asks for them."""

    def __init__(self, rows: FitRows, cache: str | None) -> None:
        self._rows, self._first = rows, 0
        super().__init__(cache_prefix=cache, release_data=True, on_host=False)

    def next(self, input_data: Callable[..., None]) -> bool:
        """Hand over the next block; tell whether there was one."""
        rows = self._rows.places[self._first : self._first + BLOCK]
        if not len(rows):
            return False
        weight = self._rows.weight
        given = {} if weight is None else {"weight": weight[rows]}
        input_data(data=self._rows.columns[rows], label=self._rows.truth[rows], **given)
        self._first += BLOCK
        return True

    def reset(self) -> None:
        """Begin anew."""
        self._first = 0
