"""A training set that stays on disk gives the model that it gives in memory."""

import os
import signal
import threading
import time
from pathlib import Path
from unittest.mock import patch

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from src.base.contract import Contract, Task
from src.base.errors import InputError
from src.base.prepared import read_prepared
from src.modelling import parallel
from src.saving.model_file import save_model
from src.train import blocks, divided, external_memory
from src.train.on_disk import require_external
from src.train.settings import Train
from src.train.training import trained
from tests.integration.test_learners import TRUST
from tests.tables import frame, make_contract
from tests.training import quietly, settings

REAL = divided.fit_share
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
    ("task", "changed", "free"),
    [
        ("binary", {"final": "ensemble"}, 10**12), ("multiclass", {"final": "ensemble"}, 0),
        ("binary", {"final": "refit", "threshold": {"maximize": "f1"}, "calibration": "isotonic"},
         0),
        ("regression", {"final": "refit"}, 10**12), ("regression", {"final": "ensemble"}, 0),
    ],
)  # fmt: skip
def test_the_model_has_the_bytes_of_one_fitted_in_memory(
    task: Task, changed: dict[str, object], free: int, tmp_path: Path
) -> None:
    """Also where its bins do not fit in memory."""
    path = tmp_path / "train.parquet"
    contract = table_of(task, path, weighted=changed["final"] == "refit")
    with (
        patch.object(blocks, "BLOCK", 41),
        patch.object(blocks, "available_memory", lambda: free),
    ):
        made: dict[bool, tuple[bytes, pd.DataFrame]] = {}
        for disk in (False, True):
            chosen = described(task, **changed, external_memory=disk)
            table = read_prepared(path, contract)
            model, found = trained(table, contract, chosen, quietly, (path, tmp_path))
            save_model(model, tmp_path / "model.skops", TRUST)
            made[disk] = (tmp_path / "model.skops").read_bytes(), found.frame(table["row_key"])
    assert made[True][0] == made[False][0]
    pd.testing.assert_frame_equal(made[True][1], made[False][1])
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "columns", "model.skops", "train.parquet",
    ]  # fmt: skip


def fitted(path: Path, contract: Contract, memory: object, **changed: object) -> bytes:
    """Fit once, to all rows, and return the model's file."""
    chosen = described("binary", final="refit", folds=0, external_memory=memory, **changed)
    table = read_prepared(path, contract)
    model, _ = trained(table, contract, chosen, quietly, (path, path.parent))
    save_model(model, path.with_name("model.skops"), TRUST)
    return path.with_name("model.skops").read_bytes()


def test_processes_that_share_a_fit_make_the_same_bytes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """They follow from the number of processes, and not from where bins lie."""
    path = tmp_path / "train.parquet"
    contract = table_of("binary", path, weighted=True)
    alone, two, three = (
        fitted(path, contract, memory) for memory in (True, {"workers": 2}, {"workers": 3})
    )
    assert len({alone, two, three}) == 3
    with patch.object(divided, "fit_share", fit_on_disk):
        assert fitted(path, contract, {"workers": 2}) == two
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.glob("tmp*"))


def fit_on_disk(share: divided.Share) -> BaseEstimator | None:
    """Fit where no memory is free; the second process comes first."""
    if not share.number:
        time.sleep(1)
    with patch.object(blocks, "available_memory", lambda: 0):
        return REAL(share)


def test_a_process_that_is_lost_ends_a_shared_fit(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    contract = table_of("binary", path, weighted=False)
    with (
        patch.object(divided, "fit_share", die),
        pytest.raises(InputError, match="one of 2 processes was killed, most likely for want of"),
    ):
        fitted(path, contract, {"workers": 2}, hyperparameters={"n_estimators": 100_000})


def die(share: divided.Share) -> BaseEstimator | None:
    """Let one process be killed in the middle of the fit."""
    if share.number:
        threading.Timer(1, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
    return REAL(share)


def test_a_process_without_a_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    contract = table_of("binary", path, weighted=False)
    told = r"train\.external_memory\.workers: found 301, but a fit has 300 rows"
    with pytest.raises(InputError, match=told):
        fitted(path, contract, {"workers": 301})


@pytest.mark.parametrize(("together", "held"), [(True, 300), (False, 75)])
def test_processes_of_one_machine_have_one_memory(together: bool, held: int) -> None:
    asked = []

    class Asked:
        shape = (300, 4)

        def has_room(self, rows: int) -> bool:
            asked.append(rows)
            raise InputError("enough")

    rows = blocks.FitRows(Asked(), np.arange(75), np.zeros(300), None, 0)  # type: ignore[arg-type] # a stand-in
    with pytest.raises(InputError, match="enough"):
        blocks.fit_blocks(BaseEstimator(), rows, 4, together)
    assert asked == [held]


@pytest.mark.parametrize(
    ("value", "found"),
    [(1, "1"), ("yes", "'yes'"), ({"workers": 1}, r"\{'workers': 1\}"),
     ({"worker": 4}, r"\{'worker': 4\}")],
)  # fmt: skip
def test_what_external_memory_may_be_is_said_at_once(value: object, found: str) -> None:
    told = rf"external_memory: found {found}; should be true, false, or \{{workers: 4\}}"
    with pytest.raises(InputError, match=told):
        described("binary", external_memory=value)


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


def test_as_many_fits_run_at_a_time_as_memory_has_room_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 10^8 rows and 20 columns, a fourth of them in the test set."""
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    columns = blocks.ColumnsFile(Path("columns"), (75_000_000, 20), nulls=False)
    fits = external_memory.OnDisk([], None, columns, np.empty(0), None, (), 1)
    said = []
    for free in (10**11, 20 * 10**9, 4 * 10**9):
        for module in (blocks, parallel):
            monkeypatch.setattr(module, "available_memory", lambda free=free: free)
        parallel.processes(5, fits.cells)
        said.append(capsys.readouterr().err)
    assert said[0] == ""  # bins in memory
    assert said[1].startswith("3 of 5 processes: each is expected to need 6.0 GB, and 20.0 GB are")
    assert said[2].startswith("1 of 5 processes: each is expected to need 6.0 GB, and 4.0 GB are")


@pytest.mark.parametrize("role", ["time", "feature"])
def test_out_of_fold_predictions_are_the_same_in_batches(role: str) -> None:
    """By time the first rows have none, so that a batch may be empty."""
    table = frame("binary").sort_values("day", ignore_index=True)
    table = table.assign(row_key=[f"{row:016x}" for row in range(len(table))])
    contract = make_contract("binary", day={"kind": "datetime", "role": role})
    _, found = trained(table, contract, described("binary", external_memory=False,
                                                  final="refit"), quietly)  # fmt: skip
    keys = table["row_key"]
    batches = [found.frame(keys.iloc[first : first + 20], first) for first in range(0, 120, 20)]
    assert batches[0].empty == (role == "time")
    assert {str(batch.dtypes) for batch in batches} == {str(found.frame(keys).dtypes)}
    pd.testing.assert_frame_equal(pd.concat(batches, ignore_index=True), found.frame(keys))


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
