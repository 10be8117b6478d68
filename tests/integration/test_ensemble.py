"""The mean of the folds' models: what is saved, what it predicts, what it refuses."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.pipeline import Pipeline

from src.base.contract import Task
from src.base.errors import InputError
from src.base.prepared import as_features
from src.evaluate.importance import permutation_importance
from src.fitting.cross_validation import folds
from src.fitting.fits import one_of_each
from src.modelling import parallel
from src.modelling.ensemble import calibration_of, learner, members_of
from src.modelling.predictions import labels, predict_raw, predictions
from src.saving.model_file import dumps, load_model, save_model
from src.saving.trust import TRUSTED, Trust, own_types
from src.train import training as fits
from src.train.training import trained
from tests.tables import make_contract
from tests.training import quietly, settings
from tests.unit.test_evaluate import SETTINGS as EVALUATE
from tests.unit.test_folds import keyed

TASKS: list[Task] = ["binary", "multiclass", "regression"]
KIND = {"binary": "Classifier", "multiclass": "Classifier", "regression": "Regressor"}
STEP = {"step": "src.features.ratio.Ratio", "parameters": {"pairs": [["size", "size"]]}}


def ensemble(task: Task, **changed: object) -> dict[str, object]:
    estimator = f"sklearn.ensemble.HistGradientBoosting{KIND[task]}"
    quick = {"estimator": estimator, "hyperparameters": {"max_iter": 5}, "final": "ensemble"}
    return quick | changed


@pytest.mark.parametrize(
    ("task", "steps"), [*((task, []) for task in TASKS), ("multiclass", [STEP])]
)
def test_an_ensemble_predicts_the_mean_of_its_members(
    task: Task, steps: list[object], tmp_path: Path
) -> None:
    table, contract = keyed(task), make_contract(task)
    model, found = trained(table, contract, settings(**ensemble(task, steps=steps)), quietly)
    features = as_features(table, contract)
    last = learner(model)
    assert isinstance(last, VotingClassifier | VotingRegressor)
    assert len(members_of(model)) == 3
    columns = features if steps else model[:-1].transform(features)
    outputs = [predict_raw(member, columns, contract) for member in last.estimators_]
    output = predict_raw(model, features, contract)
    np.testing.assert_allclose(output, np.mean(outputs, axis=0), atol=1e-12)
    # Each fold's predictions are of rows that its model has not seen.
    for place, (_, validate) in enumerate(folds(table, contract, 3, 0)):
        of_fold = found.fold == place
        assert found.rows[of_fold].tolist() == validate.tolist()
        np.testing.assert_array_equal(found.predicted.output[of_fold], outputs[place][validate])

    trust = Trust((*TRUSTED, *own_types()), 10**8)
    save_model(model, tmp_path / "m.skops", trust)
    loaded = load_model(tmp_path / "m.skops", trust)
    np.testing.assert_array_equal(predict_raw(loaded, features, contract), output)
    assert dumps(loaded) == dumps(model)
    named = permutation_importance(loaded, features, table, contract, EVALUATE)
    assert set(named["feature"]) == set(contract.features)


@pytest.mark.parametrize("final", ["ensemble", "refit"])
def test_processes_make_the_same_bytes(final: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table, contract = keyed("binary"), make_contract("binary")
    wanted = settings(**ensemble("binary", final=final, threshold={"maximize": "f1"}))
    model, found = trained(table, contract, wanted, quietly)
    monkeypatch.setattr(parallel, "LARGE", 0)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2 if final == "refit" else 3)
    again, other = trained(table, contract, wanted, quietly)
    assert dumps(again) == dumps(model)
    assert other.scores() == found.scores()


def test_an_example_shows_every_class() -> None:
    assert one_of_each(np.array(["b", "b", "a", "c", "a"], dtype=object)).tolist() == [2, 0, 3]
    assert one_of_each(np.array([2.0, 1.0, 2.0])).tolist() == [0]
    assert one_of_each(np.array([], dtype=float)).tolist() == []


def test_an_ensemble_obeys_its_threshold() -> None:
    table, contract = keyed("binary"), make_contract("binary")
    model, found = trained(table, contract, settings(**ensemble("binary", threshold=0.3)), quietly)
    made = predictions(model, as_features(table, contract), table, contract)
    assert made.threshold == 0.3
    assert found.thresholds is not None
    assert set(found.thresholds) == {0.3}
    assert (made.predicted == (made.positive >= 0.3)).all()


@pytest.mark.parametrize("final", ["ensemble", "refit"])
def test_a_calibration_by_the_estimator_is_the_estimators(final: str) -> None:
    table, contract = keyed("binary"), make_contract("binary")
    estimator = "sklearn.calibration.CalibratedClassifierCV"
    wanted = settings(estimator=estimator, hyperparameters={}, final=final)
    model, _ = trained(table, contract, wanted, quietly)
    assert {type(member) for member in members_of(model)} == {CalibratedClassifierCV}
    assert calibration_of(model) is None


def test_the_file_holds_nothing_twice_and_a_clone_fits_every_member() -> None:
    table, contract = keyed("binary", 300), make_contract("binary")

    def size(**changed: object) -> tuple[int, Pipeline]:
        wanted = settings(**ensemble("binary", hyperparameters={"max_iter": 40}, **changed))
        model, _ = trained(table, contract, wanted, quietly)
        with zipfile.ZipFile(io.BytesIO(dumps(model))) as archive:
            return sum(member.file_size for member in archive.infolist()), model

    one, _ = size(final="refit")
    three, _ = size()
    wrapped, model = size(threshold=0.4, calibration="sigmoid")
    assert three < 3.3 * one
    assert wrapped < 1.1 * three
    features, truth = as_features(table, contract), labels(table["target"], contract)
    again = clone(model).fit(features, truth)
    output = predict_raw(again, features, contract)
    assert not np.array_equal(output, predict_raw(model, features, contract))


def test_ensembles_that_cannot_be_are_refused_before_anything_is_fitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fits, "shared", None)
    table, contract = keyed("binary"), make_contract("binary")
    with pytest.raises(InputError, match=r"train.final: .* train.folds is 0. Set train.final to"):
        trained(table, contract, settings(**ensemble("binary", folds=0)), quietly)
    timed = make_contract("binary", day={"kind": "datetime", "role": "time"})
    with pytest.raises(InputError, match="have not seen the latest rows"):
        trained(table, timed, settings(**ensemble("binary")), quietly)
    table, contract = keyed("multiclass"), make_contract("multiclass")
    table.loc[table.index[:119], "target"] = np.where(np.arange(119) % 2, "a", "c")
    table.loc[119, "target"] = "b"
    with (
        pytest.warns(UserWarning, match="least populated class"),
        pytest.raises(InputError, match=r"train.final: .* hold none of the class 'b'. Set"),
    ):
        trained(table, contract, settings(**ensemble("multiclass")), quietly)
