"""Scores, the influence of rows on them and their intervals, against scikit-learn's own."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.dummy import DummyClassifier

from src.base.contract import Task
from src.modelling.influence import mean_influence
from src.modelling.metrics import METRICS, leading, metrics_of, quick_score, score
from src.modelling.predictions import Predictions, class_names, predictions
from src.results.intervals import difference, intervals
from tests.tables import frame, make_contract

TASKS: list[Task] = ["binary", "multiclass", "regression"]


def predicted(
    task: Task, rows: int = 200, seed: int = 0, ties: int = 20, *, weighted: bool = False
) -> Predictions:
    """Make predictions that are related to the truth, with some equal scores."""
    made = unweighted(task, rows, seed, ties)
    if not weighted:
        return made
    return replace(made, weight=np.random.default_rng(seed + 1).lognormal(size=rows))


def unweighted(task: Task, rows: int, seed: int, ties: int) -> Predictions:
    """Make predictions whose rows count the same."""
    generator = np.random.default_rng(seed)
    if task == "regression":
        truth = generator.normal(size=rows).round(2)
        return Predictions(task, (), truth, (truth + generator.normal(size=rows))[:, None])
    classes = tuple("abc"[: 2 if task == "binary" else 3])
    labels = generator.integers(len(classes), size=rows)
    raw = generator.integers(1, ties, size=(rows, len(classes))).astype(float)
    raw[np.arange(rows), labels] += generator.integers(0, ties, size=rows)
    return Predictions(task, classes, labels, raw / raw.sum(axis=1, keepdims=True))


def expected(made: Predictions, weight: Any = None) -> dict[str, float]:  # noqa: ANN401 - array or None
    """Score with scikit-learn, weights given to it."""
    kwargs = {"sample_weight": weight}
    if made.task == "regression":
        pair = (made.truth, made.output[:, 0])
        return {
            "r2": metrics.r2_score(*pair, **kwargs),
            "explained_variance": metrics.explained_variance_score(*pair, **kwargs),
            "d2_absolute_error": metrics.d2_absolute_error_score(*pair, **kwargs),
            "root_mean_squared_error": metrics.root_mean_squared_error(*pair, **kwargs),
            "mean_absolute_error": metrics.mean_absolute_error(*pair, **kwargs),
        }
    decision = made.output.argmax(axis=1)
    common = {
        "log_loss": metrics.log_loss(made.truth, made.output, **kwargs),
        "accuracy": metrics.accuracy_score(made.truth, decision, **kwargs),
        "balanced_accuracy": metrics.balanced_accuracy_score(made.truth, decision, **kwargs),
    }
    if made.task == "multiclass":
        areas = [
            metrics.roc_auc_score(made.truth == number, made.output[:, number], **kwargs)
            for number in range(3)
        ]
        return common | {
            "roc_auc_ovr": float(np.mean(areas)),
            "f1_macro": metrics.f1_score(made.truth, decision, average="macro", **kwargs),
        }
    probability = made.output[:, 1]
    return common | {
        "roc_auc": metrics.roc_auc_score(made.truth, probability, **kwargs),
        "average_precision": metrics.average_precision_score(made.truth, probability, **kwargs),
        "brier_score": metrics.brier_score_loss(made.truth, probability, **kwargs),
        "precision": metrics.precision_score(made.truth, decision, **kwargs),
        "recall": metrics.recall_score(made.truth, decision, **kwargs),
        "f1": metrics.f1_score(made.truth, decision, **kwargs),
    }


@pytest.mark.parametrize("task", TASKS)
def test_one_metric_leads_and_one_is_paired(task: Task) -> None:
    assert [metric for metric in METRICS if task in metric.leads] == [leading(task)]
    assert len([metric for metric in METRICS if task in metric.paired]) == 1
    for metric in METRICS:
        assert metric.leads | metric.first_bounds | metric.paired <= metric.tasks


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_are_scikit_learns(task: Task, weighted: bool) -> None:
    made = predicted(task, weighted=weighted)
    assert score(made) == pytest.approx(expected(made, made.weight))
    assert set(score(made)) == set(metrics_of(task))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TASKS), st.integers(0, 2**16), st.integers(30, 90), st.integers(2, 30),
       st.booleans())  # fmt: skip
def test_the_parts_of_a_score_have_it_as_their_mean(
    task: Task, seed: int, rows: int, ties: int, weighted: bool
) -> None:
    made = predicted(task, rows, seed, ties, weighted=weighted)
    found = {name: quick_score(metric, made) for name, metric in metrics_of(task).items()}
    assert found == pytest.approx(score(made), nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TASKS), st.integers(0, 2**16), st.integers(30, 90), st.integers(2, 30),
       st.booleans())  # fmt: skip
def test_the_influence_of_a_row_is_what_a_little_more_of_it_changes(
    task: Task, seed: int, rows: int, ties: int, weighted: bool
) -> None:
    """Compared with scikit-learn's own scores under weights.

    With an odd number of rows: between two rows in the middle, the median has no derivative.
    """
    rows |= 1
    made, step = predicted(task, rows, seed, ties, weighted=weighted), 1e-6
    if task != "regression" and len(np.unique(made.truth)) < len(made.classes):
        return
    weight = made.weights.copy()
    weight[seed % rows] *= 1 + step
    before, after = expected(made, made.weights), expected(made, weight)
    for name, metric in metrics_of(task).items():
        found = mean_influence(metric.parts(made))
        change = (after[name] - before[name]) / step * rows
        assert found[seed % rows] == pytest.approx(change, abs=2e-3), name
        assert found.mean() == pytest.approx(0, abs=1e-9), name


def test_undefined_scores_are_nan() -> None:
    one_class = Predictions("binary", ("a", "b"), np.zeros(5, int), np.full((5, 2), 0.5))
    undefined = {name for name, value in score(one_class).items() if np.isnan(value)}
    assert {"roc_auc", "average_precision", "balanced_accuracy"} <= undefined
    assert np.isnan(intervals(one_class, np.arange(5), 0.9)["roc_auc"]["low"])
    constant = Predictions("regression", (), np.ones(5), np.zeros((5, 1)))
    assert np.isnan(score(constant)["r2"])
    assert np.isnan(intervals(constant, np.arange(5), 0.9)["r2"]["low"])


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """200 test sets of 150 rows from one population whose accuracy is known."""
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        right = generator.random(150) < 0.8
        truth = generator.integers(2, size=150)
        decision = np.where(right, truth, 1 - truth)
        output = np.column_stack([1 - decision, decision]) * 0.8 + 0.1
        bounds = intervals(Predictions("binary", ("a", "b"), truth, output), np.arange(150), 0.9)
        hits += bounds["accuracy"]["low"] <= 0.8 <= bounds["accuracy"]["high"]
    assert 0.84 <= hits / 200 <= 0.96


@pytest.mark.parametrize("task", TASKS)
def test_an_interval_counts_units_not_rows(task: Task) -> None:
    made = predicted(task, rows=150)
    once = intervals(made, np.arange(150), 0.9)
    groups = np.repeat(np.arange(150), 8)
    again = made.take(groups)
    for name, limits in intervals(again, groups, 0.9).items():
        assert limits == pytest.approx(once[name], rel=1e-9), name
    for name, limits in intervals(again, np.arange(1_200), 0.9).items():
        width = once[name]["high"] - once[name]["low"]
        assert limits["high"] - limits["low"] < 0.5 * width, name


def test_all_right_on_a_few_rows_is_not_certain() -> None:
    truth = np.arange(20) % 2
    perfect = Predictions("binary", ("a", "b"), truth, np.eye(2)[truth])
    found = intervals(perfect, np.arange(20), 0.95)
    for name in ("accuracy", "recall", "roc_auc", "balanced_accuracy", "f1"):
        assert found[name]["low"] < 0.9, name
        assert found[name]["high"] == 1, name


def test_the_positive_class_comes_last_and_unseen_classes_get_no_probability() -> None:
    flipped = make_contract("binary", target={"kind": "categorical", "role": "target",
                                       "levels": ["no", "yes"], "positive": "no"})  # fmt: skip
    assert class_names(flipped) == ("yes", "no")
    table = frame("multiclass")
    known = table[table["target"] != "b"]
    estimator = DummyClassifier().fit(known[["size"]], known["target"].to_numpy(dtype=str))
    made = predictions(estimator, table[["size"]], table, make_contract("multiclass"))
    assert (made.output[:, 1] == 0).all()
    assert np.isfinite(score(made)["log_loss"])
    assert made.take(table["target"].eq("b").to_numpy()).truth.tolist() == [1] * sum(
        table["target"] == "b"
    )


def test_taking_rows_keeps_them_paired() -> None:
    made = predicted("binary")
    part = made.take(np.array([5, 3]))
    assert part.truth.tolist() == made.truth[[5, 3]].tolist()
    assert pd.DataFrame(part.output).equals(pd.DataFrame(made.output[[5, 3]]))


def test_another_threshold_is_a_difference_though_all_probabilities_are_the_same() -> None:
    base = predicted("binary", 400)
    moved = replace(base, threshold=0.9)
    recall, area = (
        difference(moved, base, metrics_of("binary")[name], np.arange(400), 0.95)
        for name in ("recall", "roc_auc")
    )
    assert recall.high < 0
    assert (area.value, area.low, area.high) == (0, 0, 0)
