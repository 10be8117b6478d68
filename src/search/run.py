"""A search on the folds of a training set, and for its nested score one without each fold."""

from __future__ import annotations

import json

import pandas as pd

from src.base.contract import Contract
from src.base.errors import InputError
from src.fitting.described import Fitted
from src.modelling.metrics import metrics_of, unknown
from src.search.candidates import Sampler, SearchTrial, present_of
from src.search.journal import Journals
from src.search.scoring import Folds, Progress
from src.search.settings import Search
from src.search.tables import Found


def searched(  # noqa: PLR0913, PLR0917 - all that a search depends on
    train: pd.DataFrame,
    contract: Contract,
    settings: Search,
    fitted: Fitted,
    journals: Journals,
    progress: Progress,
) -> Found:
    """Search; one that was interrupted is taken up where it was.

    Raises
    ------
    InputError
        A setting does not fit the table, or a candidate cannot be fitted.
    """
    _require_json(fitted)
    metric = metrics_of(contract.task).get(settings.metric)
    if metric is None:
        raise InputError(f"params.yaml: search.metric: {unknown(settings.metric, contract.task)}")
    folds = Folds(train, contract, fitted, metric, progress)
    folds.require_honest()

    def search(on: Folds, name: str) -> tuple[Sampler, list[SearchTrial]]:
        sampler = Sampler(settings, present_of(fitted), metric.sign)
        scores = journals.remembering(name, on.scores)
        return sampler, [trial for batch in sampler.trials(scores) for trial in batch]

    sampler, trials = search(folds, "all rows")
    nested = []
    for number, fold in enumerate(folds.splits if settings.nested else []):
        part = Folds(train.iloc[fold[0]], contract, fitted, metric, progress)
        inner, tried = search(part, f"without fold {number}")
        nested += folds.scores([inner.best(tried).candidate], [fold])[0]
    return Found(settings.space, metric, trials, sampler.best(trials), sampler.study, nested)


def _require_json(fitted: Fitted) -> None:
    """Refuse what could not be written when all trials are done, such as an infinite number."""
    for name, value in fitted.hyperparameters.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            raise InputError(
                f"params.yaml: train.hyperparameters.{name}: found {value!r}, which JSON does not "
                "know, and a search writes what it finds as JSON. Take a finite number or a text."
            ) from None
