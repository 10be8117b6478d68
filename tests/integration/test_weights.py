"""Rows that count more than others: in the contract, in adopt and in fits."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from src.adopt.accept import accepted
from src.adopt.choices import Choices
from src.adopt.count import Profiled
from src.adopt.profile import profile
from src.adopt.propose import propose
from src.base.contract import Csv, Task
from src.base.errors import InputError
from src.base.prepared import as_features
from src.evaluate import metrics as evaluated
from src.evaluate.importance import permutation_importance
from src.evaluate.settings import Evaluate
from src.fitting.model import build
from src.modelling.metrics import score
from src.modelling.predictions import predict_raw, predictions
from src.results.plot_tables import Evaluated, calibration, of_positive, per_class, roc, threshold
from src.tables.validate import validate_table
from src.train.settings import Train
from src.train.training import trained
from tests.tables import CSV, SOURCE, WEIGHT, make_contract, weighted
from tests.tables import frame as plain_frame
from tests.training import quietly
from tests.training import settings as train_settings

LOGISTIC = "sklearn.linear_model.LogisticRegression"
EVALUATE = Evaluate.model_validate({
    "confidence": 0.95, "slices": {"columns": [], "min_rows": 10},
    "importance": {"repeats": 2, "max_rows": 500}, "costs": None, "seed": 0,
})  # fmt: skip


def frame(task: Task, rows: int) -> pd.DataFrame:
    """Return a table with one more number."""
    other = np.random.default_rng(9).normal(size=rows) + 5
    return plain_frame(task, rows).assign(other=other, row_key=np.arange(rows).astype(str))


def linear(**changed: object) -> Train:
    """Return the section ``train`` with a linear model."""
    return train_settings(**{"estimator": LOGISTIC, **changed})


def table_with_two_truths(rows: int = 600) -> pd.DataFrame:
    """Return a table in which rows of weight 9 say the opposite of rows of weight 1."""
    table = frame("binary", rows)
    heavy = np.random.default_rng(1).random(rows) < 0.5
    flipped = table["target"].map({"yes": "no", "no": "yes"})
    return table.assign(
        share=np.where(heavy, 9.0, 1.0), target=table["target"].where(~heavy, flipped)
    )


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"final": "ensemble"},
        {"calibration": "isotonic", "final": "ensemble"},
        {"estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
         "hyperparameters": {"max_iter": 20}},
        {"steps": [{"step": "src.features.ratio.Ratio",
                    "parameters": {"pairs": [["size", "other"]]}}]},
    ],
)  # fmt: skip
def test_fits_follow_the_rows_that_count(changed: dict[str, object]) -> None:
    table, contract = table_with_two_truths(), weighted()
    model, found = trained(table, contract, linear(**changed), quietly)
    made = predictions(model, as_features(table, contract), table, contract)
    heavy = made.weights > 1
    right = made.predicted == made.truth
    assert right[heavy].mean() > 0.7
    assert right[~heavy].mean() < 0.4
    folds = found.predicted
    assert folds.weight is not None
    assert score(folds)["accuracy"] > 0.7 > score(replace(folds, weight=None))["accuracy"]


def test_the_best_threshold_is_that_of_the_weighted_score() -> None:
    table = frame("binary", 600).assign(share=1.0)
    rare = table["target"] == "yes"
    lean = linear(threshold={"maximize": "accuracy"})
    at = {}
    for heavy in (0.05, 20.0):  # what a positive counts
        known = table.assign(share=np.where(rare, heavy, 1.0))
        fitted, found = trained(known, weighted(), lean, quietly)
        assert found.thresholds is not None
        at[heavy] = (found.predicted.positive >= found.thresholds[found.fold]).mean()
        assert fitted is not None
    assert at[0.05] < 0.35
    assert at[20.0] > 0.5


@pytest.mark.parametrize("estimator", ["HistGradientBoosting", "RandomForest"])
def test_only_ratios_of_weights_move_a_fit(estimator: str) -> None:
    """Weights that sum to one are common in surveys; a leaf's least weight must not see it."""
    table = frame("binary", 300).assign(share=np.random.default_rng(0).uniform(1, 3, 300))
    path = f"sklearn.ensemble.{estimator}Classifier"
    lean = linear(estimator=path, folds=2, calibration="sigmoid")
    features = as_features(table, weighted())
    one, other = (
        predict_raw(trained(each, weighted(), lean, quietly)[0], features, weighted())
        for each in (table, table.assign(share=table["share"] / table["share"].sum()))
    )
    assert one == pytest.approx(other, abs=1e-6)


