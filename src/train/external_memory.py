"""Fit XGBoost to a training set that does not fit in memory.

The features lie on disk as float32, which is what XGBoost makes of numbers; while it fits, the
number of each cell's bin is held in memory, or on disk, too. Wherever, and with however many
threads: the model has the same bytes as one fitted in memory.

References
----------
https://xgboost.readthedocs.io/en/stable/tutorials/external_memory.html
"""

from __future__ import annotations

import contextlib
import ctypes
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xgboost
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.base.prepared import (
    as_features,
    prepared_batches,
    prepared_rows,
    take_prepared,
)
from src.fitting.fits import Fits
from src.fitting.learners import settled
from src.modelling.ensemble import Columns
from src.modelling.parallel import COPIES, available_memory
from src.modelling.predictions import Floats, Integers, class_names, predict_raw
from src.modelling.threads import limited
from src.train.on_disk import Disk, Known

SAMPLE_ROWS = 1_000_000
"""Training rows that the feature steps are fitted on, drawn with ``train.seed``."""

BLOCK = 2**18
"""Rows that are handed over at once."""

ROW_BYTES, CELL_BYTES, NULL_BYTES = 80, 2, 5
"""Memory that a fit takes: of a row, of a cell's bin, and of one where some cells are null.

Measured at 1 to 3 million rows with XGBoost 3.2: 97 bytes a row of 20 cells, 148 with nulls, 44
with bins on disk; besides, a row has its position and its truth.
"""


def on_disk(model: Pipeline, contract: Contract, seed: int, known: Known, disk: Disk) -> OnDisk:
    """Fit the feature steps on a sample of the rows, and write what they make of all.

    Parameters
    ----------
    known
        Truth and weight of all training rows.
    disk
        The file of the training set, and the folder in which the columns are left.
    """
    train, folder = disk
    rows = prepared_rows(train, contract)
    drawn = np.random.default_rng(seed).permutation(rows)[:SAMPLE_ROWS]
    steps, path, nulls = clone(model[:-1]), folder.resolve() / "columns", False
    with limited(0, steps), path.open("wb") as stream:
        sample = steps.fit_transform(
            as_features(take_prepared(train, contract, np.sort(drawn)), contract)
        )
        width = sample.shape[1]
        del drawn, sample
        for batch in prepared_batches(train, contract):
            made = steps.transform(as_features(batch, contract))
            cells = np.asarray(made, dtype=np.float32)
            nulls |= bool(np.isnan(cells).any())
            cells.tofile(stream)
    _release_memory()
    columns = ColumnsFile(path, (rows, width), nulls)
    truth, names = _by_name(known[0], class_names(contract))
    return OnDisk(steps.steps, model[-1], columns, truth, known[1], names)


def _by_name(
    truth: npt.NDArray[Any], classes: tuple[str, ...]
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """Give classes the numbers of scikit-learn: those that there are, in the order of names."""
    if not classes:
        return truth, ()
    present = sorted(np.unique(truth).tolist(), key=lambda number: classes[number])
    numbers = np.zeros(len(classes), truth.dtype)
    numbers[present] = np.arange(len(present))
    return numbers[truth], tuple(classes[number] for number in present)


def _release_memory() -> None:
    """Give the system back what Arrow and the C library keep for later, of what was freed."""
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):  # another C library than GNU's
        ctypes.CDLL(None).malloc_trim(0)


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


