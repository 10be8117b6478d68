from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from sklearn.pipeline import Pipeline

from src.base.contract import Contract, Task
from src.base.errors import InputError
from src.base.prepared import as_features
from src.base.settings import parse
from src.evaluate import importance, metrics, slices
from src.evaluate.card import card
from src.evaluate.fitting import require_fitting
from src.evaluate.importance import permutation_importance
from src.evaluate.settings import Evaluate
from src.fitting.model import build
from src.modelling.predictions import Predictions, labels, predictions
from src.results import plots
from src.results.plot_tables import Evaluated
from tests.tables import frame, make_contract
from tests.unit.test_scores import predicted

SETTINGS = Evaluate.model_validate(
    {
        "seed": 0,
        "confidence": 0.9,
        "slices": {"columns": ["colour", "size"], "min_rows": 10},
        "importance": {"repeats": 3, "max_rows": 100},
        "costs": None,
    }
)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_informative_features_are_the_important_ones(task: Task) -> None:
    table, contract = frame(task, 300), make_contract(task)
    kind = "Regressor" if task == "regression" else "Classifier"
    model = build(
        f"sklearn.ensemble.RandomForest{kind}", {"n_estimators": 20}, 0, make_contract(task)
    )
    model.fit(as_features(table, contract), labels(table["target"], contract))
    found = permutation_importance(model, as_features(table, contract), table, contract, SETTINGS)
    assert found["feature"].tolist()[:2] == ["size", "colour"]
    assert sorted(found["feature"]) == sorted(contract.features)
    assert found["importance"].is_monotonic_decreasing
    again = permutation_importance(model, as_features(table, contract), table, contract, SETTINGS)
    pd.testing.assert_frame_equal(found, again)


def test_a_wide_table_is_shuffled_on_a_part_of_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    table, contract = frame("binary", 2_000), make_contract("binary")
    features = as_features(table, contract)
    model = build("sklearn.linear_model.LogisticRegression", {}, 0, make_contract("binary"))
    model.fit(features, labels(table["target"], contract))
    rows: list[int] = []

    def counted(
        model: Pipeline, frame: pd.DataFrame, known: pd.DataFrame, contract: Contract
    ) -> Predictions:
        rows.append(len(frame))
        return predictions(model, frame, known, contract)

    monkeypatch.setattr(importance, "CELLS", 1)
    monkeypatch.setattr(importance, "predictions", counted)
    found = permutation_importance(model, features, table, contract, SETTINGS)
    assert sum(rows) == importance.MIN_ROWS * (1 + len(contract.features))
    assert found["feature"][0] in ("size", "colour")


def test_a_feature_the_model_drops_has_no_importance() -> None:
    table, contract = frame("binary", 200), make_contract("binary")
    table["code"] = "1"
    model = build("sklearn.linear_model.LogisticRegression", {}, 0, make_contract("binary"))
    model.fit(as_features(table, contract), labels(table["target"], contract))
    found = permutation_importance(
        model, as_features(table, contract), table, contract, SETTINGS
    ).set_index("feature")["importance"]
    assert found["code"] == 0


def test_numbers_are_sliced_at_the_training_quartiles() -> None:
    train = pd.Series(np.arange(100.0))
    named = slices.levels(train, pd.Series([0.0, 24.75, 60.0, 99.0, np.nan]), 1)
    assert named.tolist() == [
        "below 24.75", "24.75 to 49.5", "49.5 to 74.25", "from 74.25", slices.NULL,
    ]  # fmt: skip


def test_slices_of_dates_in_digits_are_told_apart() -> None:
    days = pd.Series([20260100.0 + day for day in range(1, 29)])
    named = slices.levels(days, days, 1)
    assert named.value_counts().to_dict() == {
        "below 20260108": 7, "20260108 to 20260114": 6, "20260114 to 20260121": 7,
        "from 20260121": 8,
    }  # fmt: skip


def test_levels_that_are_called_as_nulls_and_others_are_stay_apart() -> None:
    cells = pd.Series(["(null)"] * 3 + [None] * 3 + ["(other)"] * 3 + ["a", "b"], dtype="str")
    named = slices.levels(cells, cells, 2)
    assert named.value_counts().to_dict() == {
        "(null)": 3, "((null))": 3, "(other)": 3, "((other))": 2
    }  # fmt: skip


def test_small_levels_are_pooled() -> None:
    test = pd.Series(["a"] * 10 + ["b", "c"], dtype="str")
    named = slices.levels(test, test, 5)
    assert named.value_counts().to_dict() == {"a": 10, slices.OTHER: 2}


