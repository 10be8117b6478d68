"""Train the model.

Usage: python -m src.train TRAIN SCHEMA MODEL FOLDS
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from dvclive.live import Live
from rich.console import Console
from rich.progress import track
from sklearn.pipeline import Pipeline

from src import artifact, params, schema
from src.conform import as_features
from src.errors import InputError, run
from src.files import replacing, rounded
from src.scores import labels
from src.tables import read_prepared
from src.threads import limited
from src.train.cross_validation import cross_validate, folds
from src.train.model import build


def main() -> None:
    """Cross-validate, fit, and save the model and the scores of the folds."""
    train_path, contract_path, *outputs = map(Path, sys.argv[1:])
    settings = params.load(params.Train)
    contract = schema.load(contract_path)
    model = build(settings.estimator, settings.hyperparameters, settings.seed, contract.task)
    train = read_prepared(train_path, contract)
    with replacing(*outputs) as (model_path, folds_path):
        try:
            with limited(len(train) * len(contract.features), model[-1]):
                _log_folds(model, train, contract, settings, folds_path)
                model.fit(as_features(train, contract), labels(train[contract.target], contract))
        except ValueError as error:
            raise InputError(
                f"params.yaml: train: {settings.estimator} cannot be trained with these "
                f"hyperparameters on this table: {error}"
            ) from None
        artifact.save(model, model_path)
    print(f"{outputs[0]}: {settings.estimator} fitted on {len(train):,} rows")


def _log_folds(
    model: Pipeline,
    train: pd.DataFrame,
    contract: schema.Schema,
    settings: params.Train,
    folder: Path,
) -> None:
    """Let dvclive log each fold as a step, and mean and standard deviation as the summary."""
    splits = folds(train, contract, settings.folds, settings.seed) if settings.folds else []
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
                    live.log_metric(name, value)
            live.next_step()
        live.summary = rounded(
            {
                name: {
                    "mean": float(np.mean([scores[name] for scores in results])),
                    "std": float(np.std([scores[name] for scores in results])),
                }
                for name in (results[0] if results else {})
            }
        )


if __name__ == "__main__":
    run(main)
