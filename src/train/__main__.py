"""Cross-validate the model, fit it, save it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from dvclive.live import Live
from rich.console import Console
from rich.progress import track
from sklearn.pipeline import Pipeline

from src.base.command import run
from src.base.contract import Contract, load_contract
from src.base.files import replacing, rounded
from src.base.prepared import as_features, read_prepared
from src.base.settings import load_settings
from src.modelling.model_file import save_model
from src.modelling.predictions import labels
from src.modelling.threads import limited
from src.modelling.trust import read_trust
from src.train import threshold
from src.train.cross_validation import Fold, cross_validate, folds
from src.train.honest import require_honest
from src.train.model import build
from src.train.settings import Train
from src.train.steps import one_message


@dataclass(frozen=True)
class Arguments:
    """What it reads and writes."""

    train: Path
    contract: Path
    model: Path
    folds: Path


def main(arguments: Arguments) -> None:
    """Cross-validate, fit, and save the model and the scores of the folds."""
    settings = load_settings(Train)
    contract = load_contract(arguments.contract)
    model = build(
        settings.estimator, settings.hyperparameters, settings.seed, contract.task, settings.steps
    )
    train = read_prepared(arguments.train, contract)
    truth = labels(train[contract.target], contract)
    own = [step for _, step in model.steps[: len(settings.steps)]]
    require_honest(own, as_features(train, contract), truth)
    with replacing(arguments.model, arguments.folds) as (model_path, folds_path):
        what = (f"params.yaml: train: {settings.estimator} cannot be trained with these "
                "hyperparameters on this table")  # fmt: skip
        with (
            one_message(what, Exception if settings.steps else ValueError),
            limited(len(train) * len(contract.features), model[-1]),
        ):
            splits = folds(train, contract, settings.folds, settings.seed) if settings.folds else []
            model = threshold.decide(model, train, contract, settings, splits)
            _log_folds(model, train, contract, splits, folds_path)
            model.fit(as_features(train, contract), truth)
        save_model(model, model_path, read_trust())
    print(f"{arguments.model}: {settings.estimator} fitted on {len(train):,} rows")


def _log_folds(
    model: Pipeline, train: pd.DataFrame, contract: Contract, splits: list[Fold], folder: Path
) -> None:
    """Let dvclive log the folds as steps; one file has each, and their mean and deviation."""
    results = []
    console = Console(stderr=True)
    # A Live may neither rewrite dvc.yaml nor start an experiment inside a stage.
    with Live(str(folder), dvcyaml=False, save_dvc_exp=False, report=None) as live:
        scored = cross_validate(model, train, contract, splits)
        for scores in track(
            scored, "Cross-validation", len(splits), console=console,
            disable=not (splits and console.is_terminal),
        ):  # fmt: skip
            results.append(scores)
            for name, value in rounded(scores).items():
                if value is not None:
                    live.log_metric(name, value, plot=False)
            live.next_step()
        live.summary = rounded({**_mean_and_std(results), "folds": results})


def _mean_and_std(results: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Summarise each score over the folds; nothing without folds."""
    columns = {name: [scores[name] for scores in results] for name in (results or [{}])[0]}
    return {
        name: {"mean": float(np.mean(values)), "std": float(np.std(values))}
        for name, values in columns.items()
    }


if __name__ == "__main__":
    run(main, Arguments)
