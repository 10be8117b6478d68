"""The mean of the folds' models against one fitted on all rows, on tables of one's own.

Usage: python -m benchmarks.ensemble [--trials N] TABLE:TARGET ...

Each table is adopted and prepared; every model is fitted on the same training rows and compared
with what `train.final: refit` gives, on the same test rows, with a paired 95 % interval. The `new
default` is what adopt proposes, the best of what it tries on folds, without and with the extra of
CatBoost. With `--trials`, also what a search of so many trials finds, with the folds that adopt
proposes. And the folds' scores with feature steps that are fitted once, against those where each
fold fits its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from benchmarks.adopted import Adopted, adopted
from src.adopt.candidates import best as best_on_folds
from src.adopt.write import params_text
from src.base.contract import CONTRACT, Contract, load_contract
from src.base.prepared import as_features, read_prepared
from src.base.settings import PARAMS, load_settings
from src.fitting.cross_validation import folds
from src.fitting.fits import Fits, Member, fit_folds, shared, weights
from src.fitting.model import build
from src.modelling.metrics import leading
from src.modelling.predictions import Predictions, labels, predictions, target_numbers
from src.results.intervals import difference
from src.search.journal import Journals
from src.search.run import searched
from src.search.settings import Search
from src.search.tables import best
from src.train.out_of_fold import collect
from src.train.settings import Train
from src.train.training import trained

VARIANTS: dict[str, dict[str, object]] = {
    "plain": {"hyperparameters": {}},
    "5 folds": {"final": "ensemble", "folds": 5},
    "8 folds": {"final": "ensemble", "folds": 8},
}
"""What each model differs in from `refit`; plain is scikit-learn's defaults."""


def main() -> None:
    """Print a line a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=0)
    parser.add_argument("tables", nargs="+", metavar="TABLE:TARGET")
    print(
        "| table | metric | refit | model | change for the better | 95 % interval | of the error |"
    )
    print("|---|---|---|---|---|---|---|")
    arguments = parser.parse_args()
    for named in arguments.tables:
        path, _, target = named.rpartition(":")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            made = adopted(Path(path).resolve(), target, folder)
            compare(Path(path).stem, folder, made, arguments.trials)


def compare(name: str, folder: Path, made: Adopted, trials: int) -> None:
    """Fit and score every variant of the table adopted in a folder."""
    contract = load_contract(folder / CONTRACT)
    settings = load_settings(Train, folder / PARAMS)
    sides = ("train", "test")
    train, test = (read_prepared(folder / f"{side}.parquet", contract) for side in sides)
    metric, features = leading(contract.task), as_features(test, contract)

    def scored(**changed: object) -> Predictions:
        model, _ = trained(train, contract, settings.model_copy(update=changed), quietly)
        return predictions(model, features, test, contract)

    reference = scored(final="refit", folds=0)
    saved = {"final": settings.final, "folds": settings.folds}
    variants: dict[str, dict[str, object]] = {
        **VARIANTS,
        "new default": proposed(made, folder, ()),
        "new default with the extra catboost": proposed(made, folder, ("catboost",)),
    }
    if trials:
        chosen = search_of(trials, train, contract, settings, folder)
        variants[f"search of {trials}"] = {**chosen, **saved}
    for variant, changed in variants.items():
        if contract.names("time") and changed.get("final") == "ensemble":
            continue
        found = scored(**{"final": "refit", "folds": 0, **changed})
        gain = difference(found, reference, metric, np.arange(len(test)), 0.975)
        score = metric.score(reference)
        error = 1 - score if metric.greater_is_better else score
        print(f"| {name} | {metric.name} | {score:.5f} | {variant} | "
              f"{gain.value:+.5f} | {gain.low:+.5f} to {gain.high:+.5f} | "
              f"{-100 * gain.value / error:+.1f} % |", flush=True)  # fmt: skip
    once, each = (fold_score(train, contract, settings, own) for own in (0, 1))
    print(f"| {name} | {metric.name} | folds' mean {each:.5f} | shared steps | "
          f"{metric.sign * (once - each):+.5f} |  |  |", flush=True)  # fmt: skip


def proposed(made: Adopted, folder: Path, extras: tuple[str, ...]) -> dict[str, object]:
    """Return what adopt proposes for section ``train`` where these extras are installed."""
    before = (folder / PARAMS).read_text(encoding="utf-8")
    choices = replace(made.proposal.choices, extras=extras)
    written = partial(params_text, before, table=Path("made.csv"), bounds={})
    tried = best_on_folds(folder, replace(made.proposal, choices=choices), made.profiles, written)
    (folder / PARAMS).write_text(written(tried.proposal), encoding="utf-8")
    found = load_settings(Train, folder / PARAMS)
    (folder / PARAMS).write_text(before, encoding="utf-8")
    print(f"extras {extras}: {tried.means}", file=sys.stderr)
    names = ("hyperparameters", "members", "final", "folds")
    return {name: getattr(found, name) for name in names}


def search_of(
    trials: int, train: pd.DataFrame, contract: Contract, settings: Train, folder: Path
) -> dict[str, object]:
    """Return the estimator and hyperparameters that a search finds in adopt's space."""
    wanted = load_settings(Search, folder / PARAMS).model_copy(update={"trials": trials})
    journals = Journals([], folder / "journals")
    return best(searched(train, contract, wanted, settings, journals, lambda scores, _: scores))


def fold_score(train: pd.DataFrame, contract: Contract, settings: Train, own: int) -> float:
    """Return the folds' mean leading score, feature steps fitted once (0) or in each fold (1)."""
    model: BaseEstimator = build(
        settings.estimator, settings.hyperparameters, settings.seed, contract
    )
    features, truth = as_features(train, contract), labels(train[contract.target], contract)
    weight = weights(train, contract)
    splits = folds(train, contract, 5, settings.seed)
    fits: Fits = shared(model, own, features, truth, weight)
    outputs = [member.output for member in fit_folds([fits], contract, splits)]
    known = target_numbers(train[contract.target], contract)
    scores = collect(splits, outputs, known, weight, contract).scores()
    return float(np.mean([one[leading(contract.task).name] for one in scores]))


def quietly(members: Iterable[Member], _: int) -> Iterable[Member]:
    """Show no progress."""
    return members


if __name__ == "__main__":
    main()
