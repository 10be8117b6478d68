"""Rows of requests: checked quickly, and refused as a table to be scored would be."""

import json
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from src.base.contract import Column
from src.base.kinds import Kind
from src.serve.bodies import RefusedRequest, read_records, read_tensors
from src.serve.openapi import cell_schema, schemas
from src.serve.probe import probe
from src.serve.rows import Rows, RowsReader, _series, column
from src.tables.convert import convert
from src.tables.validate import check_batch, model_inputs
from tests.served import records
from tests.tables import frame, make_contract

CONTRACT = model_inputs(
    make_contract(
        "binary",
        size={"kind": "numeric", "role": "feature", "nullable": True, "min": -2, "max": 9},
        count={"kind": "numeric", "role": "feature", "min": 0},
        colour={"kind": "categorical", "role": "feature", "nullable": True,
                "levels": ["red", "green", "1"]},
        note={"kind": "text", "role": "feature", "nullable": True},
    )
)  # fmt: skip
READER = RowsReader(CONTRACT)
FINE = {"size": 1.5, "count": 3, "colour": "red", "code": "7", "flag": True, "day": "2024-05-06",
        "note": "two words"}  # fmt: skip

CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5), st.just(10**25),
    st.sampled_from(["red", "green", "1", "1.5", "yes", "2024-05-06", "06.05.2024", "inf", ""]),
)  # fmt: skip
MOSTLY_FINE = st.fixed_dictionaries(
    {name: st.one_of(*[st.just(cell)] * 5, CELLS) for name, cell in FINE.items()}
)


def plainly(rows: list[dict[str, Any]]) -> tuple[pd.DataFrame, list[str]]:
    """Check records as `predict` checks a Parquet file of them."""
    cells = {name: _series(column([row[name] for row in rows])) for name in FINE}
    table, violations = check_batch(pd.DataFrame(cells), CONTRACT)
    return table, [str(violation) for violation in violations]


