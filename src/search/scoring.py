"""Score candidates on folds, all fits of a batch in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from src.base.contract import Contract
from src.base.errors import InputError
from src.base.prepared import as_features
from src.fitting.cross_validation import Fold, folds, require_classes
from src.fitting.described import Fitted
from src.fitting.fits import Fits, fit_fold, shared, weights
from src.fitting.honest import require_honest
from src.fitting.model import KEYS, build
from src.fitting.steps import instances, one_message
from src.modelling import parallel
from src.modelling.metrics import Metric, metrics_of
from src.modelling.predictions import Predictions, class_names, labels, numbered
from src.search.candidates import Configuration, present_of

Progress = Callable[[Iterable[float], int], Iterable[float]]
"""Shows how many of some fits are done while it passes their scores on."""

Task = tuple[str, Fits, Fold]
"""What is fitted, in words; the fit; the rows."""


class Folds:
    """Scores candidates on the folds of a training set.

    Raises
    ------
    InputError
        There are no folds, or a step of one's own is none.
    """

    def __init__(
        self, train: pd.DataFrame, contract: Contract, fitted: Fitted, metric: Metric,
        progress: Progress,
    ) -> None:  # fmt: skip
        if not fitted.folds:
            raise InputError(
                "params.yaml: search.trials: a search scores on folds, and train.folds is 0. Set "
                "train.folds to 5, or search.trials to 0."
            )
        self._contract, self._fitted, self._metric = contract, fitted, metric
        self._progress = progress
        self._present = present_of(fitted)
        self._features = as_features(train, contract)
        self._truth = labels(train[contract.target], contract)
        self._weight = weights(train, contract)
        self.splits = folds(train, contract, fitted.folds, fitted.seed)
        require_classes(contract, self.splits, self._truth)
        self._shared: dict[str, Fits] = {}

    def require_honest(self) -> None:
        """Refuse steps of one's own that are none, see :mod:`src.fitting.honest`."""
        own = [step for _, step in instances(self._fitted.steps)]
        require_honest(own, self._features, self._truth)

    def scores(
        self, candidates: Sequence[Configuration], splits: Sequence[Fold] | None = None
    ) -> list[list[float]]:
        """Return the score of each candidate on each fold.

        Raises
        ------
        InputError
            A candidate cannot be fitted, or has no score.
        """
        chosen = self.splits if splits is None else splits
        tasks = [
            (f"{one.estimator} {one.hyperparameters}", fits, fold)
            for one, fits in zip(candidates, map(self._fits, candidates), strict=True)
            for fold in chosen
        ]
        cells = max(fits.cells for _, fits, _ in tasks)
        work = partial(_score, self._contract, self._metric.name)
        found = list(self._progress(parallel.each(work, tasks, cells), len(tasks)))
        return np.reshape(found, (len(candidates), len(chosen))).tolist()

    def _fits(self, candidate: Configuration) -> Fits:
        """Return the candidate behind the feature steps of its estimator, which are fitted once."""
        own, space = self._fitted.steps, "params.yaml: search.space"
        keys = KEYS if candidate == self._present else (space, f"{space}.{candidate.estimator}")
        model = build(candidate.estimator, candidate.hyperparameters, self._fitted.seed,
                      self._contract, own, keys=keys)  # fmt: skip
        if candidate.estimator not in self._shared:
            with one_message("params.yaml: train.steps: the feature steps cannot be fitted"):
                made = shared(model, len(own), self._features, self._truth, self._weight)
            self._shared[candidate.estimator] = made
        return replace(self._shared[candidate.estimator], rest=model if own else model[-1])


def _score(contract: Contract, metric: str, task: Task) -> float:
    what, fits, (fit, validate) = task
    with one_message(f"params.yaml: search.space: {what} cannot be trained on this table"):
        output = fit_fold(contract, (fits, (fit, validate))).output
    classes = class_names(contract)
    made = Predictions(
        contract.task, classes, numbered(fits.truth[validate], classes), output,
        weight=None if fits.weight is None else fits.weight[validate],
    )  # fmt: skip
    found = metrics_of(contract.task)[metric].score(made)
    if not np.isfinite(found):
        raise InputError(f"params.yaml: search.metric: {metric} is undefined on a fold of "
                         f"{len(validate)} rows. Take fewer folds or another metric.")  # fmt: skip
    return found
