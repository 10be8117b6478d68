"""A training set that stays on disk gives the model that it gives in memory."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from src.base.contract import Contract, Task
from src.base.errors import InputError
from src.base.prepared import read_prepared
from src.saving.model_file import save_model
from src.train import external_memory
from src.train.on_disk import require_external
from src.train.settings import Train
from src.train.training import trained
from tests.tables import frame, make_contract
from tests.training import quietly, settings
from tests.unit.test_learners import TRUST

ESTIMATOR: dict[Task, str] = {
    "binary": "xgboost.XGBClassifier", "multiclass": "xgboost.XGBClassifier",
    "regression": "xgboost.XGBRegressor",
}  # fmt: skip


def described(task: Task, **changed: object) -> Train:
    """Return the section ``train`` with XGBoost from disk."""
    known: dict[str, object] = {"n_estimators": 8, "subsample": 0.8, "max_depth": 3}
    return settings(**{
        "estimator": ESTIMATOR[task], "hyperparameters": known, "final": "ensemble",
        "external_memory": True, **changed,
    })  # fmt: skip


def table_of(task: Task, path: Path, *, weighted: bool) -> Contract:
    """Write a training set with nulls, in several row groups."""
    rows = 300
    table = frame(task, rows).assign(row_key=np.arange(rows).astype(str), constant=1.0)
    table["share"] = np.random.default_rng(0).uniform(0.5, 2, rows)
    table.to_parquet(path, index=False, row_group_size=70)
    role = "weight" if weighted else "ignore"
    return make_contract(
        task, share={"kind": "numeric", "role": role}, constant={"kind": "numeric",
                                                                 "role": "feature"}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("task", "final", "free"),
    [
        ("binary", "ensemble", 10**12), ("binary", "refit", 0), ("multiclass", "ensemble", 0),
        ("regression", "refit", 10**12), ("regression", "ensemble", 0),
    ],
)  # fmt: skip
def test_the_model_has_the_bytes_of_one_fitted_in_memory(
    task: Task, final: str, free: int, tmp_path: Path
) -> None:
    """Also where its bins do not fit in memory."""
    path = tmp_path / "train.parquet"
    contract = table_of(task, path, weighted=final == "refit")
    with (
        patch.object(external_memory, "BLOCK", 41),
        patch.object(external_memory, "available_memory", lambda: free),
    ):
        made: dict[bool, tuple[bytes, pd.DataFrame]] = {}
        for disk in (False, True):
            chosen = described(task, final=final, external_memory=disk)
            table = read_prepared(path, contract)
            model, found = trained(table, contract, chosen, quietly, (path, tmp_path))
            save_model(model, tmp_path / "model.skops", TRUST)
            made[disk] = (tmp_path / "model.skops").read_bytes(), found.frame(table["row_key"])
    assert made[True][0] == made[False][0]
    pd.testing.assert_frame_equal(made[True][1], made[False][1])
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "columns", "model.skops", "train.parquet",
    ]  # fmt: skip


def test_steps_are_fitted_on_a_sample_that_the_seed_draws(tmp_path: Path) -> None:
    path, models = tmp_path / "train.parquet", []
    contract = table_of("binary", path, weighted=False)
    for seed in (0, 0, 1):
        with patch.object(external_memory, "SAMPLE_ROWS", 20):
            table = read_prepared(path, contract, ["row_key", "target"])
            chosen = described("binary", seed=seed)
            model, _ = trained(table, contract, chosen, quietly, (path, tmp_path))
        models.append(model)
    vectorizers = [model[0] for model in models]
    levels = [
        [encoder.categories_ for encoder in one.transformers_ if hasattr(encoder, "categories_")]
        for one in vectorizers
    ]
    assert str(levels[0]) == str(levels[1])
    assert models[0].predict_proba(read_prepared(path, contract)[contract.features]).shape == (
        300, 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"estimator": "sklearn.ensemble.HistGradientBoostingClassifier"}, "needs all rows in mem"),
        ({"members": [{"estimator": "xgboost.XGBClassifier", "hyperparameters": {}}]},
         "train.members need"),
        ({"steps": [{"step": "src.features.ratio.Ratio", "parameters": {}}]}, "train.steps need"),
        ({"hyperparameters": {"tree_method": "exact"}}, "tree_method is 'exact', expected 'hist'"),
        ({"hyperparameters": {"booster": "dart"}}, "booster is 'dart', expected 'gbtree'"),
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_from_disk_is_refused(
    changed: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        require_external(described("binary", **changed))