@dataclass(frozen=True)
class OnDisk(Fits):
    """Fits whose columns lie on disk.

    Attributes
    ----------
    columns
        :class:`ColumnsFile`.
    truth
        Numbers of classes, or values.
    names
        The classes, in the order of their names.
    """

    names: tuple[str, ...]

    @property
    def cells(self) -> int:
        """How many cells of float64 one fit takes as much memory as."""
        return self._bytes(in_memory=self._has_room) // (8 * COPIES)

    @property
    def example(self) -> tuple[Columns, npt.NDArray[Any]]:
        """A row of each class, or one where there are none."""
        if not self.names:
            return self.columns[:1], self.truth[:1]
        return self.columns[: len(self.names)], np.array(self.names)

    def fit(self, rows: Integers | slice) -> BaseEstimator:
        """Fit a clone of the model on some rows."""
        places = np.arange(len(self.truth)) if isinstance(rows, slice) else rows
        rest = clone(self.rest)
        if not isinstance(rest, VotingClassifier):
            return self._fit(rest, places, self.truth, 0)
        # A voting of one around the estimator turns classes into numbers and back. To fit it would
        # clone the estimator and lose how its rows are read.
        present = np.flatnonzero(np.bincount(self.truth[places], minlength=len(self.names)))
        numbers = np.zeros(len(self.names), self.truth.dtype)
        numbers[present] = np.arange(len(present))
        [(name, estimator)] = rest.estimators
        fitted = self._fit(clone(estimator), places, numbers[self.truth], len(present))
        rest.estimators = [(name, FrozenEstimator(fitted))]
        rest.fit(self.columns[: len(present)], np.array(self.names)[present])
        rest.estimators, rest.estimators_ = [(name, estimator)], [fitted]
        return settled(rest)

    def predict(self, model: BaseEstimator, rows: Integers, contract: Contract) -> Floats:
        """Predict some rows, block by block."""
        blocks = (rows[first : first + BLOCK] for first in range(0, len(rows), BLOCK))
        return np.concatenate([predict_raw(model, self.columns[one], contract) for one in blocks])

    @property
    def _has_room(self) -> bool:
        """Whether bins stay in memory: a quarter of what is free holds a fit."""
        return self._bytes(in_memory=True) < (available_memory() or 0) / 4

    def _bytes(self, *, in_memory: bool) -> int:
        rows, width = self.columns.shape
        cell = NULL_BYTES if self.columns.nulls else CELL_BYTES
        return int(rows) * (ROW_BYTES + (int(width) * cell if in_memory else 0))

    def _fit(
        self, estimator: BaseEstimator, rows: Integers, truth: npt.NDArray[Any], classes: int
    ) -> BaseEstimator:
        free, room = available_memory() or 0, self._has_room
        with tempfile.TemporaryDirectory(dir=self.columns.path.parent) as folder:
            cache = None if room else str(Path(folder) / "bins")
            blocks = _Blocks(self.columns, rows, truth, self.weight, cache)
            alone = 2 * self._bytes(in_memory=room) > free  # no other fit has room beside it
            with limited(self.cells, estimator) if alone else contextlib.nullcontext():
                return _fitted(estimator, blocks, classes)


def _fitted(estimator: BaseEstimator, blocks: _Blocks, classes: int) -> BaseEstimator:
    """Let XGBoost bin the blocks, in memory or in files, and fit the bins."""
    binned = xgboost.ExtMemQuantileDMatrix if blocks.cache_prefix else xgboost.QuantileDMatrix
    matrix = binned(blocks, max_bin=estimator.max_bin)
    # All else that fitting does, such as choosing the loss by the number of classes, is left to
    # it: only what it would make of arrays is made already.
    estimator._create_dmatrix = lambda ref, **_: matrix  # noqa: ARG005
    try:
        return estimator.fit(np.empty((0, matrix.num_col())), np.arange(classes))
    finally:
        del estimator._create_dmatrix


class _Blocks(xgboost.DataIter):
    """Rows of a table on disk, in their order, as XGBoost asks for them."""

    def __init__(
        self, columns: ColumnsFile, rows: Integers, truth: npt.NDArray[Any], weight: Floats | None,
        cache: str | None,
    ) -> None:  # fmt: skip
        self._columns, self._rows, self._truth, self._weight = columns, rows, truth, weight
        self._first = 0
        super().__init__(cache_prefix=cache, release_data=True, on_host=False)

    def next(self, input_data: Callable[..., None]) -> bool:
        """Hand over the next block; tell whether there was one."""
        rows = self._rows[self._first : self._first + BLOCK]
        if not len(rows):
            return False
        weight = {} if self._weight is None else {"weight": self._weight[rows]}
        input_data(data=self._columns[rows], label=self._truth[rows], **weight)
        self._first += BLOCK
        return True

    def reset(self) -> None:
        """Begin anew."""
        self._first = 0
