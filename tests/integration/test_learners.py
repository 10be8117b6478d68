"""XGBoost, LightGBM and CatBoost: the same rows give the same bytes, whatever they are called."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from src.base.contract import Contract, Task
from src.base.errors import InputError
from src.base.prepared import as_features
from src.evaluate.card import packages
from src.evaluate.importance import permutation_importance
from src.fitting.learners import LIBRARIES
from src.fitting.model import build
from src.modelling.ensemble import members_of
from src.modelling.metrics import leading, score
from src.modelling.predictions import predict_raw, predictions
from src.saving.model_file import dumps, load_model, save_model, types_to_trust
from src.saving.trust import TRUSTED, Trust, own_types
from src.train.settings import Train
from src.train.training import trained
from tests.integration.test_weights import EVALUATE, linear
from tests.tables import frame, make_contract
from tests.training import quietly
from tests.unit.test_steps import RATIO

PATHS = {
    "xgboost": ("xgboost.XGB{}", {"n_estimators": 12, "subsample": 0.8}),
    "lightgbm": ("lightgbm.LGBM{}", {"n_estimators": 12, "subsample": 0.8, "subsample_freq": 1}),
    "catboost": ("catboost.CatBoost{}", {"iterations": 12}),
}
TRUST = Trust((*TRUSTED, *own_types()), 10**8)
NAME = 'size, "in" [cm] <all>'
"""Characters that XGBoost and LightGBM refuse in the name of a feature."""


def table_of(task: Task) -> tuple[pd.DataFrame, Contract]:
    """Return a table with nulls, weights, categories and a name that libraries refuse."""
    rows = 300
    generator = np.random.default_rng(3)
    table = frame(task, rows).assign(row_key=np.arange(rows).astype(str))
    table[NAME] = table["size"] + generator.normal(size=rows) / 10
    table.loc[generator.random(rows) < 0.1, ["size", "colour"]] = None
    table["share"] = generator.uniform(0.5, 2, rows)
    columns = {
        NAME: {"kind": "numeric", "role": "feature"},
        "share": {"kind": "numeric", "role": "weight"},
    }
    return table, make_contract(task, **columns)


def described(library: str, task: Task, **changed: object) -> Train:
    """Return the section ``train`` with an estimator of a library."""
    path, hyperparameters = PATHS[library]
    estimator = path.format("Regressor" if task == "regression" else "Classifier")
    return linear(**{"estimator": estimator, "hyperparameters": hyperparameters, **changed})


def fitted(library: str, task: Task, **changed: object) -> tuple[Pipeline, pd.DataFrame, Contract]:
    """Fit an estimator of a library on a small table."""
    table, contract = table_of(task)
    model, _ = trained(table, contract, described(library, task, **changed), quietly)
    return model, table, contract


@pytest.mark.parametrize("library", PATHS)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_it_is_fitted_saved_loaded_and_scored(
    library: str, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model, table, contract = fitted(library, task, final="ensemble")
    again, _, _ = fitted(library, task, final="ensemble")
    save_model(model, tmp_path / "model.skops", TRUST)
    assert dumps(again) == (tmp_path / "model.skops").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["model.skops"]  # no logs
    loaded = load_model(tmp_path / "model.skops", TRUST)
    features = as_features(table, contract)
    made, known = (predictions(one, features, table, contract) for one in (model, loaded))
    assert np.array_equal(made.output, known.output)
    found = score(made)
    assert found["r2" if task == "regression" else "balanced_accuracy"] > 0.6
    members = members_of(loaded)
    assert [type(one).__module__.partition(".")[0] for one in members] == [library] * 3
    needed = packages(loaded, types_to_trust(tmp_path / "model.skops"))
    assert [name for name in needed if name.startswith(library)]
    named = permutation_importance(loaded, features, table, contract, EVALUATE)
    assert named["feature"][0] in ("size", NAME, "colour")
    assert leading(task).name in found


@pytest.mark.parametrize("library", PATHS)
@pytest.mark.parametrize("final", ["refit", "ensemble"])
def test_calibration_and_threshold_go_on_top(library: str, final: str, tmp_path: Path) -> None:
    changed = {"final": final, "calibration": "isotonic", "threshold": {"maximize": "f1"}}
    model, table, contract = fitted(library, "binary", **changed)
    save_model(model, tmp_path / "model.skops", TRUST)
    loaded = load_model(tmp_path / "model.skops", TRUST)
    features = as_features(table, contract)
    assert (loaded.predict(features) == model.predict(features)).all()
    assert set(loaded.predict(features)) == {"no", "yes"}


@pytest.mark.parametrize("library", PATHS)
def test_the_seed_reaches_it(library: str) -> None:
    random = {"catboost": {"iterations": 12, "bootstrap_type": "Bernoulli", "subsample": 0.5}}
    changed = {"hyperparameters": random.get(library, PATHS[library][1]), "folds": 0}
    first, second, other = (
        dumps(fitted(library, "regression", seed=seed, **changed)[0]) for seed in (1, 1, 2)
    )
    assert first == second != other


@pytest.mark.parametrize("library", PATHS)
def test_what_would_differ_between_machines_is_refused(library: str) -> None:
    path = PATHS[library][0].format("Classifier")
    contract = make_contract("binary")
    known = {"deterministic", "force_row_wise", "num_threads", "device_type", "verbosity"}
    for name, (value, _) in LIBRARIES[library].forced.items():
        if library == "lightgbm" and name in known:
            continue  # scikit-learn's names only, of which these are none
        assert build(path, {name: value}, 0, contract)
        with pytest.raises(InputError, match=rf"{name}: found 'another', .* Remove it"):
            build(path, {name: "another"}, 0, contract)
    for name in {**LIBRARIES[library].refused}:
        with pytest.raises(InputError, match=rf"{name}: (found 'some': .* Remove it|.* no such)"):
            build(path, {name: "some"}, 0, contract)
    with pytest.raises(InputError, match="n_jobs: not a parameter here"):
        build(path, {"n_jobs": 4}, 0, contract)
    with pytest.raises(InputError, match="has no such parameter; did you mean 'learning_rate'"):
        build(path, {"learning_rte": 0.1}, 0, contract)


def test_a_value_that_a_library_refuses_is_one_message() -> None:
    for library, wrong in {
        "xgboost": {"max_depth": -5}, "lightgbm": {"num_leaves": 1}, "catboost": {"depth": 99},
    }.items():  # fmt: skip
        with pytest.raises(InputError, match="cannot be trained with these hyperparameters"):
            fitted(library, "binary", hyperparameters=wrong, folds=2)


MIXED = [
    {"estimator": "sklearn.linear_model.LogisticRegression", "hyperparameters": {}},
    {"estimator": "lightgbm.LGBMClassifier", "hyperparameters": {"n_estimators": 12}},
]


@pytest.mark.parametrize(
    ("final", "steps"), [("ensemble", []), ("refit", []), ("refit", [RATIO.model_dump()])]
)
def test_members_are_averaged_each_behind_its_own_steps(
    final: str, steps: list[dict[str, object]], tmp_path: Path
) -> None:
    """On folds as in the saved model, where each kind has the same weight."""
    table, contract = table_of("multiclass")
    table = table.assign(other=2.0 + np.arange(len(table)))
    columns = {name: one.model_dump() for name, one in contract.columns.items()}
    contract = make_contract("multiclass", **columns,
                             other={"kind": "numeric", "role": "feature"})  # fmt: skip
    chosen = described("xgboost", "multiclass", final=final, steps=steps, members=MIXED)
    model, found = trained(table, contract, chosen, quietly)
    alone = [{"estimator": chosen.estimator, "hyperparameters": chosen.hyperparameters}, *MIXED]
    common = {"final": final, "steps": steps}
    each = [
        trained(table, contract, described("xgboost", "multiclass", **common, **one), quietly)
        for one in alone
    ]
    features = as_features(table, contract)
    expected = np.mean([predict_raw(one, features, contract) for one, _ in each], axis=0)
    assert predict_raw(model, features, contract) == pytest.approx(expected)
    on_folds = np.mean([made.predicted.output for _, made in each], axis=0)
    assert found.predicted.output == pytest.approx(on_folds)
    assert len(members_of(model)) == (9 if final == "ensemble" else 3)
    save_model(model, tmp_path / "model.skops", TRUST)
    loaded = load_model(tmp_path / "model.skops", TRUST)
    assert (predict_raw(loaded, features, contract) == predict_raw(model, features, contract)).all()
    importance = permutation_importance(loaded, features, table, contract, EVALUATE)
    assert importance["importance"].max() > 0


def test_a_member_that_is_none_is_named() -> None:
    wrong = [{"estimator": "sklearn.ensemble.RandomForestClassifier",
              "hyperparameters": {"trees": 1}}]  # fmt: skip
    with pytest.raises(InputError, match=r"train\.members\[0\]\.hyperparameters\.trees: "):
        fitted("xgboost", "binary", members=wrong)


@pytest.mark.parametrize(
    ("path", "wrong", "message"),
    [
        ("xgboost.XGBClassifier", {"booster": "gblinear"}, "its threads race"),
        ("xgboost.XGBClassifier", {"sampling_method": "gradient_based"}, "in another order"),
        ("xgboost.XGBClassifier", {"verbosity": 1}, "is always created with 0"),
        (
            "lightgbm.LGBMClassifier",
            {"class_weight": {"no": 1, "yes": 5}},
            "instead of the classes",
        ),
        ("catboost.CatBoostClassifier", {"ignored_features": [0]}, "cannot copy the estimator"),
        ("catboost.CatBoostClassifier", {"eta": 0.1, "learning_rate": 0.2}, "only one of the"),
    ],
)
def test_a_value_that_would_not_do_what_it_says_is_refused(
    path: str, wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        build(path, wrong, 0, make_contract("binary"))


@pytest.mark.parametrize(
    ("path", "task", "wrong", "message"),
    [
        ("catboost.CatBoostRegressor", "regression", {"loss_function": "RMSEWithUncertainty"},
         "expected a finite number a row"),
        ("lightgbm.LGBMClassifier", "binary", {"objective": "regression", "min_child_samples": 2},
         "gives no probabilities"),
        ("xgboost.XGBClassifier", "binary", {"objective": "binary:logitraw"},
         "gives no probabilities"),
    ],
)  # fmt: skip
def test_what_is_no_prediction_is_refused_before_anything_is_saved(
    path: str, task: Task, wrong: dict[str, object], message: str
) -> None:
    table, contract = table_of(task)
    chosen = linear(estimator=path, hyperparameters=wrong, folds=2)
    with pytest.raises(InputError, match=message):
        trained(table, contract, chosen, quietly)


def test_half_of_the_rows_for_each_tree_of_lightgbm_is_what_it_says() -> None:
    half, every = (
        dumps(fitted("lightgbm", "binary", hyperparameters={"subsample": share}, folds=0)[0])
        for share in (0.5, 1.0)
    )
    assert half != every


PROGRAM = """
from tests.integration.test_learners import PATHS, dumps, fitted
import hashlib
for library in PATHS:
    print(hashlib.sha256(dumps(fitted(library, "multiclass", final="refit")[0])).hexdigest())
"""


def test_threads_kernels_and_hash_seeds_do_not_matter() -> None:
    environment = {"OMP_NUM_THREADS": "4", "PYTHONHASHSEED": "5", "OPENBLAS_CORETYPE": "Haswell",
                   "LC_ALL": "C"}  # fmt: skip
    ran = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True,
                         text=True, env={**os.environ, **environment})  # fmt: skip
    here = [
        hashlib.sha256(dumps(fitted(library, "multiclass", final="refit")[0])).hexdigest()
        for library in PATHS
    ]
    assert ran.stdout.split() == here
