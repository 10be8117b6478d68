"""The model builds for every task and does what its documentation says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from src.base.contract import Task
from src.base.errors import InputError
from src.base.prepared import as_features
from src.fitting.model import build
from src.modelling.predictions import labels, predictions
from src.saving.model_file import dumps, load_model, save_model
from src.saving.trust import TRUSTED, Trust
from tests.tables import frame, make_contract

ESTIMATORS: dict[str, tuple[Task, dict[str, Any]]] = {
    "sklearn.ensemble.HistGradientBoostingClassifier": ("binary", {"max_iter": 5}),
    "sklearn.ensemble.RandomForestClassifier": ("multiclass", {"n_estimators": 5}),
    "sklearn.linear_model.LogisticRegression": ("multiclass", {}),
    "sklearn.ensemble.HistGradientBoostingRegressor": ("regression", {"max_iter": 5}),
    "sklearn.ensemble.RandomForestRegressor": ("regression", {"n_estimators": 5}),
    "sklearn.linear_model.Ridge": ("regression", {}),
}

TRUST = Trust(TRUSTED, 100_000_000)


def fitted(path: str) -> tuple[Pipeline, Task]:
    task, hyperparameters = ESTIMATORS[path]
    table, contract = frame(task), make_contract(task)
    model = build(path, hyperparameters, 0, make_contract(task))
    return model.fit(as_features(table, contract), labels(table["target"], contract)), task


@pytest.mark.parametrize("path", ESTIMATORS)
@pytest.mark.parametrize("rows", [1, 50])
def test_one_row_and_many_give_the_documented_output(path: str, rows: int) -> None:
    model, task = fitted(path)
    table = frame(task, 60, seed=1).iloc[:rows]
    made = predictions(model, as_features(table, make_contract(task)), table, make_contract(task))
    assert made.output.dtype == np.float64
    assert made.output.shape == (rows, max(1, len(made.classes)))
    assert np.isfinite(made.output).all()
    if task != "regression":
        assert ((made.output >= 0) & (made.output <= 1)).all()
        np.testing.assert_allclose(made.output.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("path", ESTIMATORS)
def test_a_saved_model_predicts_the_same_bits(path: str, tmp_path: Path) -> None:
    model, task = fitted(path)
    save_model(model, tmp_path / "model.skops", TRUST)
    loaded = load_model(tmp_path / "model.skops", TRUST)
    table = frame(task, 80, seed=2)
    features = as_features(table, make_contract(task))
    for one, other in ((model, loaded), (loaded, load_model(tmp_path / "model.skops", TRUST))):
        assert np.array_equal(
            predictions(one, features, table, make_contract(task)).output,
            predictions(other, features, table, make_contract(task)).output,
        )
    assert dumps(fitted(path)[0]) == (tmp_path / "model.skops").read_bytes()


def test_codes_stay_categories_however_a_consumer_reads_them() -> None:
    model, _ = fitted("sklearn.ensemble.HistGradientBoostingClassifier")
    features = as_features(frame("binary", 60, seed=1), make_contract("binary"))
    expected = model.predict_proba(features)
    as_read = features.astype({"code": "str", "colour": "str"})
    assert np.array_equal(model.predict_proba(as_read), expected)
    as_numbers = as_read.assign(code=as_read["code"].astype(int))
    assert np.array_equal(model.predict_proba(as_numbers), expected)


def test_a_table_without_a_needed_column_is_refused() -> None:
    model, _ = fitted("sklearn.ensemble.HistGradientBoostingClassifier")
    with pytest.raises(ValueError, match="colour"):
        model.predict(as_features(frame("binary"), make_contract("binary")).drop(columns="colour"))


def test_every_random_state_is_the_seed() -> None:
    model = build("sklearn.ensemble.RandomForestClassifier", {}, 7, make_contract("binary"))
    states = {value for name, value in model.get_params().items() if name.endswith("random_state")}
    assert states == {7}


@pytest.mark.parametrize(
    ("path", "hyperparameters", "task", "message"),
    [
        ("sklearn.ensemble.HistGradientBoostingClasifier", {}, "binary",
         "did you mean 'HistGradientBoostingClassifier'"),
        ("sklearn.nothing.Model", {}, "binary", "cannot import 'sklearn.nothing.Model'"),
        ("Model", {}, "binary", "cannot import 'Model'"),
        (".model.Model", {}, "binary", "cannot import '.model.Model'"),
        ("sklearn.metrics.roc_auc_score", {}, "binary", "no scikit-learn estimator"),
        ("sklearn.linear_model.Ridge", {}, "binary",
         "sklearn.linear_model.Ridge is no classifier, .* makes this a binary task"),
        ("sklearn.linear_model.LogisticRegression", {}, "regression",
         "LogisticRegression is no regressor, .* makes this a regression task"),
        ("sklearn.svm.LinearSVC", {}, "binary", "has no predict_proba"),
        ("sklearn.linear_model.LogisticRegression", {"c": 1.0}, "binary",
         r"hyperparameters\.c: .* has no such parameter; did you mean 'C'|It has"),
        ("sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 0}, "binary",
         "'max_iter' parameter of HistGradientBoostingClassifier must be"),
        ("sklearn.ensemble.RandomForestClassifier", {"n_jobs": 2}, "binary",
         "n_jobs: not a parameter here"),
        ("sklearn.ensemble.RandomForestClassifier", {"random_state": 2}, "binary",
         "set train.seed"),
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_explained(
    path: str, hyperparameters: dict[str, Any], task: Task, message: str
) -> None:
    with pytest.raises(InputError, match=message) as error:
        build(path, hyperparameters, 0, make_contract(task))
    assert str(error.value).startswith("params.yaml: train.")
