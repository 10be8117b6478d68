"""Fit the model on folds and as a whole, and save it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from dvclive.live import Live

from src.base.command import run
from src.base.contract import ROW_KEY, load_contract
from src.base.files import replacing, rounded, temporary_folder
from src.base.prepared import read_prepared, write_parquet
from src.base.settings import load_settings
from src.fitting.described import as_searched
from src.fitting.progress import shown
from src.saving.model_file import save_model
from src.saving.trust import read_trust
from src.train.settings import Train
from src.train.training import trained


@dataclass(frozen=True)
class Arguments:
    """What it reads and writes."""

    train: Path
    contract: Path
    best: Path
    model: Path
    folds: Path
    out_of_fold: Path


def main(arguments: Arguments) -> None:
    """Fit on folds, then the final model; write it with the folds' scores and predictions."""
    settings = as_searched(load_settings(Train), arguments.best)
    contract = load_contract(arguments.contract)
    names = {ROW_KEY, *contract.names("target", "weight", "group", "time")}
    train = read_prepared(arguments.train, contract, names if settings.external_memory else None)
    with temporary_folder(arguments.out_of_fold.parent, ".columns-") as folder:
        model, found = trained(train, contract, settings, shown, (arguments.train, folder))
    outs = (arguments.model, arguments.folds, arguments.out_of_fold)
    with replacing(*outs) as (model_path, folds_path, out_of_fold_path):
        save_model(model, model_path, read_trust())
        _log_folds(found.scores(), folds_path)
        write_parquet(found.frame(train[ROW_KEY]), out_of_fold_path)
    print(f"{arguments.model}: {settings.estimator} fitted on {len(train):,} rows")


def _log_folds(results: Sequence[dict[str, float]], folder: Path) -> None:
    """Let dvclive log the folds as steps; one file has each, and their mean and deviation."""
    # A Live may neither rewrite dvc.yaml nor start an experiment inside a stage.
    with Live(str(folder), dvcyaml=False, save_dvc_exp=False, report=None) as live:
        for scores in results:
            for name, value in rounded(scores).items():
                if value is not None:
                    live.log_metric(name, value, plot=False)
            live.next_step()
        live.summary = rounded({**_mean_and_std(results), "folds": results})


def _mean_and_std(results: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Summarise each score over the folds; nothing without folds."""
    columns = {name: [scores[name] for scores in results] for name in (results or [{}])[0]}
    return {
        name: {"mean": float(np.mean(values)), "std": float(np.std(values))}
        for name, values in columns.items()
    }


if __name__ == "__main__":
    run(main, Arguments)