@settings(max_examples=200, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(MOSTLY_FINE, MOSTLY_FINE)
def test_a_row_is_what_it_is_whatever_stands_beside_it(
    row: dict[str, Any], other: dict[str, Any]
) -> None:
    alone = [plainly([one]) for one in (row, other)]
    together, violations = plainly([row, other])
    assert bool(violations) == any(found for _, found in alone)
    if not violations:
        expected = pd.concat([table for table, _ in alone], ignore_index=True)
        pd.testing.assert_frame_equal(together, expected, check_dtype=False)


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("categorical", [1.0, "2", 2.5]), ("categorical", [12345678901234567, None]),
        ("text", [3.0, "a"]), ("numeric", ["1,5", 2, 2.5]), ("datetime", [20240101, None]),
        ("categorical", [True, "a"]), ("boolean", [1, None, "yes"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("decimal", [".", ","])
def test_a_cell_is_converted_as_if_it_were_alone(
    kind: Kind, cells: list[Any], decimal: str
) -> None:
    told = Column(kind=kind, role="feature", nullable=True,
                  format="%Y%m%d" if kind == "datetime" else None)  # fmt: skip
    alone = [convert(_series(column([cell])), told, decimal)[0] for cell in cells if cell]
    together = convert(_series(column(cells)), told, decimal)
    assert together.dropna().tolist() == [cell for cell in alone if not pd.isna(cell)]


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(MOSTLY_FINE, min_size=1, max_size=2))
def test_rows_are_taken_or_refused_as_predict_does(rows: list[dict[str, Any]]) -> None:
    body = json.dumps({"records": rows}, allow_nan=False).encode()
    expected, violations = plainly(orjson.loads(body)["records"])
    try:
        asked = read_records(body, READER, [])
    except RefusedRequest as error:
        assert error.violations == violations
        return
    assert violations == []
    pd.testing.assert_frame_equal(
        READER.features(asked.rows), READER.features(READER.of_frame(expected))
    )


@pytest.mark.parametrize("rows", [1, 2, 50])
def test_what_surely_keeps_the_contract_needs_no_pandera(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("src.serve.rows.check_batch", None)
    asked = read_records(orjson.dumps({"records": [FINE] * rows}), READER, [])
    assert len(asked.rows) == rows
    assert asked.rows.numbers.tolist() == [[1.5, 3.0]] * rows


def test_rows_of_several_requests_come_back_one_after_the_other() -> None:
    parts = [
        read_records(orjson.dumps({"records": [{**FINE, "count": place}] * place}), READER, []).rows
        for place in (1, 2, 3)
    ]
    whole = Rows.concat(parts)
    assert whole.numbers[:, 1].tolist() == [1, 2, 2, 3, 3, 3]
    pd.testing.assert_frame_equal(READER.features(whole.take(1, 3)), READER.features(parts[1]))


@pytest.mark.parametrize(
    ("rows", "status", "words"),
    [
        ([{**FINE, "size": "large"}], 422, "1 cell not numeric (row 1: 'large')"),
        ([{**FINE, "size": [1]}], 422, "column size: 1 cell of several values"),
        ([FINE, {**FINE, "count": None}], 422, "column count: 1 null (row 2), but the contract"),
        ([{"size": 1}], 422, "column count: missing from the table"),
        ([FINE, {"size": 1}], 422, "column count: missing from the table (row 2)"),
        ([], 422, "no rows"),
        ([1], 400, "expected"),
        ("x", 400, "expected"),
    ],
)
def test_what_is_wrong_with_records_is_said(rows: object, status: int, words: str) -> None:
    with pytest.raises(RefusedRequest) as caught:
        read_records(orjson.dumps({"records": rows}), READER, [])
    assert caught.value.status == status
    assert words in "\n".join([str(caught.value), *caught.value.violations])


def test_columns_that_the_contract_does_not_know_are_passed_over() -> None:
    body = orjson.dumps({"records": [{**FINE, "more": {"a": 1}, "target": 5}]})
    assert len(read_records(body, READER, []).rows) == 1


def tensor(name: str, cells: list[Any], kind: str = "", **changed: object) -> dict[str, Any]:
    kinds = {float: "FP64", int: "INT64", bool: "BOOL", str: "BYTES"}
    kind = kind or kinds[type(cells[0])]
    made = {"name": name, "shape": [len(cells)], "datatype": kind, "data": cells}
    return made | changed


def tensors(rows: int, **changed: dict[str, Any]) -> bytes:
    made = {name: tensor(name, [cell] * rows) for name, cell in FINE.items()} | changed
    return orjson.dumps({"inputs": [*made.values()]})


def test_tensors_are_the_same_rows_as_records() -> None:
    by_record = read_records(orjson.dumps({"records": [FINE] * 4}), READER, []).rows
    by_tensor = read_tensors(tensors(4), READER).rows
    pd.testing.assert_frame_equal(READER.features(by_tensor), READER.features(by_record))
    nested = tensor("size", [[1.5]] * 4, "FP64", shape=[4, 1])
    assert (read_tensors(tensors(4, size=nested), READER).rows.numbers == by_tensor.numbers).all()


def test_a_tensor_of_another_precision_has_its_numbers() -> None:
    rows = read_tensors(tensors(1, size=tensor("size", [0.1], "FP32")), READER).rows
    assert rows.numbers[0, 0] == float(np.float32(0.1))


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        (tensor("size", ["x"]), 422, "not numeric (row 1: 'x')"),
        (tensor("size", [1, 2]), 400, "rows, but others have"),
        (tensor("size", [1], shape=[2]), 400, "1 cells, but its shape has 2"),
        (tensor("size", [1], shape=[1, 2]), 400, "expected [rows] or [rows, 1]"),
        (tensor("size", ["x"], "FP64"), 400, "data is not FP64"),
        (tensor("size", [1.5], "INT8"), 400, "data is not INT8"),
        (tensor("size", [300], "INT8"), 400, "data is not INT8"),
        (tensor("size", [1], "FP16"), 400, "datatype: expected one of"),
        (tensor("code", ["7"]), 400, "input code: is there twice"),
        ({**tensor("size", [1]), "data": None}, 400, "data: expected a list"),
        ({**tensor("size", [1]), "name": None}, 400, "expected each to have a name"),
    ],
)
def test_what_is_wrong_with_tensors_is_said(
    changed: dict[str, Any], status: int, words: str
) -> None:
    with pytest.raises(RefusedRequest) as caught:
        read_tensors(tensors(1, size=changed), READER)
    assert caught.value.status == status
    assert words in "\n".join([str(caught.value), *caught.value.violations])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 2**53) | st.floats(-9, 1e9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["records", "inputs", "name", "shape", "datatype", "data", "id", "outputs",
                         "size"]),
        inner, max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(JSON | st.fixed_dictionaries({"inputs": st.lists(JSON), "records": st.lists(JSON)}))
def test_no_body_raises_anything_but_a_refusal(content: object) -> None:
    for body in (orjson.dumps(content), orjson.dumps(content)[:-1]):
        with pytest.raises(RefusedRequest):
            read_records(body, READER, [])
        with pytest.raises(RefusedRequest):
            read_tensors(body, READER)


def test_the_schema_of_a_record_is_the_contract() -> None:
    made = schemas(make_contract("binary"))["Record"]
    assert made["required"] == ["size", "colour", "code", "flag", "day"]
    assert made["properties"]["size"] == {"type": ["number", "null"]}
    assert cell_schema(CONTRACT.columns["size"]) == {
        "type": ["number", "null"], "minimum": -2.0, "maximum": 9.0
    }  # fmt: skip
    assert cell_schema(CONTRACT.columns["colour"])["enum"] == ["red", "green", "1", None]
    assert cell_schema(CONTRACT.columns["count"]) == {"type": "number", "minimum": 0.0}


def test_a_probe_keeps_the_contract() -> None:
    rows = probe(CONTRACT, 200, {"code": ["a", "b"]})
    _, violations = check_batch(rows, CONTRACT)
    assert violations == []
    assert rows["size"].isna().any()
    assert {"a", "b"} < set(rows["code"])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_probe_fits_any_task(task: Any) -> None:  # noqa: ANN401 - a literal
    contract = model_inputs(make_contract(task))
    assert check_batch(probe(contract, 20, {}), contract)[1] == []
    assert records(frame(task, 3))[0].keys() == set(contract.features)
