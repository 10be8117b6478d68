"""Look for better hyperparameters on the folds of the training set; train takes the best."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from src.base.command import run
from src.base.errors import InputError
from src.base.files import replacing
from src.base.settings import load_settings
from src.search.files import OFF
from src.search.settings import Search


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
        told = "off (search.trials is 0)"
        if settings.trials:
            _require_optuna(settings)
            from src.search.results import search  # noqa: PLC0415 - what is off costs no import

            told = search(settings, arguments.train, arguments.contract, folder)
    print(f"{arguments.results}: {told}")


def _require_optuna(settings: Search) -> None:
    if find_spec("optuna") is None:
        raise InputError(
            f"params.yaml: search.trials: found {settings.trials}, but optuna is not installed. "
            "Set `EXTRAS := search` in the Makefile and run `make repro`, or search.trials to 0."
        )


if __name__ == "__main__":
    run(main, Arguments)
