"""Batch scoring: a chunk at a time, in the rows' order, refusing what breaks the contract."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.conform import Violation, as_features
from src.errors import InputError
from src.predict import chunks
from src.predict.scoring import beside, inputs, merged, score_chunk
from src.schema import Csv, Task
from src.scores import class_names, described, estimate, labels
from src.train.model import build
from tests.tables import CSV, frame, schema


@pytest.fixture(params=["binary", "multiclass", "regression"])
def task(request: pytest.FixtureRequest) -> Task:
    made: Task = request.param
    return made


def fitted(task: Task) -> tuple[object, pd.DataFrame]:
    table, contract = frame(task, 300), schema(task)
    kind = "Regressor" if task == "regression" else "Classifier"
    model = build(f"sklearn.ensemble.HistGradientBoosting{kind}", {"max_iter": 5}, 0, task)
    model.fit(as_features(table, contract), labels(table["target"], contract))
    return model, table


def test_a_chunk_is_predicted_as_the_whole_is(task: Task) -> None:
    model, table = fitted(task)
    contract = schema(task)
    output = estimate(model, as_features(table, contract), contract)
    whole = described(output, class_names(contract))
    parts = [
        score_chunk(model, table.iloc[start : start + 70], inputs(contract))
        for start in range(0, len(table), 70)
    ]
    assert all(violations == [] for _, violations in parts)
    scored = pd.concat([part for part, _ in parts], ignore_index=True)
    pd.testing.assert_frame_equal(scored, whole, check_exact=True)


def test_order_and_other_columns_play_no_part(task: Task) -> None:
    model, table = fitted(task)
    contract = inputs(schema(task))
    expected, _ = score_chunk(model, table, contract)
    odd = table[table.columns[::-1]].assign(more="x", target="not looked at")
    pd.testing.assert_frame_equal(score_chunk(model, odd, contract)[0], expected)
    without = table.drop(columns="target")
    pd.testing.assert_frame_equal(score_chunk(model, without, contract)[0], expected)


def test_unseen_categories_count_as_missing(task: Task) -> None:
    model, table = fitted(task)
    contract = inputs(schema(task))
    unseen, violations = score_chunk(model, table.assign(colour="ultraviolet"), contract)
    missing, _ = score_chunk(model, table.assign(colour=None), contract)
    assert violations == []
    pd.testing.assert_frame_equal(unseen, missing)


def test_unseen_categories_are_zeros_to_a_linear_model() -> None:
    table, contract = frame("binary", 300), schema("binary")
    model = build("sklearn.linear_model.LogisticRegression", {}, 0, "binary")
    model.fit(as_features(table, contract), labels(table["target"], contract))
    unseen, violations = score_chunk(model, table.assign(colour="infrared"), inputs(contract))
    assert violations == []
    assert np.isfinite(unseen.filter(like="probability_")).all(axis=None)


def test_a_missing_column_and_a_bad_cell_are_violations() -> None:
    model, table = fitted("binary")
    contract = inputs(schema("binary"))
    scored, violations = score_chunk(model, table.drop(columns=["flag"]), contract)
    assert scored.empty
    assert [(found.column, found.rule) for found in violations] == [("flag", "column is missing")]
    bad = table.astype({"size": "object"})
    bad.index = bad.index + 1_000
    bad.loc[1_007, "size"] = "large"
    _, violations = score_chunk(model, bad, contract)
    assert violations == [Violation("size", "is numeric", 1, ("row 1008: 'large'",))]


def test_an_id_does_not_give_way_to_a_prediction_of_its_name() -> None:
    scored = pd.DataFrame({"predicted": [0.5]})
    assert beside({"id": pa.array(["7"])}, scored).column_names == ["id", "predicted"]
    with pytest.raises(InputError, match="column predicted: has role id"):
        beside({"predicted": pa.array(["7"])}, scored)


def test_violations_of_all_chunks_add_up() -> None:
    first = Violation("a", "is numeric", 2, ("row 1: 'x'", "row 2: 'y'"))
    second = Violation("a", "is numeric", 5, ("row 9: 'z'", "row 10: 'q'"))
    total = merged([first, second])
    assert total == [Violation("a", "is numeric", 7, ("row 1: 'x'", "row 2: 'y'", "row 9: 'z'"))]


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 400),
    size=st.integers(64, 5_000),
    suffix=st.sampled_from([".csv", ".parquet"]),
)
def test_chunks_are_the_table(
    tmp_path_factory: pytest.TempPathFactory, rows: int, size: int, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("chunks") / f"table{suffix}"
    table = pd.DataFrame({"a": [f"{row}" for row in range(rows)], "b": 'x "y"\n,'})
    if suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "BYTES", size)
        patch.setattr(chunks, "ROWS", size)
        read = list(chunks.read(path, Csv.model_validate(CSV)))
    back = pa.Table.from_batches([batch for batch, _ in read]).to_pandas()
    pd.testing.assert_frame_equal(back, table.astype("str"))
    shares = [share for _, share in read]
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
        list(chunks.read(path, Csv.model_validate(CSV)))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_predictions_come_back_to_the_bit(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    values = np.random.default_rng(0).random(1_000)
    with chunks.Writer(path) as writer:
        for part in np.split(values, 4):
            writer.write(pa.table({"id": ["7"] * len(part), "predicted": part}))
    back = pd.read_csv(path) if suffix == ".csv" else pq.read_table(path).to_pandas()
    assert (back["predicted"].to_numpy() == values).all()
