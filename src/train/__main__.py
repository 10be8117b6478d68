"""Fit the model on folds and as a whole, and save it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from dvclive.live import Live

from src.base.command import run
from src.base.contract import ROW_KEY, Contract, load_contract
from src.base.files import replacing, rounded, temporary_folder
from src.base.prepared import RowGroups, prepared_batches, prepared_rows, read_prepared
from src.base.settings import load_settings
from src.fitting.described import as_searched
from src.fitting.progress import shown
from src.saving.model_file import save_model
from src.saving.trust import read_trust
from src.train.out_of_fold import OutOfFold
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
    columns = names if settings.external_memory else None
    with temporary_folder(arguments.out_of_fold.parent, ".columns-") as folder:
        model, found = trained(  # which alone holds the table, and lets go of what it needs no more
            read_prepared(arguments.train, contract, columns), contract, settings, shown,
            (arguments.train, folder),
        )  # fmt: skip
    outs = (arguments.model, arguments.folds, arguments.out_of_fold)
    with replacing(*outs) as (model_path, folds_path, out_of_fold_path):
        save_model(model, model_path, read_trust())
        _log_folds(found.scores(), folds_path)
        _write_out_of_fold(found, arguments.train, contract, out_of_fold_path)
    rows = prepared_rows(arguments.train, contract)
    print(f"{arguments.model}: {settings.estimator} fitted on {rows:,} rows")


def _write_out_of_fold(found: OutOfFold, train: Path, contract: Contract, path: Path) -> None:
    """Write batch by batch: as a table, texts of all rows take several times the memory."""
    first = 0
    with RowGroups(path) as file:
        for batch in prepared_batches(train, contract, [ROW_KEY]):
            file.add(found.frame(batch[ROW_KEY], first))
            first += len(batch)


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
