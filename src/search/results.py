"""Read the training set, search, write what came of it."""

from __future__ import annotations

from pathlib import Path

from src.base.contract import load_contract
from src.base.files import write_json
from src.base.prepared import read_prepared
from src.base.settings import load_settings
from src.fitting.described import Fitted
from src.fitting.progress import shown
from src.modelling import parallel
from src.search import tables
from src.search.files import BEST, IMPORTANCE, SUMMARY, TRIALS
from src.search.journal import Journals, identity
from src.search.run import searched
from src.search.settings import Search


def search(settings: Search, train_path: Path, contract_path: Path, folder: Path) -> str:
    """Write the results of a search into a folder; return what to print of it."""
    contract, fitted = load_contract(contract_path), load_settings(Fitted, part_of="train")
    train = read_prepared(train_path, contract)
    parameters = [one.model_dump_json().encode() for one in (settings, fitted)]
    journals = Journals([*parameters, *identity(train_path, contract_path)])
    with parallel.kept():
        found = searched(train, contract, settings, fitted, journals, shown)
    write_json(tables.best(found), folder / BEST)
    write_json(tables.summary(found), folder / SUMMARY)
    tables.trials(found).to_csv(folder / TRIALS, index=False)
    tables.importance(found).to_csv(folder / IMPORTANCE, index=False)
    journals.forget()
    return (
        f"trial {found.best.number} of {settings.trials} is the best, {found.metric.name} "
        f"{found.best.mean:.6g}; params.yaml has {found.trials[0].mean:.6g}"
    )
