"""A table is prepared in batches, and what comes out does not tell how many there were."""

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier, DummyRegressor

from src.base import prepared as prepared_tables
from src.base.contract import Contract, Task
from src.base.errors import InputError
from src.base.prepared import (
    as_features,
    prepared_batches,
    prepared_rows,
    read_prepared,
    take_prepared,
    write_parquet,
)
from src.modelling.predictions import labels, predictions
from src.prepare.checked import checked
from src.prepare.overview import look
from src.prepare.profile import profile
from src.prepare.sets import Sets, write_sets
from src.prepare.settings import Split
from src.prepare.split import in_test, row_keys, sided, with_row_key
from src.results.in_batches import predictions_of
from src.tables import formats, hashes
from src.tables import read as reading
from src.tables.formats import Batches, Opened
from src.tables.read import read_batches
from src.tables.validate import validate_table
from tests.tables import frame, make_contract

SPLIT = Split(by="row", test_size=0.3, cutoff=None)
RULES = make_contract(
    "binary",
    flag={"kind": "boolean", "role": "feature", "nullable": True},
    seen={"kind": "categorical", "role": "ignore"},
    number={"kind": "categorical", "role": "id", "nullable": True},
)


def table(rows: int, seed: int, nulls: float) -> pd.DataFrame:
    """Return rows of which some are equal, with nulls in some columns, as they are written."""
    generator = np.random.default_rng(seed)
    made = frame("binary", rows, seed)
    made["flag"] = made["flag"].astype("boolean")
    made["seen"] = pd.array(generator.integers(0, 3, rows), dtype="Int64")
    made["number"] = pd.array(2**53 + generator.integers(0, 40, rows), dtype="Int64")
    for name in ("flag", "seen", "number", "target"):
        made.loc[generator.random(rows) < nulls, name] = pd.NA
    return made.iloc[generator.integers(0, rows, rows)].reset_index(drop=True)


@contextlib.contextmanager
def small(rows: int) -> Iterator[None]:
    """Read, remember and write only a few rows at once."""
    with (
        patch.object(formats, "BLOCK", 80 * rows),
        patch.object(formats, "ROWS", rows),
        patch.object(hashes, "HELD", 2 * rows),
        patch.object(prepared_tables, "ROWS", 3 * rows),
    ):
        yield


def prepared(path: Path, folder: Path) -> Sets:
    """Prepare a table as the stage does."""
    rows = checked(path, RULES, Path("schema.yaml"), folder, find_repeated=True)
    batches = sided(rows.batches(RULES), RULES, SPLIT, None)
    return write_sets(batches, RULES, (folder / "train.parquet", folder / "test.parquet"))


