"""The profile that prepare writes, and the drift that the report computes from it."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from src.base.contract import Column
from src.base.files import rounded
from src.base.kinds import Kind
from src.prepare.profile import describe, profile, profile_lines
from src.report.drift import FLOOR, drift
from src.tables.summary import LEVELS, MIN_SHARE
from tests.tables import frame, make_contract

ROWS = 5_000
NUMERIC = Column(kind="numeric", role="feature")


def profiled(cells: Any, kind: Kind = "numeric") -> dict[str, Any]:  # noqa: ANN401 - what a Series takes
    """Return a profile as it comes back from the file."""
    dtype = "str" if kind in ("categorical", "text") else None
    result: dict[str, Any] = json.loads(
        json.dumps(
            rounded(describe(pd.Series(cells, dtype=dtype), Column(kind=kind, role="feature")))
        )
    )
    return result


def numbers(name: str, seed: int, rows: int = ROWS) -> npt.NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    normal = generator.normal(size=rows)
    heap = np.where(generator.random(rows) < 0.6, 0.0, normal)
    return {
        "normal": normal,
        "heavy": np.exp(2 * normal),
        "heap": heap,
        "heap at the top": -np.abs(heap),
        "whole": np.round(3 * normal),
        "two": (normal > 0.3).astype(float),
        "constant": np.ones(rows),
    }[name]


SHAPES = ["normal", "heavy", "heap", "heap at the top", "whole", "two", "constant"]


def exact(new: npt.NDArray[Any], base: npt.NDArray[Any], cuts: npt.NDArray[Any]) -> float:
    """Compute the index from the cells themselves, in bins between cuts."""
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    shares = [np.histogram(side, edges)[0] / len(side) for side in (new, base)]
    after, before = np.clip(shares, FLOOR, None)
    return float(((after - before) * np.log(after / before)).sum())


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_distribution_does_not_drift(shape: str) -> None:
    quiet = 0
    for seed in range(40):
        base = profiled(numbers(shape, seed))
        new = profiled(numbers(shape, seed + 1000, 700))
        found = drift(new, base, 700, ROWS)
        assert found
        assert found.level == "none"
        quiet += found.index <= found.noise
    if shape not in ("heavy", "whole"):  # there, interpolation between deciles adds to noise
        assert quiet >= 36  # 19 of 20 and more: neighbouring bins are joined


@pytest.mark.parametrize("shape", ["normal", "heavy", "heap", "whole"])
def test_a_shift_is_found_and_measured(shape: str) -> None:
    base = numbers(shape, 0)
    new = numbers(shape, 1) + np.std(numbers("normal", 2)) * (1 if shape != "heavy" else 3)
    found = drift(profiled(new), profiled(base), ROWS, ROWS)
    assert found
    assert found.level == "large"
    if shape == "normal":
        cuts = np.quantile(base, np.linspace(0.1, 0.9, 9))
        assert found.index == pytest.approx(exact(new, base, cuts), rel=0.25)


@pytest.mark.parametrize(
    ("base", "new"),
    [
        (np.zeros(100), np.ones(100)),
        (np.zeros(100), np.r_[np.zeros(50), np.full(50, 7.0)]),
        (np.zeros(100), np.r_[np.zeros(50), np.full(50, -7.0)]),
        (np.r_[np.zeros(60), np.ones(40)], np.r_[np.full(60, -1.0), np.ones(40)]),
        (np.arange(100.0), np.r_[np.arange(50.0), np.full(50, np.nan)]),
        (np.full(100, np.nan), np.arange(100.0)),
    ],
)
def test_heaps_and_nulls_that_move_are_found(
    base: npt.NDArray[np.float64], new: npt.NDArray[np.float64]
) -> None:
    found = drift(profiled(new), profiled(base), 100, 100)
    assert found
    assert found.level == "large"


def test_levels_that_change_names_or_shares_are_found() -> None:
    base = profiled(["red"] * 50 + ["green"] * 50, "categorical")
    for new in (["rot"] * 50 + ["green"] * 50, ["red"] * 90 + ["green"] * 10, [None] * 100):
        found = drift(profiled(new, "categorical"), base, 100, 100)
        assert found
        assert found.level == "large"


def test_a_level_at_the_border_of_being_named_is_no_drift() -> None:
    levels = ["a"] * 9890 + ["b"] * 105 + ["c"] * 5
    fewer = ["a"] * 9900 + ["b"] * 95 + ["c"] * 5
    found = drift(
        profiled(fewer, "categorical"),
        profiled(levels, "categorical"),
        10**4,
        10**4,
    )
    assert found
    assert found.index < 0.001


def test_another_kind_cannot_be_compared() -> None:
    assert drift(profiled(["1"], "categorical"), profiled([1.0]), 1, 1) is None
    older = {"kind": "numeric", "null": 0.0, "values": [1.0], "at_most": [1.0]}
    assert drift(profiled([1.0]), older, 1, 1) is None


cells = st.lists(
    st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60
)
words = st.lists(st.none() | st.text(max_size=8), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@example([-1.194755e69], [0.0, 6.646040535386865e-240])
@given(cells, cells)
def test_drift_of_any_numbers_is_finite_and_symmetric(
    new: list[float | None], base: list[float | None]
) -> None:
    after, before = (profiled(np.array(side, dtype=float)) for side in (new, base))
    one, other = drift(after, before, 10, 10), drift(before, after, 10, 10)
    same = drift(after, after, 10, 10)
    assert one
    assert other
    assert same
    assert same.index == 0
    assert one.index >= 0
    assert np.isfinite(one.index)
    assert one.index == pytest.approx(other.index)


@settings(max_examples=200, deadline=None)
@given(words, words, st.sampled_from(["categorical", "text"]))
def test_drift_of_any_words_is_finite(
    new: list[str | None], base: list[str | None], kind: Kind
) -> None:
    found = drift(profiled(new, kind), profiled(base, kind), len(new), len(base))
    assert found
    assert np.isfinite(found.index)
    assert found.index >= -1e-12


def test_a_profile_names_neither_rare_levels_nor_texts() -> None:
    rows = 1_000
    common = [f"level {number % 30}" for number in range(rows - 5)]
    result = profiled([*common, *["secret"] * 5], "categorical")
    assert len(result["levels"]) == LEVELS
    assert "secret" not in result["levels"]
    assert min(result["levels"].values()) >= MIN_SHARE
    assert sum(result["levels"].values()) + result["other"] == pytest.approx(1, abs=1e-4)
    assert "secret" not in json.dumps(profiled(["secret"] * 9, "text"))


def test_a_profile_describes_features_and_target_only() -> None:
    contract = make_contract("binary", key={"kind": "text", "role": "id"})
    table = frame("binary", 200).assign(key=[f"person {row}" for row in range(200)])
    result = profile(table.__getitem__, contract)
    assert set(result["columns"]) == {"size", "colour", "code", "flag", "day", "target"}
    assert result["columns"]["day"]["values"][0].startswith("2024-")
    assert result["columns"]["size"]["null"] == pytest.approx(table["size"].isna().mean())
    written = profile_lines(rounded(result))
    assert json.loads(written) == rounded(result)
    assert "person" not in written
    assert written == profile_lines(
        rounded(profile(table.sample(frac=1, random_state=0).__getitem__, contract))
    )


def test_a_profile_of_many_columns_stays_small() -> None:
    column = rounded(describe(pd.Series(numbers("normal", 0)), NUMERIC))
    written = profile_lines({"rows": 9, "columns": {f"column_{n}": column for n in range(2_000)}})
    assert len(written) < 800_000


def test_the_share_at_a_quantile_is_exact() -> None:
    values = numbers("heap", 0)
    result = describe(pd.Series(values), NUMERIC)
    points = zip(result["values"], result["below"], result["at_most"], strict=True)
    for value, below, at_most in points:
        assert (below, at_most) == ((values < value).mean(), (values <= value).mean())
