from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.conform import as_features, conform
from src.schema import Column, Schema
from tests.tables import contract, frame, schema


def one_column(column: dict[str, Any], decimal: str = ".") -> Schema:
    content = contract("regression")
    content["csv"] = content["csv"] | {"decimal": decimal}
    content["columns"] = {
        "x": {"role": "feature", **column},
        "target": {"kind": "numeric", "role": "target"},
    }
    return Schema.model_validate(content)


def converted(cells: list[Any] | pd.Series, decimal: str = ".", **column: Any) -> pd.Series:  # noqa: ANN401 - any rule
    raw = pd.DataFrame({"x": cells, "target": "1"})
    result, violations = conform(raw, one_column(column, decimal))
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
    ("kind", "cells", "rule"),
    [
        ("numeric", ["1", "x"], "is numeric"),
        ("boolean", ["yes", "maybe"], "is boolean"),
        ("datetime", ["2024-01-01", "soon"], "is a time in the format ISO8601"),
    ],
)
def test_a_cell_of_another_kind_is_a_violation(kind: str, cells: list[str], rule: str) -> None:
    raw = pd.DataFrame({"x": cells, "target": "1"})
    _, (violation,) = conform(raw, one_column({"kind": kind}))
    assert (violation.column, violation.rule, violation.count) == ("x", rule, 1)
    assert violation.examples == (f"row 2: {cells[1]!r}",)


def test_a_decimal_point_is_no_decimal_comma() -> None:
    raw = pd.DataFrame({"x": ["1.5"], "target": "1"})
    _, violations = conform(raw, one_column({"kind": "numeric"}, decimal=","))
    assert [violation.rule for violation in violations] == ["is numeric"]


def test_missing_and_unknown_columns_are_violations() -> None:
    raw = pd.DataFrame({"X": ["1"], "target": ["1"]})
    _, violations = conform(raw, one_column({"kind": "numeric"}))
    assert [(violation.column, violation.rule) for violation in violations] == [
        ("x", "column is missing"),
        ("X", "column is not in the contract."),
    ]


def test_a_wrong_delimiter_is_one_violation() -> None:
    raw = pd.DataFrame({"x;target": ["1;2"]})
    _, (violation,) = conform(raw, one_column({"kind": "numeric"}))
    assert "x;target" in violation.examples[0]
    assert "csv.delimiter ','" in violation.examples[1]


def test_features_are_in_order_and_categories_are_category() -> None:
    features = as_features(frame("binary"), schema("binary"))
    assert list(features.columns) == ["size", "colour", "code", "flag", "day"]
    assert [str(features[name].dtype) for name in ("colour", "code")] == ["category"] * 2


@given(
    st.lists(st.none() | st.text(max_size=6), min_size=1, max_size=8),
    st.sampled_from(["numeric", "categorical", "datetime", "text", "boolean"]),
)
def test_every_cell_is_converted_or_reported(cells: list[str | None], kind: str) -> None:
    raw = pd.DataFrame({"x": pd.Series(cells, dtype="str"), "target": "1"})
    result, violations = conform(raw, one_column({"kind": kind}))
    lost = int((result["x"].isna() & raw["x"].notna()).sum())
    assert sum(violation.count for violation in violations) == lost
    assert len(result) == len(raw)


def test_kinds_of_the_contract_are_all_known() -> None:
    kinds = Column.model_fields["kind"].annotation
    known = {"numeric", "categorical", "datetime", "text", "boolean"}
    assert set(kinds.__args__) == known  # type: ignore[union-attr]  # a Literal, never None
