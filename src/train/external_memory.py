"""Fit XGBoost to a training set that does not fit in memory.

The features lie on disk as float32, which is what XGBoost makes of numbers; while it fits, the
number of each cell's bin is held in memory, or on disk, too. Wherever, and with however many
threads: the model has the same bytes as one fitted in memory. Only where processes share a fit
they follow from the number of these, too (:mod:`src.train.divided`).

References
----------
https://xgboost.readthedocs.io/en/stable/tutorials/external_memory.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.base.prepared import (
    as_features,
    prepared_batches,
    prepared_rows,
    release_memory,
    take_prepared,
)
from src.fitting.fits import Fits
from src.fitting.learners import settled
from src.modelling.ensemble import Columns
from src.modelling.parallel import COPIES
from src.modelling.predictions import Floats, Integers, class_names, predict_raw
from src.modelling.threads import limited
from src.train.blocks import BLOCK, ColumnsFile, FitRows, fit_blocks
from src.train.divided import fit_divided
from src.train.on_disk import Disk, Known
from src.train.settings import Train

SAMPLE_ROWS = 1_000_000
"""Training rows that the feature steps are fitted on, drawn with ``train.seed``."""


def on_disk(
    model: Pipeline, contract: Contract, settings: Train, known: Known, disk: Disk
) -> OnDisk:
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
    drawn = np.random.default_rng(settings.seed).permutation(rows)[:SAMPLE_ROWS]
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
    release_memory()
    columns = ColumnsFile(path, (rows, width), nulls)
    truth, names = _by_name(known[0], class_names(contract))
    return OnDisk(steps.steps, model[-1], columns, truth, known[1], names, settings.workers)


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
    workers
        How many processes share a fit.
    """

    names: tuple[str, ...]
    workers: int

    @property
    def divided(self) -> bool:
        """Whether a fit has all processes for itself."""
        return self.workers > 1

    @property
    def cells(self) -> int:
        """How many cells of float64 one fit takes as much memory as."""
        rows = int(self.columns.shape[0])
        need: int = self.columns.fit_bytes(rows, self.columns.has_room(rows))
        return need // (8 * COPIES)

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

    def _fit(
        self, estimator: BaseEstimator, rows: Integers, truth: npt.NDArray[Any], classes: int
    ) -> BaseEstimator:
        fitted_to = FitRows(self.columns, rows, truth, self.weight, classes)
        if self.divided:
            return fit_divided(estimator, fitted_to, self.workers)
        with limited(self.cells, estimator):
            return fit_blocks(estimator, fitted_to, self.workers, together=True)
