from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.base.contract import Contract
from src.base.kinds import KINDS as TRAITS
from src.base.kinds import Kind
from src.base.prepared import as_features
from src.tables.convert import convert_table
from src.tables.kinds import KINDS
from tests.tables import contract_dict, frame, make_contract


def one_column(column: dict[str, Any], decimal: str = ".") -> Contract:
    content = contract_dict("regression")
    content["csv"] = content["csv"] | {"decimal": decimal}
    content["columns"] = {
        "x": {"role": "feature", **column},
        "target": {"kind": "numeric", "role": "target"},
    }
    return Contract.model_validate(content)


def converted(cells: list[Any] | pd.Series, decimal: str = ".", **column: Any) -> pd.Series[Any]:  # noqa: ANN401 - any rule
    raw = pd.DataFrame({"x": cells, "target": "1"})
    result, violations = convert_table(raw, one_column(column, decimal))
    assert violations == []
    return result["x"]


def test_numbers() -> None:
    assert converted(["1", "-2.5", "1e3", None], kind="numeric").tolist()[:3] == [1, -2.5, 1000]
    assert converted(["1,5", "-2"], decimal=",", kind="numeric").tolist() == [1.5, -2]
    assert converted(pd.Series([1, None], dtype="Int64"), kind="numeric").dtype == "float64"


@pytest.mark.parametrize("cells", [["yes", "No"], ["1", "0"], ["TRUE", " false"], [True, False]])
def test_booleans(cells: list[Any]) -> None:
    result = converted(cells, kind="boolean")
    assert result.dtype == "bool"
    assert result.tolist() == [True, False]


def test_booleans_with_nulls() -> None:
    assert converted(["yes", None], kind="boolean").dtype == "boolean"


def test_times() -> None:
    expected = pd.Timestamp("2024-02-01 00:00")
    assert converted(["2024-02-01"], kind="datetime").tolist() == [expected]
    assert converted(["01.02.2024"], kind="datetime", format="%d.%m.%Y").tolist() == [expected]
    assert converted(["2024-02-01T02:00+02:00"], kind="datetime").tolist() == [expected]
    aware = pd.Series([expected]).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    assert converted(aware, kind="datetime").tolist() == [expected]
    assert converted(["2024-02-01"], kind="datetime").dtype == "datetime64[us]"


@pytest.mark.parametrize(
    "cells",
    [
        ["1", "2", None],
        pd.Series([1, 2, None], dtype="Int64"),
        pd.Series([1.0, 2.0, np.nan]),
        pd.Series(["1", "2", None], dtype="category"),
    ],
)
def test_codes_are_the_same_text_from_any_file(cells: list[Any] | pd.Series) -> None:
    result = converted(cells, kind="categorical")
    assert result.dtype == "str"
    assert result.tolist()[:2] == ["1", "2"]
    assert result.isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("numeric", ["1", "x"], "kind: numeric"),
        ("boolean", ["yes", "maybe"], "kind: boolean"),
        ("datetime", ["2024-01-01", "soon"], "kind: datetime (as in ISO 8601)"),
    ],
)
def test_a_cell_of_another_kind_is_a_violation(kind: str, cells: list[str], expected: str) -> None:
    raw = pd.DataFrame({"x": cells, "target": "1"})
    _, (violation,) = convert_table(raw, one_column({"kind": kind}))
    assert (violation.column, violation.expected, violation.count) == ("x", expected, 1)
    assert violation.examples == (f"row 2: {cells[1]!r}",)


def test_a_decimal_point_is_no_decimal_comma() -> None:
    raw = pd.DataFrame({"x": ["1.5"], "target": "1"})
    _, violations = convert_table(raw, one_column({"kind": "numeric"}, decimal=","))
    assert [violation.expected for violation in violations] == ["kind: numeric"]


def test_missing_and_unknown_columns_are_violations() -> None:
    raw = pd.DataFrame({"X": ["1"], "target": ["1"]})
    _, violations = convert_table(raw, one_column({"kind": "numeric"}))
    assert [(violation.column, violation.found) for violation in violations] == [
        ("x", "missing from the table"),
        ("X", "not in the contract."),
    ]


def test_a_wrong_delimiter_is_one_violation() -> None:
    raw = pd.DataFrame({"x;target": ["1;2"]})
    _, (violation,) = convert_table(raw, one_column({"kind": "numeric"}))
    assert "x;target" in violation.examples[0]
    assert "csv.delimiter ','" in violation.examples[1]


def test_features_are_in_order_and_categories_are_category() -> None:
    features = as_features(frame("binary"), make_contract("binary"))
    assert list(features.columns) == ["size", "colour", "code", "flag", "day"]
    assert [str(features[name].dtype) for name in ("colour", "code")] == ["category"] * 2


@given(
    st.lists(st.none() | st.text(max_size=6), min_size=1, max_size=8),
    st.sampled_from(["numeric", "categorical", "datetime", "text", "boolean"]),
)
def test_every_cell_is_converted_or_reported(cells: list[str | None], kind: str) -> None:
    raw = pd.DataFrame({"x": pd.Series(cells, dtype="str"), "target": "1"})
    result, violations = convert_table(raw, one_column({"kind": kind}))
    lost = int((result["x"].isna() & raw["x"].notna()).sum())
    assert sum(violation.count for violation in violations) == lost
    assert len(result) == len(raw)


def test_every_kind_of_the_contract_has_traits_and_a_class() -> None:
    assert set(get_args(Kind)) == set(TRAITS) == set(KINDS)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["1", "x"], "column x: 1 cell not numeric (row 2: 'x'), but the contract says kind: "),
        (["y", "x"], "column x: 2 cells not numeric (row 1: 'y', row 2: 'x'), but the contract"),
    ],
)
def test_a_violation_reads_as_a_sentence(cells: list[str], sentence: str) -> None:
    raw = pd.DataFrame({"x": cells, "target": "1"})
    _, (violation,) = convert_table(raw, one_column({"kind": "numeric"}))
    assert str(violation).startswith(sentence)
