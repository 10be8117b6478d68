"""What columns of a batch are compared by: bins of the release's profile, and what a shift does."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.base.contract import Column
from src.base.files import rounded
from src.base.kinds import Kind
from src.modelling.metrics import find
from src.monitor import bins
from src.monitor.alarms import LEVELS
from src.monitor.bins import Bins
from src.monitor.effect import brought_back
from src.monitor.shift import Shift, independent, shift
from src.prepare.profile import describe
from src.tables.stability import stability_index

ROWS = 4_000
R2 = find("r2")


def profiled(cells: pd.Series[Any], kind: Kind) -> dict[str, Any]:
    """Return a profile as it comes back from the file."""
    described = describe(cells, Column(kind=kind, role="feature"))
    result: dict[str, Any] = json.loads(json.dumps(rounded(described)))
    return result


def column(name: str, seed: int, rows: int = ROWS) -> tuple[pd.Series[Any], Kind]:
    generator = np.random.default_rng(seed)
    normal = generator.normal(size=rows)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta((20 * np.abs(normal)).round(), unit="D")
    levels = np.char.add("level", np.floor(np.exp(np.abs(1.5 * normal))).astype(int).astype(str))
    made: dict[str, tuple[Any, Kind]] = {
        "normal": (normal, "numeric"),
        "large": (1.7e9 + 3e7 * normal, "numeric"),
        "heap": (np.maximum(normal, 0), "numeric"),
        "whole": (np.round(2 * normal), "numeric"),
        "constant": (np.full(rows, 1234567.0), "numeric"),
        "nulls": (np.where(generator.random(rows) < 0.3, np.nan, normal), "numeric"),
        "levels": (levels, "categorical"),
        "flag": (normal > 1, "boolean"),
        "day": (day.astype("datetime64[us]"), "datetime"),
        "text": (np.char.multiply("x", np.abs(np.round(5 * normal)).astype(int)), "text"),
    }
    cells, kind = made[name]
    dtype = "str" if kind in ("categorical", "text") else None
    return pd.Series(cells, dtype=dtype), kind


SHAPES = ["normal", "large", "heap", "whole", "constant", "nulls", "levels", "flag", "day", "text"]


@pytest.mark.parametrize("name", SHAPES)
def test_the_profiled_cells_fall_into_bins_as_the_profile_says(name: str) -> None:
    cells, kind = column(name, 0)
    made = bins.bins(profiled(cells, kind), ROWS)
    assert made is not None
    counts = made.count(cells)
    assert len(counts) == len(made.names) == len(made.shares)
    assert counts / ROWS == pytest.approx(made.shares, abs=0.004 if name == "large" else 2e-4)
    assert len(counts) > 6 or name in ("constant", "flag")


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("rows", [40, 1_000])
def test_counts_of_pieces_add_up_and_a_like_batch_has_not_moved(name: str, rows: int) -> None:
    cells, kind = column(name, 0)
    made = bins.bins(profiled(cells, kind), ROWS)
    assert made is not None
    batch, _ = column(name, 1, rows)
    counts = made.count(batch)
    assert np.array_equal(made.count(batch[:7]) + made.count(batch[7:]), counts)
    found = shift(made, counts, rows, ROWS)
    assert (found is None) == (name == "constant" or (name, rows) == ("flag", 40))
    assert found is None or not found.is_alarm(LEVELS["columns"] / 30)


@pytest.mark.parametrize("name", [name for name in SHAPES if name not in ("constant", "flag")])
def test_a_batch_of_nulls_or_of_one_value_has_moved(name: str) -> None:
    cells, kind = column(name, 0)
    made = bins.bins(profiled(cells, kind), ROWS)
    assert made is not None
    for batch in (cells.where(cells.index < 0), cells.where(cells.index != 0, cells.iloc[0])[1:2]):
        counts = made.count(pd.concat([batch] * (1 if len(batch) > 1 else 500)))
        found = shift(made, counts, counts.sum(), ROWS)
        assert found is not None
        assert found.is_alarm(LEVELS["columns"] / 1_000)


def test_an_unknown_level_counts_among_others() -> None:
    made = bins.bins(profiled(*column("levels", 0)), ROWS)
    assert made is not None
    counts = made.count(pd.Series(["never seen"] * 300, dtype="str"))
    assert dict(zip(made.names, counts, strict=True))["other levels"] == 300
    found = shift(made, counts, 300, ROWS)
    assert found is not None
    assert found.is_alarm(1e-6)


def test_numbers_that_the_profile_does_not_tell_apart_are_not_compared() -> None:
    cells = pd.Series(1.7e9 + 1e4 * np.random.default_rng(0).normal(size=ROWS))
    assert bins.bins(profiled(cells, "numeric"), ROWS) is None  # the profile has six digits


def test_levels_that_chance_made_frequent_do_not_move_back() -> None:
    generator = np.random.default_rng(0)
    alike = pd.Series(generator.integers(60, size=400).astype(str), dtype="str")
    made = bins.bins(profiled(alike, "categorical"), 400)
    assert made is not None
    assert len(profiled(alike, "categorical")["levels"]) == 20
    assert len(made.levels) < 3
    again = pd.Series(generator.integers(60, size=5_000).astype(str), dtype="str")
    found = shift(made, made.count(again), 5_000, 400)
    assert found is None or not found.is_alarm(0.001)


def test_private_columns_and_columns_of_nulls_have_what_can_be_told() -> None:
    assert bins.bins({"kind": "numeric", "null": 0.1, "private": True}, 9) is None
    empty = bins.bins({"kind": "numeric", "null": 1.0}, 9)
    assert empty is not None
    assert list(empty.count(pd.Series([np.nan, 1.0, 2.0]))) == [2.0, 1.0]


TWO = Bins("categorical", ("a", "b", "other levels", "null"), np.array([0.5, 0.5, 0, 0]),
           ("a", "b"))  # fmt: skip


def test_the_index_is_that_of_the_shares_and_chance_depends_on_the_rows() -> None:
    counts = np.array([300.0, 200.0, 0.0, 0.0])
    found = [shift(TWO, counts * rows / 500, rows, 100_000) for rows in (50, 500, 5_000)]
    assert all(one is not None for one in found)
    indices, chances = zip(*[(one.index, one.p_value) for one in found if one], strict=True)
    exact = stability_index(np.array([0.6, 0.4]), np.array([0.5, 0.5]))
    assert indices == pytest.approx([exact] * 3)
    assert list(chances) == sorted(chances, reverse=True)
    assert chances[0] > 0.1
    assert chances[1] < 1e-4
    assert not Shift(exact, 0.0).is_alarm(0.5)  # beyond chance, but 0.04 is no drift to speak of


def test_rows_of_few_groups_are_worth_few_rows() -> None:
    assert independent(np.ones(50)) == 50
    assert independent(np.full(10, 100.0)) == 10
    assert 1 < independent(np.array([1_000.0, 10.0, 10.0])) < 1.1


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "text"])
def test_a_column_that_has_not_moved_is_left_as_it_is(name: str) -> None:
    cells, kind = column(name, 0)
    back = brought_back(cells, profiled(cells, kind))
    assert back.dtype == cells.dtype
    known = cells.notna() & back.notna()
    if kind in ("numeric", "datetime"):
        own, other = bins.values(cells[known], kind), bins.values(back[known], kind)
        spread = np.ptp(own) or abs(own[0])
        assert np.abs(own - other).max() <= 0.02 * spread
    else:
        assert (cells == back).mean() > 0.95  # levels that the profile does not name
    assert (cells.isna() == back.isna()).mean() > 0.999


@pytest.mark.parametrize("name", ["normal", "heap", "whole", "nulls", "levels", "flag", "day"])
def test_a_column_that_moved_is_brought_back(name: str) -> None:
    cells, kind = column(name, 0)
    profile = profiled(cells, kind)
    made = bins.bins(profile, ROWS)
    assert made is not None
    moved = column(name, 1)[0]
    if kind == "numeric":
        moved = moved.where(moved.index % 5 > 0) * 2 + 1
    elif kind == "datetime":
        moved = (moved + pd.Timedelta(days=40)).astype("datetime64[us]")
    else:
        moved = moved.where(moved.index % 3 > 0, moved[moved != moved.mode()[0]].iloc[0])
    before = shift(made, made.count(moved), ROWS, ROWS)
    after = shift(made, made.count(brought_back(moved, profile)), ROWS, ROWS)
    assert before is not None
    assert after is not None
    assert before.is_alarm(1e-6)
    assert after.index < 0.06


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e300, 1e300)), min_size=1, max_size=40),
    st.lists(st.one_of(st.none(), st.floats(-1e300, 1e300)), min_size=1, max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_any_numbers_can_be_compared(before: list[float | None], after: list[float | None]) -> None:
    cells = pd.Series(before, dtype=np.float64)
    profile = profiled(cells, "numeric")
    made = bins.bins(profile, ROWS)
    assert made is not None
    batch = pd.Series(after, dtype=np.float64)
    counts = made.count(batch)
    assert counts.sum() == len(batch)
    found = shift(made, counts, len(batch), len(cells))
    assert found is None or (np.isfinite(found.index) and 0 <= found.p_value <= 1)
    back = brought_back(batch, profile)
    assert len(back) == len(batch)
