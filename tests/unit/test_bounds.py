"""Bounds on numbers of metrics.json."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from src.base.settings import read_yaml
from src.gate.bounds import check_bounds
from src.gate.decision import GateCheck
from src.gate.settings import Bound, Gate
from tools.project import DEFAULT

METRICS = {
    "test": {"rows": 50, "auc": 0.9, "none": None, "interval": {"auc": {"low": 0.8}}},
    "train": {"auc": 0.99},
    "slices": {
        "age": {
            "0.5 to 1.5": {"rows": 30, "acc": 0.7},
            "below 0.5": {"rows": 25, "acc": 0.95},
            "from 1.5": {"rows": 3},
        }
    },
}


def one(path: str, **bound: Any) -> GateCheck:  # noqa: ANN401 - numbers
    (check,) = check_bounds(METRICS, {path: Bound(**bound)})
    return check


@pytest.mark.parametrize(
    ("path", "bound", "outcome", "observed"),
    [
        ("test.auc", {"min": 0.9}, "passed", 0.9),
        ("test.auc", {"min": 0.90001}, "failed", 0.9),
        ("test.auc", {"max": 0.9}, "passed", 0.9),
        ("test.auc", {"min": 0.5, "max": 0.6}, "failed", 0.9),
        ("test.interval.auc.low", {"min": 0.8}, "passed", 0.8),
        ("train.auc - test.auc", {"max": 0.1}, "passed", 0.09),
        ("train.auc - test.auc", {"max": 0.08}, "failed", 0.09),
        ("train.auc - test.none", {"max": 1.0}, "failed", None),
        ("train.auc - test.auk", {"max": 1.0}, "failed", None),
        ("test.none", {"min": 0.0}, "failed", None),
        ("test", {"min": 0.0}, "failed", None),
        ("test.auk", {"min": 0.0}, "failed", None),
        ("slices.age.0.5 to 1.5.acc", {"min": 0.7}, "passed", 0.7),
        ("slices.age.*.acc", {"min": 0.7, "min_rows": 20}, "passed", 0.7),
        ("slices.age.*.acc", {"min": 0.8, "min_rows": 20}, "failed", 0.7),
        ("slices.age.*.acc", {"max": 0.9, "min_rows": 20}, "failed", 0.95),
        ("slices.age.*.acc", {"min": 0.8, "min_rows": 31}, "failed", None),
        ("slices.age.*.acc", {"min": 0.1, "min_rows": 2}, "failed", 0.7),
        ("slices.size.*.acc", {"min": 0.1, "min_rows": 2}, "failed", None),
    ],
)
def test_bounds(path: str, bound: dict[str, Any], outcome: str, observed: float | None) -> None:
    check = one(path, **bound)
    assert (check.outcome, check.observed) == (outcome, observed)


def test_a_level_out_of_bounds_is_named() -> None:
    check = one("slices.age.*.acc", min=0.8, min_rows=20)
    assert check.reason == "Out of bounds: '0.5 to 1.5' (0.7, 30 rows). Levels not judged, of " \
        "fewer rows: 1."  # fmt: skip


@given(st.floats() | st.booleans() | st.text() | st.none() | st.lists(st.integers()))
def test_what_is_no_finite_number_fails(value: object) -> None:
    (check,) = check_bounds({"a": {"b": value}}, {"a.b": Bound(min=-1e308)})
    number = isinstance(value, float) and np.isfinite(value) and value >= -1e308
    assert (check.outcome == "passed") == number


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"a.*.b": {"min": 1.0}}, "'min_rows' belongs to a path with"),
        ({"a.b": {"min": 1.0, "min_rows": 3}}, "'min_rows' belongs to a path with"),
        ({"a.*.b - c": {"min": 1.0, "min_rows": 3}}, "a difference cannot be taken"),
        ({"a.b": {}}, "should have 'min', 'max' or both"),
        ({"a.b": {"min": 2.0, "max": 1.0}}, "'min' 2 is above 'max' 1"),
        ({"a.b": {"min": float("nan")}}, "finite"),
    ],
)
def test_a_bound_that_means_nothing_is_refused(bounds: dict[str, Any], message: str) -> None:
    content = read_yaml(DEFAULT / "params.yaml")["gate"] | {"bounds": bounds}
    with pytest.raises(ValidationError, match=message):
        Gate.model_validate(content)
