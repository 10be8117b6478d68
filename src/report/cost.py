"""What both models cost: their size, and the time they take to predict, measured in turn."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from src.base.contract import CONTRACT, Contract, load_contract
from src.base.errors import InputError
from src.base.files import temporary_folder
from src.base.prepared import as_features, read_prepared
from src.modelling.model_file import load_model
from src.modelling.predictions import predict_raw
from src.modelling.trust import read_trust
from src.report import text
from src.report.at_hand import TEST, require_current
from src.report.compare import Change
from src.report.snapshot import Content, Snapshot, made
from src.repository.commands import TEMPORARY
from src.repository.revisions import Revision

MODEL, TRAIN = Path("src/models/model.skops"), Path("data/prepared/train.parquet")

ROWS = 1_000
"""Test rows that both models predict."""

TURNS = 5
"""How often each does; the fastest counts, as whatever else the machine does only adds."""


def sizes(new: Snapshot, base: Snapshot | None) -> list[Change]:
    """Compare the sizes that ``dvc.lock`` records; pure."""
    found = []
    for label, path in (("model file", MODEL), ("training set", TRAIN)):
        before, after = (size(one.lock, path) if one else None for one in (base, new))
        if after is not None:
            known = None if before is None else text.size(before)
            found.append(Change(label, known, text.size(after)))
    return found


def size(lock: Content, path: Path) -> int | None:
    """Return the size of an output in bytes, from ``dvc.lock``."""
    entry = made(lock).get(path.as_posix())
    return None if entry is None else int(entry["size"])


def prediction_time(base: Revision | None) -> Change | None:
    """Time both models on the same rows, in turn; None where this one or the rows are not here.

    The base's is unknown where it cannot be fetched or takes other columns.
    """
    try:
        # A model of unknown origin is not loaded: a tampered tree can crash the process.
        require_current(MODEL, TEST)
        contract = load_contract(CONTRACT)
        rows = read_prepared(TEST, contract).head(ROWS)
        models = {"this": load_model(MODEL, read_trust())}
        with temporary_folder(TEMPORARY, "cost-") as folder:
            if base is not None:
                models |= _of_base(base, rows, folder)
        features = {name: as_features(rows, contract) for name in models}
        taken = _times(models, features, contract)
    except InputError:
        return None
    told = {name: f"{1e3 * seconds:.3g} ms" for name, seconds in taken.items()}
    return Change(f"predicting {len(rows):,} rows", told.get("base"), told["this"])


def _of_base(base: Revision, rows: pd.DataFrame, folder: Path) -> dict[str, Any]:
    try:
        if set(base.contract(CONTRACT).features) - set(rows):
            return {}
        return {"base": load_model(base.fetch(MODEL, folder), read_trust())}
    except InputError:
        return {}


def _times(
    models: Mapping[str, Any], features: Mapping[str, pd.DataFrame], contract: Contract
) -> dict[str, float]:
    """Return the seconds of each model's fastest turn."""
    best = dict.fromkeys(models, float("inf"))
    for _ in range(TURNS):
        for name, model in models.items():
            start = time.perf_counter()
            predict_raw(model, features[name], contract)
            best[name] = min(best[name], time.perf_counter() - start)
    return best