@settings(max_examples=20, deadline=None)
@given(
    st.integers(2, 60), st.integers(0, 2**16), st.sampled_from([0.0, 0.2]), st.integers(2, 9),
    st.sampled_from([".csv", ".parquet", ".feather"]),
)  # fmt: skip
def test_batches_give_what_the_whole_table_gives(
    rows: int, seed: int, nulls: float, batch: int, ending: str
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path, folder = Path(name) / f"table{ending}", Path(name) / "sets"
        folder.mkdir()
        made = table(rows, seed, nulls)
        if ending == ".csv":
            made.to_csv(path, index=False)
        elif ending == ".parquet":
            made.to_parquet(path, index=False)
        else:
            made.to_feather(path)
        with small(batch):
            assert len(list(read_batches(path, RULES.csv))) >= rows // (2 * batch)
            sets = prepared(path, folder)

        whole, violations = validate_table(made, RULES)
        assert not violations
        whole = whole.drop_duplicates().dropna(subset=["target"]).drop(columns="seen")
        whole = whole.reset_index(drop=True)
        keys = row_keys(whole, RULES, "row")
        held_out = in_test(whole, keys, RULES, SPLIT, None)
        assert sets.counts == (int((~held_out).sum()), int(held_out.sum()))
        for side, chosen in {"train": ~held_out, "test": held_out}.items():
            if not chosen.any():
                continue
            with small(batch):
                write_parquet_in_groups(with_row_key(whole, keys)[chosen], Path(name) / "expected")
            expected = (Path(name) / "expected").read_bytes()
            assert (folder / f"{side}.parquet").read_bytes() == expected


def write_parquet_in_groups(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(
        path, compression="zstd", index=False, row_group_size=prepared_tables.ROWS, engine="pyarrow"
    )


def test_a_row_group_has_as_many_rows_as_pyarrow_gives_it(tmp_path: Path) -> None:
    made = pd.DataFrame({"x": np.arange(prepared_tables.ROWS * 2 + 5) % 1000})
    write_parquet(made, tmp_path / "whole.parquet")
    with prepared_tables.RowGroups(tmp_path / "grown.parquet") as file:
        for first in range(0, len(made), 700_000):
            file.add(made.iloc[first : first + 700_000])
    assert (tmp_path / "grown.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_frames_without_rows_make_a_file_without_rows(tmp_path: Path) -> None:
    empty = pd.DataFrame({"x": pd.Series(dtype="str")})
    with prepared_tables.RowGroups(tmp_path / "grown.parquet") as file:
        file.add(empty)
        file.add(empty)
    write_parquet(empty, tmp_path / "whole.parquet")
    assert (tmp_path / "grown.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_findings_and_profile_do_not_depend_on_the_batches(tmp_path: Path) -> None:
    path, seen = tmp_path / "table.parquet", []
    table(300, 0, 0.1).to_parquet(path, index=False)
    for rows in (7, 1000):
        folder = tmp_path / f"{rows}"
        folder.mkdir()
        with small(rows):
            sets = prepared(path, folder)
            train, test = folder / "train.parquet", folder / "test.parquet"
            looked = look(train, test, sets, RULES)
        described = profile(pd.read_parquet(train).__getitem__, RULES)
        seen.append((looked, described))
    (few, described), (many, other) = seen
    pd.testing.assert_frame_equal(few.train, many.train)
    pd.testing.assert_frame_equal(few.test, many.test)
    pd.testing.assert_series_equal(few.classes, many.classes)
    assert (few.rows, few.equal, few.ordered) == (many.rows, many.equal, many.ordered)
    assert described == other


def test_violations_are_counted_over_all_batches_and_leave_nothing(tmp_path: Path) -> None:
    made = frame("binary", 90)
    made.loc[[3, 40, 41, 85], "code"] = None
    made.loc[77, "colour"] = "mauve"
    made.to_parquet(tmp_path / "table.parquet", index=False)
    rules: Contract = make_contract(
        "binary",
        colour={"kind": "categorical", "role": "feature", "nullable": True,
                "levels": ["red", "green", "blue"]},
    )  # fmt: skip
    expected = "code: 4 nulls .row 4, row 41, row 42.(?s:.)*row 78: 'mauve'"
    with small(10), pytest.raises(InputError, match=expected):
        checked(tmp_path / "table.parquet", rules, Path("s.yaml"), tmp_path, find_repeated=True)


def test_a_slow_reader_of_a_file_finds_few_batches_read_ahead(tmp_path: Path) -> None:
    """The dataset of pyarrow would have read the whole file by then."""
    path = tmp_path / "table.csv"
    path.write_text("a,b\n" + "12345,67890\n" * 1_000_000)
    with patch.object(formats, "BLOCK", 2**16):
        before, most = pa.total_allocated_bytes(), 0
        for number, _ in enumerate(read_batches(path, RULES.csv)):
            if number == 20:
                threading.Event().wait(0.3)
                most = pa.total_allocated_bytes() - before
                break
    assert 0 < most < path.stat().st_size / 3


def test_a_batch_is_read_while_the_one_before_is_worked_on(tmp_path: Path) -> None:
    path, second = tmp_path / "table.csv", threading.Event()
    path.write_text("a\n1\n2\n")
    row = pa.RecordBatch.from_pydict({"a": ["1"]})

    def rows() -> Batches:
        yield row, 0.5
        second.set()
        yield row, 1.0

    with patch.object(reading, "_open", lambda *_: Opened(["a"], rows())):
        batches = read_batches(path, RULES.csv)
        next(batches)
        assert second.wait(10)  # nobody has asked for it
        assert [share for _, share in batches] == [1.0]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 49), min_size=1, max_size=60))
def test_rows_are_taken_in_the_order_asked_for(rows: list[int]) -> None:
    contract, made = make_contract("binary"), frame("binary", 50).assign(row_key="0")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "train.parquet"
        made.to_parquet(path, index=False, row_group_size=7)
        taken = take_prepared(path, contract, np.array(rows))
        assert prepared_rows(path, contract) == 50
        parts = list(prepared_batches(path, contract))
        few = read_prepared(path, contract, ["target", "size", "none"])
    pd.testing.assert_frame_equal(taken, made.iloc[rows].reset_index(drop=True))
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), made)
    pd.testing.assert_frame_equal(few, made[["size", "target"]])


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_set_is_predicted_in_batches_as_a_whole(task: Task, tmp_path: Path) -> None:
    contract = make_contract(task, size={"kind": "numeric", "role": "weight"})
    made = frame(task, 60).assign(row_key="0", size=np.arange(1.0, 61))
    made.to_parquet(tmp_path / "test.parquet", index=False, row_group_size=25)
    features = as_features(made, contract)
    estimator = DummyRegressor() if task == "regression" else DummyClassifier()
    estimator.fit(features, labels(made["target"], contract))
    whole = predictions(estimator, features, made, contract)
    parts = predictions_of(estimator, tmp_path / "test.parquet", contract)
    for name in ("truth", "output", "weight"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert parts.classes == whole.classes
    kept = np.arange(len(made)) % 3 > 0
    kept[: len(made) // 2] = False  # whole batches are left out
    some = predictions_of(estimator, tmp_path / "test.parquet", contract, kept)
    np.testing.assert_array_equal(some.output, whole.output[kept])
    np.testing.assert_array_equal(some.truth, whole.truth[kept])


def test_equal_hashes_of_texts_do_not_make_equal_rows() -> None:
    texts = pd.DataFrame({"a": ["x", "y", "x"]}, dtype="str")
    same = [np.zeros(3, dtype=np.uint64)]
    second = hashes.combined(hashes.rehashed(same, texts), 1)
    records = hashes.Records(Path("unused"))
    records.add(key=hashes.combined(same), second=second, row=np.arange(3))
    assert hashes.repeated(records, 3).tolist() == [False, False, True]


def test_zeros_and_nulls_of_any_form_are_equal() -> None:
    cells = pd.DataFrame({"x": [0.0, -0.0, np.nan, -np.nan]})
    found = hashes.cell_hashes(cells)[0]
    assert (found[0], found[2]) == (found[1], found[3])
