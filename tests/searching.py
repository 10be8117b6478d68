"""A small search, for the tests of searching."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from src.base.contract import Task
from src.base.settings import parse
from src.fitting.described import Fitted
from src.search.journal import Journals
from src.search.run import searched
from src.search.settings import Search
from src.search.tables import Found
from tests.tables import make_contract
from tests.training import SETTINGS
from tests.unit.test_folds import keyed

HGB = "sklearn.ensemble.HistGradientBoostingClassifier"
LINEAR = "sklearn.linear_model.LogisticRegression"
SPACE: dict[str, Any] = {
    HGB: {
        "learning_rate": {"low": 0.05, "high": 0.5, "log": True},
        "max_iter": {"low": 2, "high": 6},
        "max_features": {"choices": [0.5, 1.0]},
    }
}
SECTION = {"trials": 6, "batch": 2, "sampler": "tpe", "seed": 0, "metric": "roc_auc",
           "nested": False, "space": SPACE}  # fmt: skip


def wanted(**changed: object) -> Search:
    return parse(Search, SECTION | changed, Path("params.yaml"), "search")


def fitted(**changed: object) -> Fitted:
    base = {key: value for key, value in SETTINGS.items() if key in Fitted.model_fields}
    base |= {"hyperparameters": {"max_iter": 3, "l2_regularization": 0.5}}
    return parse(Fitted, base | changed, Path("params.yaml"), "train")


def quietly(scores: Iterable[float], _: int) -> Iterable[float]:
    return scores


def found(folder: Path, task: Task = "binary", fit: Fitted | None = None, **changed: Any) -> Found:  # noqa: ANN401 - any field of Search
    table, contract = keyed(task), make_contract(task)
    journals = Journals([json.dumps(changed, sort_keys=True).encode()], folder)
    return searched(table, contract, wanted(**changed), fit or fitted(), journals, quietly)
