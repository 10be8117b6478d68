"""A search from the training set to its best trial."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import track

from src.base.contract import load_contract
from src.base.errors import InputError
from src.base.prepared import read_prepared
from src.base.settings import load_settings
from src.fitting.described import Fitted
from src.modelling.metrics import metrics_of, unknown
from src.search.candidates import Candidate, Searched, Trial
from src.search.journal import Journal, identity
from src.search.scoring import Folds
from src.search.settings import Search
from src.search.tables import Found


def searched(train_path: Path, contract_path: Path, settings: Search) -> Found:
    """Search on the folds of a training set; an interrupted search is taken up where it was.

    Raises
    ------
    InputError
        A setting does not fit the table, or a candidate cannot be fitted.
    """
    fitted = load_settings(Fitted, part_of="train")
    contract = load_contract(contract_path)
    metric = metrics_of(contract.task).get(settings.metric)
    if metric is None:
        raise InputError(f"params.yaml: search.metric: {unknown(settings.metric, contract.task)}")
    train = read_prepared(train_path, contract)
    folds = Folds(train, contract, fitted, metric, _progress)
    folds.require_honest()
    present = Candidate(fitted.estimator, fitted.hyperparameters)
    same = [one.model_dump_json().encode() for one in (settings, fitted)]
    same += identity(train_path, contract_path)

    def search(folds: Folds, name: str) -> tuple[Searched, list[Trial]]:
        made, journal = Searched(settings, present, metric.sign), Journal([*same, name.encode()])
        done = [one for batch in made.trials(journal.remembering(folds.scores)) for one in batch]
        journals.append(journal)
        return made, done

    journals: list[Journal] = []
    made, trials = search(folds, "all rows")
    nested = []
    for number, (fit, validate) in enumerate(folds.splits if settings.nested else []):
        inner, tried = search(Folds(train.iloc[fit], contract, fitted, metric, _progress),
                              f"without fold {number}")  # fmt: skip
        best = inner.best(tried).candidate
        nested += folds.scores([best], [(fit, validate)])[0]
    for journal in journals:
        journal.forget()
    return Found(settings.space, metric, trials, made.best(trials), made.study, nested)


def _progress(scores: Iterable[float], count: int) -> Iterable[float]:
    """Show a bar of a batch's fits on a terminal."""
    console = Console(stderr=True)
    return track(scores, "Fits", count, console=console, disable=not console.is_terminal)
