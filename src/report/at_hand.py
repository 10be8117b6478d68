"""Both models' predictions of the test set, where cache or storage have them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from src.base.contract import CONTRACT, ROW_KEY, Contract, load_contract
from src.base.errors import InputError
from src.base.files import temporary_folder
from src.modelling.predictions import class_names
from src.report import paired
from src.report.paired import Example, Pairs
from src.repository.commands import TEMPORARY
from src.repository.dvc_lock import differences, results
from src.repository.revisions import Revision
from src.results.predictions_file import read_predictions

PREDICTIONS = Path("data/prepared/predictions.parquet")
TEST = Path("data/prepared/test.parquet")


def read_pairs(base: Revision, confidence: float, shown: Iterable[str]) -> tuple[Pairs | None, str]:
    """Compare this folder's model with the base's on the same rows.

    Parameters
    ----------
    shown
        Columns whose cells are shown of the rows that are named; private ones are not.

    Returns
    -------
    None, and why, where the rows of both are not at hand or not the same.
    """
    try:
        found = _read(base, confidence, list(shown))
    except InputError as error:
        return None, f"The rows cannot be paired: {error}"
    if found is None:
        return None, "The rows cannot be paired: no test row is in both."
    return found, ""


def _read(base: Revision, confidence: float, shown: list[str]) -> Pairs | None:
    contract = load_contract(CONTRACT)
    require_current(PREDICTIONS, TEST)
    of_base = base.contract(CONTRACT)
    if (of_base.task, class_names(of_base)) != (contract.task, class_names(contract)):
        raise InputError(f"{base.name} predicts other classes.")
    new = read_predictions(PREDICTIONS, contract)
    with temporary_folder(TEMPORARY, "report-") as folder:
        old = read_predictions(base.fetch(PREDICTIONS, folder), of_base)
    pairs = paired.compare(new, old, confidence)
    return pairs and _with_cells(pairs, contract, shown)


def require_current(*paths: Path) -> None:
    """Refuse files that are not those of ``dvc.lock``.

    Raises
    ------
    InputError
        One is missing, or is another.
    """
    recorded = {entry.path: entry for entry in results()}
    for path in paths:
        if path not in recorded or differences([recorded[path]]):
            raise InputError(
                f"{path} is missing or not that of dvc.lock. Run `dvc checkout`, or `dvc pull`."
            )


def _with_cells(pairs: Pairs, contract: Contract, shown: list[str]) -> Pairs:
    """Put the table's cells beside the rows that are named."""
    open_to_all = [name for name in shown if name in contract.columns
                   and not contract.columns[name].private]  # fmt: skip
    wanted = [("row_key", "in", pairs.keys())]
    rows = pd.read_parquet(TEST, columns=[ROW_KEY, *open_to_all], filters=wanted)
    cells = rows.drop_duplicates(ROW_KEY).set_index(ROW_KEY).astype("object")

    def completed(examples: list[Example]) -> list[Example]:
        return [
            replace(example, cells={name: str(cells.loc[example.key, name])
                                    for name in open_to_all})
            for example in examples
        ]  # fmt: skip

    return replace(
        pairs,
        lost=completed(pairs.lost), won=completed(pairs.won), wrong=completed(pairs.wrong),
    )  # fmt: skip
