"""Look for better hyperparameters on the folds of the training set; train takes the best."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from src.base.command import run
from src.base.errors import InputError
from src.base.files import replacing, write_json
from src.base.settings import load_settings
from src.search.settings import Search

BEST, SUMMARY, TRIALS, IMPORTANCE = "best.json", "summary.json", "trials.csv", "importance.csv"
OFF = {BEST: "{}\n", SUMMARY: "{}\n", TRIALS: "trial,score,std,best,estimator\n",
       IMPORTANCE: "parameter,importance\n"}  # fmt: skip
"""What is written where nothing is searched."""


@dataclass(frozen=True)
class Arguments:
    """What it reads and writes."""

    train: Path
    contract: Path
    results: Path


def main(arguments: Arguments) -> None:
    """Search, unless there are no trials; write what came of it."""
    settings = load_settings(Search)
    with replacing(arguments.results) as (folder,):
        folder.mkdir()
        for name, text in OFF.items():
            (folder / name).write_text(text, encoding="utf-8")
        if settings.trials:
            told = _search(settings, arguments, folder)
        else:
            told = "off (search.trials is 0)"
    print(f"{arguments.results}: {told}")


def _search(settings: Search, arguments: Arguments, folder: Path) -> str:
    """Write the results of a search into a folder; return what to print of it."""
    try:
        from src.search import tables  # noqa: PLC0415 - what is off costs no import
        from src.search.run import searched  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        raise InputError(
            f"params.yaml: search.trials: found {settings.trials}, but optuna is not installed. "
            "Set `EXTRAS := search` in the Makefile and run `make repro`, or search.trials to 0."
        ) from None
    found = searched(arguments.train, arguments.contract, settings)
    write_json(tables.best(found), folder / BEST)
    write_json(tables.summary(found), folder / SUMMARY)
    tables.trials(found).to_csv(folder / TRIALS, index=False)
    tables.importance(found).to_csv(folder / IMPORTANCE, index=False)
    return (
        f"trial {found.best.number} of {settings.trials} is the best, {found.metric.name} "
        f"{found.best.mean:.6g}; params.yaml has {found.trials[0].mean:.6g}"
    )


if __name__ == "__main__":
    run(main, Arguments)
