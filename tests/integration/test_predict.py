"""Batch scoring: a batch at a time, in the rows' order, refusing what breaks the contract."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.base.contract import Csv, Task
from src.base.errors import InputError
from src.base.prepared import as_features
from src.fitting.model import build
from src.modelling.predictions import class_names, labels, predict_raw, predictions_frame
from src.predict.scoring import beside, score_batch
from src.predict.writer import TableWriter
from src.tables import formats
from src.tables.convert import Violation
from src.tables.read import read_batches
from src.tables.validate import merge_violations, model_inputs
from tests.tables import CSV, frame, make_contract


@pytest.fixture(params=["binary", "multiclass", "regression"])
def task(request: pytest.FixtureRequest) -> Task:
    made: Task = request.param
    return made


def fitted(task: Task) -> tuple[object, pd.DataFrame]:
    table, contract = frame(task, 300), make_contract(task)
    kind = "Regressor" if task == "regression" else "Classifier"
    model = build(
        f"sklearn.ensemble.HistGradientBoosting{kind}", {"max_iter": 5}, 0, make_contract(task)
    )
    model.fit(as_features(table, contract), labels(table["target"], contract))
    return model, table


def test_a_batch_is_predicted_as_the_whole_is(task: Task) -> None:
    model, table = fitted(task)
    contract = make_contract(task)
    output = predict_raw(model, as_features(table, contract), contract)
    whole = predictions_frame(output, class_names(contract), None)
    parts = [
        score_batch(model, table.iloc[start : start + 70], model_inputs(contract))
        for start in range(0, len(table), 70)
    ]
    assert all(violations == [] for _, violations in parts)
    scored = pd.concat([part for part, _ in parts], ignore_index=True)
    pd.testing.assert_frame_equal(scored, whole, check_exact=True)


def test_order_and_other_columns_play_no_part(task: Task) -> None:
    model, table = fitted(task)
    contract = model_inputs(make_contract(task))
    expected, _ = score_batch(model, table, contract)
    odd = table[table.columns[::-1]].assign(more="x", target="not looked at")
    pd.testing.assert_frame_equal(score_batch(model, odd, contract)[0], expected)
    without = table.drop(columns="target")
    pd.testing.assert_frame_equal(score_batch(model, without, contract)[0], expected)


def test_unseen_categories_count_as_missing(task: Task) -> None:
    model, table = fitted(task)
    contract = model_inputs(make_contract(task))
    unseen, violations = score_batch(model, table.assign(colour="ultraviolet"), contract)
    missing, _ = score_batch(model, table.assign(colour=None), contract)
    assert violations == []
    pd.testing.assert_frame_equal(unseen, missing)


def test_unseen_categories_are_zeros_to_a_linear_model() -> None:
    table, contract = frame("binary", 300), make_contract("binary")
    model = build("sklearn.linear_model.LogisticRegression", {}, 0, make_contract("binary"))
    model.fit(as_features(table, contract), labels(table["target"], contract))
    unseen, violations = score_batch(model, table.assign(colour="infrared"), model_inputs(contract))
    assert violations == []
    assert np.isfinite(unseen.filter(like="probability_")).all(axis=None)


def test_a_missing_column_and_a_bad_cell_are_violations() -> None:
    model, table = fitted("binary")
    contract = model_inputs(make_contract("binary"))
    scored, violations = score_batch(model, table.drop(columns=["flag"]), contract)
    assert scored.empty
    assert [(found.column, found.found) for found in violations] == [
        ("flag", "missing from the table")
    ]
    bad = table.astype({"size": "object"})
    bad.index = bad.index + 1_000
    bad.loc[1_007, "size"] = "large"
    _, violations = score_batch(model, bad, contract)
    assert violations == [
        Violation("size", "cell{s} not numeric", "kind: numeric", 1, ("row 1008: 'large'",))
    ]


def test_an_id_does_not_give_way_to_a_prediction_of_its_name() -> None:
    scored = pd.DataFrame({"predicted": [0.5]})
    assert beside({"id": pa.array(["7"])}, scored).column_names == ["id", "predicted"]
    with pytest.raises(InputError, match="column predicted: has role id"):
        beside({"predicted": pa.array(["7"])}, scored)


def test_violations_of_all_batches_add_up() -> None:
    first = Violation("a", "cell{s} not numeric", "kind: numeric", 2, ("row 1: 'x'", "row 2: 'y'"))
    second = Violation(
        "a", "cell{s} not numeric", "kind: numeric", 5, ("row 9: 'z'", "row 10: 'q'")
    )
    total = merge_violations([first, second])
    assert total == [
        Violation(
            "a",
            "cell{s} not numeric",
            "kind: numeric",
            7,
            ("row 1: 'x'", "row 2: 'y'", "row 9: 'z'"),
        )
    ]


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 400),
    size=st.integers(64, 5_000),
    suffix=st.sampled_from([".csv", ".parquet"]),
)
def test_batches_are_the_table(
    tmp_path_factory: pytest.TempPathFactory, rows: int, size: int, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("batches") / f"table{suffix}"
    table = pd.DataFrame({"a": [f"{row}" for row in range(rows)], "b": 'x "y"\n,'})
    if suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formats, "BLOCK", size)
        patch.setattr(formats, "ROWS", size)
        batches = list(read_batches(path, Csv.model_validate(CSV)))
    back = pa.Table.from_batches([batch for batch, _ in batches]).to_pandas()
    pd.testing.assert_frame_equal(back, table.astype("str"))
    shares = [share for _, share in batches]
    assert shares == sorted(shares)
    assert shares[-1] <= 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"a,b\n", "no rows"),
        (b"a,a\n1,2\n", "'a' stands more than once"),
        (b"a,b\n1,2\n" * 50 + b"1\n", "ragged rows"),
        (b"a,b\n1,\xff\n", "not utf-8 text"),
    ],
)
def test_unreadable_tables_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_batches(path, Csv.model_validate(CSV)))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_predictions_come_back_to_the_bit(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    values = np.random.default_rng(0).random(1_000)
    with TableWriter(path) as writer:
        for part in np.split(values, 4):
            writer.write(pa.table({"id": ["7"] * len(part), "predicted": part}))
    back = pd.read_csv(path) if suffix == ".csv" else pq.read_table(path).to_pandas()
    assert (back["predicted"].to_numpy() == values).all()


def test_a_column_that_changes_its_type_is_named(tmp_path: Path) -> None:
    with TableWriter(tmp_path / "out.csv") as writer:
        writer.write(pa.table({"id": [1, 2], "predicted": [0.5, 0.5]}))
        writer.write(pa.table({"id": ["3", "4"], "predicted": [0.5, 0.5]}))  # as numbers
        with pytest.raises(InputError, match=r"column id is int64 in the first rows and string in"):
            writer.write(pa.table({"id": ["6x"], "predicted": [0.5]}))