def with_settings(**changed: Any) -> Evaluate:  # noqa: ANN401 - any section
    return Evaluate.model_validate(SETTINGS.model_dump() | changed)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("color", "did you mean 'colour'"),
        ("day", "is datetime"),
        ("gone", "has role 'ignore'"),
        ("income", r"is private .* and the bounds slices\.income\.\* of gate\.bounds"),
    ],
)
def test_a_column_that_cannot_be_sliced_is_named(column: str, message: str) -> None:
    contract = make_contract(
        "binary",
        gone={"kind": "numeric", "role": "ignore"},
        income={"kind": "numeric", "role": "feature", "private": True},
    )
    with pytest.raises(InputError, match=message):
        require_fitting(with_settings(slices={"columns": [column], "min_rows": 1}), contract)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_costs_of_two_classes_are_refused_elsewhere(task: Task) -> None:
    costs = with_settings(costs={"false_alarm": 1.0, "miss": 5.0})
    require_fitting(costs, make_contract("binary"))
    require_fitting(with_settings(), make_contract(task))
    with pytest.raises(InputError, match=f"evaluate.costs: the target target makes this a {task}"):
        require_fitting(costs, make_contract(task))


def test_costs_of_nothing_are_refused() -> None:
    content = SETTINGS.model_dump() | {"costs": {"false_alarm": 0.0, "miss": 0.0}}
    with pytest.raises(InputError, match=r"evaluate.costs: should have a false_alarm or a miss"):
        parse(Evaluate, content, Path("params.yaml"), "evaluate")


ODD = "a|b`c` <b>*x*</b> @all [link](http://x)"


def test_names_that_are_markup_stay_text_in_the_card() -> None:
    levels = [ODD, "plain"]
    aim = {"kind": "categorical", "role": "target", "levels": levels, "positive": ODD}
    table = frame("binary", 80).drop(columns="target")
    contract = make_contract("binary", target=aim)
    table["target"] = [levels[row % 2] for row in range(80)]
    model = build("sklearn.linear_model.LogisticRegression", {}, 0, make_contract("binary"))
    model.fit(as_features(table, contract), labels(table["target"], contract))
    made = predictions(model, as_features(table, contract), table, contract)
    part = metrics.metrics_with_intervals(made, np.arange(80), 0.95) | {"hash": "0" * 64}
    content = {
        "threshold": 0.3, "test": part, "train": part, "dummy": part,
        "slices": {ODD: {ODD: part}},
    }  # fmt: skip
    counts = {
        "table": {"path": "x.csv", "md5": "0"}, "split": {"by": "row"},
        "rows": {"raw": 80, "train": 40, "test": 40, "duplicates_dropped": 0,
                 "without_target_dropped": 0},
    }  # fmt: skip
    text = card(model, contract, counts, content, SETTINGS, trusted=[], wheel=Path("x.whl"))
    page = MarkdownIt("commonmark").enable("table").render(text)
    assert "<b>" not in page
    assert "<em>" not in page
    assert "href" not in page
    assert page.count("<td>a|b`c` &lt;b&gt;*x*") == 1
    assert "from a probability of 0.3 on" in page


def test_slices_add_up_to_the_test_set() -> None:
    table, contract = frame("binary", 200), make_contract("binary")
    model = build("sklearn.linear_model.LogisticRegression", {}, 0, make_contract("binary"))
    model.fit(as_features(table, contract), labels(table["target"], contract))
    made = predictions(model, as_features(table, contract), table, contract)
    found = metrics.slice_metrics(
        made, np.arange(200), slices.named(table, table, ["colour", "size"], 20), SETTINGS
    )
    for column in ("colour", "size"):
        assert sum(part["rows"] for part in found[column].values()) == 200
    assert "interval" in found["colour"]["red"]


def test_a_long_training_set_is_scored_on_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn() -> list[int]:
        rows: list[int] = metrics.sampled(200, np.random.default_rng(0)).tolist()
        return rows

    assert drawn() == list(range(200))
    monkeypatch.setattr(metrics, "TRAIN_ROWS", 50)
    part = drawn()
    assert len(set(part)) == 50
    assert part == sorted(part) == drawn()


def test_the_dummy_knows_no_feature() -> None:
    table = frame("binary", 200)
    found = metrics.dummy_metrics(table, table, make_contract("binary"))
    assert found["roc_auc"] == 0.5
    assert metrics.dummy_metrics(
        frame("regression"), frame("regression"), make_contract("regression")
    )["r2"] == pytest.approx(0)


def test_the_confusion_matrix_counts_every_row() -> None:
    importance = pd.DataFrame({"feature": ["a"], "importance": [0.1], "std": [0.01]})
    table = plots.tables(Evaluated(predicted("multiclass", 300), importance, None, 0))[
        "confusion_matrix"
    ]
    assert table["count"].sum() == 300
    assert len(table) == 9


def test_a_thinned_curve_keeps_its_ends() -> None:
    importance = pd.DataFrame({"feature": ["a"], "importance": [0.1], "std": [0.01]})
    roc = plots.tables(Evaluated(predicted("binary", 5_000, ties=10_000), importance, None, 0))[
        "roc"
    ]
    assert roc.iloc[0].tolist() == [0, 0]
    assert roc.iloc[-1].tolist() == [1, 1]
