"""Rows that count more than others: in scores, intervals, recorded predictions and the gate."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.base.contract import Task
from src.base.errors import InputError
from src.gate.no_regression import compare
from src.gate.settings import NoRegression
from src.modelling.metrics import metrics_of, score
from src.report import paired
from src.results.intervals import intervals
from src.results.predictions_file import Recorded, read_predictions, recorded_frame
from tests.tables import make_contract, weighted
from tests.unit.test_scores import TASKS, predicted


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TASKS), st.integers(0, 2**16), st.integers(30, 90))
def test_a_row_of_weight_three_scores_as_three_rows(task: Task, seed: int, rows: int) -> None:
    made = predicted(task, rows, seed)
    times = np.random.default_rng(seed).integers(1, 4, rows)
    counted = replace(made, weight=times.astype(np.float64))
    repeated = np.repeat(np.arange(rows), times)
    assert score(counted) == pytest.approx(score(made.take(repeated)), nan_ok=True)
    # As many units: a weight is no further row, and makes nothing more certain.
    once, several = (
        intervals(one, units, 0.95)
        for one, units in ((counted, np.arange(rows)), (made.take(repeated), repeated))
    )
    for name in metrics_of(task):
        assert once[name] == pytest.approx(several[name], nan_ok=True, rel=1e-6), name


@pytest.mark.parametrize("task", TASKS)
def test_only_ratios_of_weights_move_scores_and_intervals(task: Task) -> None:
    made = predicted(task, 200, weighted=True)
    scaled = replace(made, weight=1e6 * made.weights)
    assert score(scaled) == pytest.approx(score(made))
    one, other = (intervals(each, np.arange(200), 0.95) for each in (made, scaled))
    for name in metrics_of(task):
        assert one[name] == pytest.approx(other[name]), name
    same = replace(made, weight=np.full(200, 2.5))
    assert score(same) == pytest.approx(score(replace(made, weight=None)))


def test_weights_that_differ_widen_an_interval() -> None:
    made = predicted("binary", 400)
    spread = replace(made, weight=np.random.default_rng(0).lognormal(sigma=1.5, size=400))
    plain, wide = (intervals(one, np.arange(400), 0.95)["accuracy"] for one in (made, spread))
    assert wide["high"] - wide["low"] > 1.2 * (plain["high"] - plain["low"])


def recorded(task: Task, rows: int = 80) -> Recorded:
    """Return the predictions of weighted rows."""
    made = predicted(task, rows, weighted=True)
    if made.classes:
        made = replace(made, classes=tuple(weighted(task).columns["target"].levels or ()))
    keys = pd.Series([f"key {row}" for row in range(rows)], dtype="str", name="row_key")
    return Recorded(keys, np.arange(rows), made, pd.DataFrame(index=range(rows)))


@pytest.mark.parametrize("task", TASKS)
def test_recorded_predictions_keep_their_weights(task: Task, tmp_path: Path) -> None:
    known, path = recorded(task), tmp_path / "predictions.parquet"
    table = recorded_frame(known.keys, known.units, known.predicted, known.slices)
    table.to_parquet(path)
    again = read_predictions(path, weighted(task))
    assert np.array_equal(again.predicted.weights, known.predicted.weights)
    assert score(again.predicted) == pytest.approx(score(known.predicted))
    with pytest.raises(InputError, match="found the columns"):
        read_predictions(path, make_contract(task))
    table.drop(columns="weight").to_parquet(path)
    with pytest.raises(InputError, match="found the columns"):
        read_predictions(path, weighted(task))
    for wrong in (0.0, -1.0, np.inf):
        table.assign(weight=table["weight"].where(table.index > 0, wrong)).to_parquet(path)
        with pytest.raises(InputError, match="finite numbers above 0 in column weight"):
            read_predictions(path, weighted(task))


def test_both_models_are_compared_under_the_candidates_weights() -> None:
    new = recorded("binary")
    flipped = replace(new.predicted, output=new.predicted.output[:, ::-1], weight=None)
    rule = NoRegression(metric="accuracy", margin=0.01, confidence=0.95)
    metric = metrics_of("binary")["accuracy"]
    found = compare(new.predicted, flipped, metric, new.units, rule)
    counted = score(replace(flipped, weight=new.predicted.weight))["accuracy"]
    assert found.baseline == pytest.approx(counted)
    pairs = paired.compare(new, replace(new, predicted=flipped), 0.95)
    assert pairs is not None
    assert pairs.scores["accuracy"].value == pytest.approx(found.candidate - counted)
