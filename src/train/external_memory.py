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
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.base.prepared import as_features, prepared_batches, prepared_rows, take_prepared
from src.fitting.fits import Fits
from src.fitting.learners import settled
from src.modelling.ensemble import Columns
from src.modelling.parallel import COPIES, available_memory
from src.modelling.predictions import Floats, Integers, predict_raw
from src.modelling.threads import limited
from src.train.on_disk import Disk, Known

SAMPLE_ROWS = 1_000_000
"""Training rows that the feature steps are fitted on, drawn with ``train.seed``."""

BLOCK = 2**18
"""Rows that are handed over at once."""

BYTES = 8
"""Memory that a cell may take while a model is fitted: an estimate, for cells with nulls."""


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
    steps = clone(model[:-1])
    with limited(0, steps):
        sample = steps.fit_transform(
            as_features(take_prepared(train, contract, np.sort(drawn)), contract)
        )
        shape = (rows, sample.shape[1])
        columns = np.lib.format.open_memmap(folder / "columns.npy", "w+", np.float32, shape)
        first = 0
        for batch in prepared_batches(train, contract):
            made = steps.transform(as_features(batch, contract))
            columns[first : first + len(batch)] = np.asarray(made, dtype=np.float32)
            first += len(batch)
    columns.flush()
    truth, weight = known
    return OnDisk(steps.steps, model[-1], columns, truth, weight)


@dataclass(frozen=True)
class OnDisk(Fits):
    """Fits whose columns lie on disk."""

    @property
    def cells(self) -> int:
        """How many cells of float64 one fit takes as much memory as."""
        return int(np.prod(self.columns.shape)) * BYTES // (8 * COPIES)

    @property
    def example(self) -> tuple[Columns, npt.NDArray[Any]]:
        """A row of each class, or one where there are none."""
        if not isinstance(self.rest, VotingClassifier):
            return self.columns[:1], self.truth[:1]
        _, names = self._numbered
        return self.columns[: len(names)], names

    def fit(self, rows: Integers | slice) -> BaseEstimator:
        """Fit a clone of the model on some rows."""
        places = np.arange(len(self.truth))[rows]
        rest = clone(self.rest)
        if not isinstance(rest, VotingClassifier):
            return self._fit(rest, places, self.truth[places])
        # A voting of one around the estimator turns classes into numbers and back. To fit it would
        # clone the estimator and lose how its rows are read.
        codes, names = self._numbered
        present, truth = np.unique(codes[places], return_inverse=True)
        [(name, estimator)] = rest.estimators
        fitted = self._fit(clone(estimator), places, truth)
        rest.estimators = [(name, FrozenEstimator(fitted))]
        rest.fit(self.columns[: len(present)], names[present])
        rest.estimators, rest.estimators_ = [(name, estimator)], [fitted]
        return settled(rest)

    def predict(self, model: BaseEstimator, rows: Integers, contract: Contract) -> Floats:
        """Predict some rows, block by block."""
        blocks = (rows[first : first + BLOCK] for first in range(0, len(rows), BLOCK))
        return np.concatenate([predict_raw(model, self.columns[one], contract) for one in blocks])

    @cached_property
    def _numbered(self) -> tuple[Integers, npt.NDArray[Any]]:
        """The number of each row's class, and the classes."""
        codes, names = pd.factorize(self.truth, sort=True)
        return codes, names

    def _fit(
        self, estimator: BaseEstimator, rows: Integers, truth: npt.NDArray[Any]
    ) -> BaseEstimator:
        weight = None if self.weight is None else self.weight[rows]
        with tempfile.TemporaryDirectory(dir=Path(self.columns.filename).parent) as folder:
            room = BYTES * len(rows) * self.columns.shape[1] < (available_memory() or 0) / 4
            cache = None if room else str(Path(folder) / "bins")
            blocks = _Blocks(self.columns, rows, truth, weight, cache)
            # So large a fit has no other beside it.
            with contextlib.nullcontext() if room else limited(self.cells, estimator):
                return _fitted(estimator, blocks, truth)


def _fitted(estimator: BaseEstimator, blocks: _Blocks, truth: npt.NDArray[Any]) -> BaseEstimator:
    """Let XGBoost bin the blocks, in memory or in files, and fit the bins."""
    binned = xgboost.ExtMemQuantileDMatrix if blocks.cache_prefix else xgboost.QuantileDMatrix
    matrix = binned(blocks, max_bin=estimator.max_bin)
    # All else that fitting does, such as choosing the loss by the number of classes, is left to
    # it: only what it would make of arrays is made already.
    estimator._create_dmatrix = lambda ref, **_: matrix  # noqa: ARG005
    try:
        return estimator.fit(np.empty((0, matrix.num_col())), truth)
    finally:
        del estimator._create_dmatrix


class _Blocks(xgboost.DataIter):
    """Rows of a table on disk, in their order, as XGBoost asks for them."""

    def __init__(
        self, columns: Columns, rows: Integers, truth: npt.NDArray[Any], weight: Floats | None,
        cache: str | None,
    ) -> None:  # fmt: skip
        self._columns, self._rows, self._truth, self._weight = columns, rows, truth, weight
        self._first = 0
        super().__init__(cache_prefix=cache, release_data=True, on_host=False)

    def next(self, input_data: Callable[..., None]) -> bool:
        """Hand over the next block; tell whether there was one."""
        block = slice(self._first, self._first + BLOCK)
        rows = self._rows[block]
        if not len(rows):
            return False
        weight = {} if self._weight is None else {"weight": self._weight[block]}
        input_data(data=self._columns[rows], label=self._truth[block], **weight)
        self._first += BLOCK
        return True

    def reset(self) -> None:
        """Begin anew."""
        self._first = 0
