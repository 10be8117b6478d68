"""Intervals must contain the numbers that they are of."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.gate.integrity import check_intervals

NUMBER = st.floats(-10, 10)


def outcome(value: Any, low: Any, high: Any) -> str:  # noqa: ANN401 - what JSON can hold
    limits = {"low": low, "high": high}
    test = {"rows": 5, "unit": {"count": 5}, "r2": value, "interval": {"r2": limits}}
    return check_intervals(test, units=5).outcome


def test_the_units_are_those_of_the_predictions() -> None:
    test = {"unit": {"count": 5}, "r2": 0.5, "interval": {"r2": {"low": 0, "high": 1}}}
    assert check_intervals(test, units=5).outcome == "passed"
    assert check_intervals(test, units=4).outcome == "failed"


@given(NUMBER, NUMBER, NUMBER)
def test_an_interval_contains_its_estimate(value: float, low: float, high: float) -> None:
    assert outcome(value, low, high) == ("passed" if low <= value <= high else "failed")


@pytest.mark.parametrize("bad", [None, math.nan, math.inf, "1", True, [1]])
def test_what_is_no_finite_number_fails(bad: object) -> None:
    assert {outcome(bad, 0, 1), outcome(0.5, bad, 1), outcome(0.5, 0, bad)} == {"failed"}


def test_an_undefined_score_has_no_interval() -> None:
    assert outcome(None, None, None) == "passed"


@pytest.mark.parametrize("test", [{}, {"interval": {}}, {"interval": 1}, {"interval": {"r2": 1}}])
def test_intervals_that_are_not_there_fail(test: dict[str, Any]) -> None:
    check = check_intervals({"unit": {"count": 5}, **test}, units=5)
    assert (check.check, check.outcome) == ("intervals", "failed")


def test_a_test_set_of_one_unit_says_what_is_missing() -> None:
    test = {"unit": {"count": 1, "kind": "group"}, "log_loss": 0.3, "interval": {"log_loss": {}}}
    check = check_intervals(test, units=1)
    assert check.outcome == "failed"
    assert "the test set is one group, and intervals need two" in check.reason
