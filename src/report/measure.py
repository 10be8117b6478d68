"""The time and memory that both models take, on the same rows and this machine, in turn."""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from src.base.contract import CONTRACT, Contract, load_contract
from src.base.errors import InputError
from src.base.files import temporary_folder
from src.base.prepared import as_features, prepared_batches, prepared_rows, take_prepared
from src.modelling.ensemble import learner
from src.modelling.predictions import labels, predict_raw
from src.modelling.threads import limited
from src.pages import text
from src.report.at_hand import TEST, require_current
from src.report.cost import MODEL, TRAIN
from src.repository.changes import Change
from src.repository.commands import TEMPORARY
from src.repository.revisions import Revision
from src.saving.model_file import load_model
from src.saving.trust import read_trust

PREDICTED, FITTED = 1_000, 10_000
"""Test rows that both predict, and training rows that both fit, at most."""

TURNS = {"predict": 5, "fit": 2}
"""How often each does; the fastest counts, as whatever else the machine does only adds."""


def measured(base: Revision | None) -> list[Change]:
    """Let both models predict and fit the same rows; nothing where model or rows are not here.

    The base's figures are unknown where it cannot be fetched or takes other columns.
    """
    try:
        # A model of unknown origin is not loaded: a tampered tree can crash the process.
        require_current(MODEL, TEST, TRAIN)
        contract = load_contract(CONTRACT)
        test = next(prepared_batches(TEST, contract)).head(PREDICTED)
        train = _sample(contract)
        models = {"this": load_model(MODEL, read_trust())}
    except InputError:
        return []
    models |= _of_base(base, test) if base is not None else {}
    found = [_predicting(models, test, contract)]
    with contextlib.suppress(ValueError):  # a sample may lack what an estimator needs
        found += _fitting(models, train, contract)
    return found


def _of_base(base: Revision, rows: pd.DataFrame) -> dict[str, Pipeline]:
    try:
        if set(base.contract(CONTRACT).features) - set(rows):
            return {}
        with temporary_folder(TEMPORARY, "cost-") as folder:
            return {"base": load_model(base.fetch(MODEL, folder), read_trust())}
    except InputError:
        return {}


def _sample(contract: Contract) -> pd.DataFrame:
    """Draw the training rows to fit, in the table's order."""
    order = np.random.default_rng(0).permutation(prepared_rows(TRAIN, contract))
    return take_prepared(TRAIN, contract, np.sort(order[:FITTED]))


def _predicting(models: Mapping[str, Pipeline], rows: pd.DataFrame, contract: Contract) -> Change:
    features = as_features(rows, contract)
    taken = _seconds(models, lambda model: predict_raw(model, features, contract), TURNS["predict"])
    return _change(f"predicting {len(rows):,} rows", taken)


def _fitting(
    models: Mapping[str, Pipeline], rows: pd.DataFrame, contract: Contract
) -> list[Change]:
    features, truth = as_features(rows, contract), labels(rows[contract.target], contract)

    def fit(model: Pipeline) -> None:
        with limited(features.size, learner(model)):
            clone(model).fit(features, truth)

    taken = _seconds(models, fit, TURNS["fit"])
    peaks = {name: text.size(_peak(fit, model)) for name, model in models.items()}
    return [
        _change(f"fitting {len(rows):,} rows", taken),
        Change("memory for it", peaks.get("base"), peaks["this"]),
    ]


def _seconds(
    models: Mapping[str, Pipeline], work: Callable[[Pipeline], object], turns: int
) -> dict[str, float]:
    """Return the seconds of each model's fastest turn."""
    best = dict.fromkeys(models, float("inf"))
    for _ in range(turns):
        for name, model in models.items():
            start = time.perf_counter()
            work(model)
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def _peak(work: Callable[[Pipeline], object], model: Pipeline) -> int:
    """Return the most bytes that Python and NumPy held at once, beyond what they held before."""
    tracemalloc.start()
    try:
        work(model)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _change(what: str, seconds: Mapping[str, float]) -> Change:
    told = {name: f"{1e3 * value:.3g} ms" for name, value in seconds.items()}
    return Change(what, told.get("base"), told["this"])
