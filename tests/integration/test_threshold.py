"""The probability from which on the positive class is predicted."""

import dataclasses
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline

from src.base.errors import InputError
from src.base.prepared import as_features
from src.modelling.predictions import Predictions, class_names, predictions, threshold_of
from src.predict.scoring import score_batch
from src.results.predictions_file import read_predictions, recorded_frame
from src.saving.model_file import load_model, save_model
from src.saving.trust import TRUSTED, Trust
from src.tables.validate import model_inputs
from src.train.out_of_fold import OutOfFold
from src.train.threshold import chosen, of_folds
from src.train.training import trained
from tests.tables import frame, make_contract
from tests.training import quietly, settings

CONTRACT = make_contract("binary")


def decided(value: object, rows: int = 300) -> tuple[Pipeline, pd.DataFrame]:
    table = frame("binary", rows)
    table["row_key"] = [f"{row:016x}" for row in range(rows)]
    chosen = settings(threshold=value, hyperparameters={"max_iter": 5})
    return trained(table, CONTRACT, chosen, quietly)[0], table


@pytest.mark.parametrize("value", [0.2, 0.8, {"maximize": "f1"}])
def test_scores_predictions_and_consumers_obey_the_threshold(tmp_path: Path, value: object) -> None:
    model, table = decided(value)
    save_model(model, tmp_path / "model.skops", Trust(TRUSTED, 10**8))
    loaded = load_model(tmp_path / "model.skops", Trust(TRUSTED, 10**8))
    set_at = threshold_of(loaded)
    assert set_at is not None
    made = predictions(loaded, as_features(table, CONTRACT), table, CONTRACT)
    wanted = (made.positive >= set_at).astype(int)
    assert (made.predicted == wanted).all()
    names = np.array(class_names(CONTRACT))[wanted]
    assert (loaded.predict(as_features(table, CONTRACT)) == names).all()
    scored, _ = score_batch(loaded, table, model_inputs(CONTRACT))
    assert (scored["predicted"] == names).all()


def test_the_best_threshold_is_found_on_folds() -> None:
    model, table = decided({"maximize": "f1"})
    made = predictions(model, as_features(table, CONTRACT), table, CONTRACT)
    found = threshold_of(model)
    assert found is not None
    scores = {at: f1_score(made.truth, made.positive >= at) for at in (found, 0.05, 0.95)}
    assert max(scores, key=lambda at: scores[at]) == found


def test_a_fold_is_scored_from_the_threshold_of_the_others() -> None:
    generator = np.random.default_rng(0)
    truth, positive = generator.integers(0, 2, 90), generator.random(90)
    output = np.column_stack([1 - positive, positive])
    predicted = Predictions("binary", class_names(CONTRACT), truth, output)
    found = OutOfFold(np.arange(90), np.arange(90) % 3, predicted)
    wanted = settings(threshold={"maximize": "f1"})
    thresholds = of_folds(wanted, found)
    assert thresholds is not None
    decided_from = dataclasses.replace(found, thresholds=thresholds)
    frame_ = decided_from.frame(pd.Series([f"{row:016x}" for row in range(90)]))
    for number, scores in enumerate(decided_from.scores()):
        own = found.fold == number
        assert thresholds[number] == chosen(wanted, found.without(number))
        above = positive[own] >= thresholds[number]
        assert scores["f1"] == pytest.approx(f1_score(truth[own], above))
        assert (frame_["predicted"][own] == np.array(class_names(CONTRACT))[above * 1]).all()
    other = dataclasses.replace(predicted, truth=np.where(found.fold == 0, 1 - truth, truth))
    again = of_folds(wanted, dataclasses.replace(found, predicted=other))
    assert again is not None
    assert again[0] == thresholds[0]
    assert of_folds(settings(threshold=0.2), found) == pytest.approx([0.2] * 3)
    assert of_folds(settings(threshold=None), found) is None


@pytest.mark.parametrize("metric", ["f1", "accuracy", "balanced_accuracy"])
def test_a_fold_of_one_class_leaves_a_threshold_to_the_others(metric: str) -> None:
    table = frame("binary", 300).assign(site=[f"s{row // 10}" for row in range(300)])
    table["row_key"] = [f"{row:016x}" for row in range(300)]
    positive = table["site"].isin(["s1", "s2"])
    table["target"] = np.where(positive, "yes", "no")
    contract = make_contract("binary", site={"kind": "categorical", "role": "group"})
    wanted = settings(threshold={"maximize": metric}, hyperparameters={"max_iter": 5}, folds=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's on scores of one class
        model, found = trained(table, contract, wanted, quietly)
    by_fold = pd.Series(found.predicted.truth).groupby(found.fold).sum()
    assert (by_fold == 0).any()
    assert 0 < (threshold_of(model) or 0) < 1


def test_a_threshold_that_cannot_be_is_named() -> None:
    table, contract = frame("multiclass"), make_contract("multiclass")
    with pytest.raises(InputError, match="a multiclass task, which has no threshold"):
        trained(table, contract, settings(threshold=0.3), quietly)
    with pytest.raises(InputError, match=r"train.folds is 0"):
        trained(frame("binary"), CONTRACT, settings(threshold={"maximize": "f1"}, folds=0), quietly)
    for wrong in (0, 1.5, True, "f1", {"maximize": "roc_auc"}, {"max": "f1"}, [0.5]):
        with pytest.raises(InputError, match=r"^params.yaml: train.threshold: .*between 0 and 1"):
            settings(threshold=wrong)


def test_recorded_predictions_follow_their_threshold(tmp_path: Path) -> None:
    output = np.array([[0.7, 0.3], [0.6, 0.4], [0.1, 0.9]])
    made = Predictions("binary", class_names(CONTRACT), np.array([0, 1, 1]), output, 0.35)
    keys = pd.Series(["a", "b", "c"], name="row_key")
    written = recorded_frame(keys, np.arange(3), made, pd.DataFrame(index=range(3)))
    written.to_parquet(tmp_path / "p.parquet")
    assert read_predictions(tmp_path / "p.parquet", CONTRACT).predicted.threshold == 0.35
    for wrong, message in [
        ([0.5] * 3, "not the one from 0.5 on"),
        ([0.35, 0.35, 0.3], "expected one probability"),
        ([2.0] * 3, "expected one probability"),
    ]:
        written["threshold"] = wrong
        written.to_parquet(tmp_path / "p.parquet")
        with pytest.raises(InputError, match=message):
            read_predictions(tmp_path / "p.parquet", CONTRACT)