def test_an_estimator_without_weights_is_refused() -> None:
    with pytest.raises(InputError, match=r"KNeighborsClassifier takes no weights .* column share"):
        build("sklearn.neighbors.KNeighborsClassifier", {}, 0, weighted())
    assert build("sklearn.neighbors.KNeighborsClassifier", {}, 0, make_contract("binary"))


def test_dummy_importance_and_plots_are_weighted() -> None:
    table, contract = table_with_two_truths(), weighted()
    dummy = evaluated.dummy_metrics(table, table.assign(share=1.0), contract)
    shares = table.groupby("target")["share"].sum() / table["share"].sum()
    probability = (table["target"] == "yes").map({True: shares["yes"], False: shares["no"]})
    assert dummy["log_loss"] == pytest.approx(-np.log(probability).mean())
    model, _ = trained(table, contract, linear(), quietly)
    features = as_features(table, contract)
    named = permutation_importance(model, features, table, contract, EVALUATE)
    even = table.assign(share=1.0)
    plain = permutation_importance(model, features, even, contract, EVALUATE)
    assert named["importance"].max() > 2 * plain["importance"].max()
    made = predictions(model, features, table, contract)
    of = Evaluated(made, named, None, 0)
    curve = pd.DataFrame(of_positive(roc)(of))
    area = float(np.trapezoid(curve["tpr"], curve["fpr"]))
    assert area == pytest.approx(score(made)["roc_auc"], abs=0.01)
    at = pd.DataFrame(threshold(of))
    used = at[at["in_use"] == 1].iloc[0]
    assert used["precision"] == pytest.approx(score(made)["precision"])
    assert used["recall"] == pytest.approx(score(made)["recall"])
    classes = pd.DataFrame(per_class(of)).set_index("class")
    assert classes.loc["yes", "precision"] == pytest.approx(score(made)["precision"])
    assert classes["rows"].sum() == len(table)
    bins = pd.DataFrame(calibration(made.truth == 1, made.positive, made.weights))
    assert np.abs(bins["predicted"] - bins["observed"]).max() < 0.25
    assert bins["rows"].sum() == len(table)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            {"kind": "categorical", "role": "weight"},
            "without nulls, not categorical",
        ),
        ({"kind": "numeric", "role": "weight", "nullable": True}, "not numeric, nullable"),
    ],
)
def test_a_weight_is_a_number_in_every_row(column: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_contract("binary", share=column)
    with pytest.raises(ValidationError, match="more than one column with role 'weight'"):
        make_contract("binary", share=WEIGHT, second=WEIGHT)


def test_prepare_refuses_weights_that_are_none() -> None:
    table = frame("binary", 20).assign(share=[0.0, -2.0, np.nan, *[1.0] * 17])
    _, violations = validate_table(table.astype({"day": "str"}), weighted())
    found = {(one.count, one.expected) for one in violations if one.column == "share"}
    rule = "role: weight, which is from 1e-12 to 1e+12"
    assert found == {(2, rule), (1, "nullable: false")}


def test_accept_leaves_a_weight_to_people() -> None:
    contract = weighted()
    raw = frame("binary", 20).drop(columns="row_key").astype({"day": "str"})
    for wrong in (np.nan, "much", "0"):
        cells = pd.Series([wrong, *["1"] * 19], dtype="str")
        assert accepted(raw.assign(share=cells), contract)["share"] == contract.columns["share"]


def test_one_column_has_one_role() -> None:
    with pytest.raises(InputError, match="ID=share, WEIGHT=share: 'share' is named twice"):
        Choices("target", id=("share",), weight=("share",)).require_one_role()


def test_adopt_takes_a_weight_by_name_only() -> None:
    table = plain_frame("binary", 300).assign(share=np.arange(300) % 3 + 1)
    profiles = {str(name): profile(table[name].astype("str"), ".") for name in table}
    csv = Csv.model_validate(CSV)
    looked = Profiled.of(table, profiles, "target")
    found = propose(looked, Choices("target", weight=("share",)), csv, SOURCE)
    assert found.contract.weight == "share"
    assert "share" not in found.contract.features
    assert propose(looked, Choices("target"), csv, SOURCE).contract.weight is None
    bad = table.assign(share=table["share"] - 1)
    profiles["share"] = profile(bad["share"].astype("str"), ".")
    looked = Profiled.of(bad, profiles, "target")
    with pytest.raises(
        InputError,
        match="WEIGHT=share: expected numbers from 1e-12 to 1e\\+12 and no nulls, found numeric",
    ):
        propose(looked, Choices("target", weight=("share",)), csv, SOURCE)
