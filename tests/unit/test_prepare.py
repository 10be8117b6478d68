import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.base.errors import InputError
from src.prepare import split
from src.prepare.settings import Split
from src.tables.row_hash import hash_rows
from tests.tables import frame, make_contract

SCHEMA = make_contract("binary")


def test_hashes_are_what_they_always_were() -> None:
    """A change of these values moves rows between the sets of every user's data."""
    table = pd.DataFrame(
        {
            "number": [0.5, -1.0, np.nan],
            "text": pd.Series(["a", "ä", None], dtype="str"),
            "flag": [True, False, True],
            "day": pd.array(["2024-01-01", "2024-06-01", "NaT"], dtype="datetime64[us]"),
        }
    )
    assert [f"{value:016x}" for value in hash_rows(table)] == [
        "02022ed674bd86a0",
        "cf6ae01d8afe8ea6",
        "c06817067f66bbe3",
    ]


def test_hashes_do_not_depend_on_nulls_elsewhere() -> None:
    plain = pd.DataFrame({"flag": [True, False]})
    with_null = pd.DataFrame({"flag": pd.array([True, False, None], dtype="boolean")})
    assert hash_rows(with_null)[:2].tolist() == hash_rows(plain).tolist()


@settings(max_examples=25)
@given(st.integers(1, 80), st.integers(0, 2**16))
def test_appending_rows_moves_no_old_row(added: int, seed: int) -> None:
    old, new = frame("binary", 80), frame("binary", added, seed)
    before = split.row_keys(old, SCHEMA, "row")
    after = split.row_keys(pd.concat([old, new], ignore_index=True), SCHEMA, "row")
    assert after[:80].tolist() == before.tolist()


def test_equal_rows_have_equal_keys_and_order_does_not_matter() -> None:
    table = frame("binary")
    keys = split.row_keys(table, SCHEMA, "row")
    shuffled = table.sample(frac=1, random_state=0)
    assert split.row_keys(shuffled, SCHEMA, "row").tolist() == keys[shuffled.index].tolist()
    assert len(np.unique(keys)) == len(table)


def test_rows_that_a_model_cannot_tell_apart_stay_on_one_side() -> None:
    table = pd.concat([frame("binary")] * 2, ignore_index=True)
    table["target"] = ["yes"] * 120 + ["no"] * 120
    keys = split.row_keys(table, SCHEMA, "row")
    assert keys[:120].tolist() == keys[120:].tolist()
    by_row = Split(by="row", test_size=0.3, cutoff=None)
    test = split.in_test(table, keys, SCHEMA, by_row, None)
    assert test[:120].tolist() == test[120:].tolist()
    assert 0 < test.sum() < len(table)
    by_time = split.row_keys(table, SCHEMA, "time")
    assert len(np.unique(by_time)) == 240


def test_with_an_id_the_key_is_the_id_alone() -> None:
    table = frame("binary").assign(name=[f"n{place}" for place in range(120)])
    named = make_contract("binary", name={"kind": "text", "role": "id"})
    keys = split.row_keys(table, named, "row")
    assert (
        split.row_keys(table.assign(size=0.0, target="no"), named, "row").tolist() == keys.tolist()
    )


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_the_share_of_test_rows_is_met(share: float) -> None:
    ids = pd.DataFrame({"id": [str(number) for number in range(20_000)]})
    found = split.below(hash_rows(ids), share).mean()
    assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / 20_000)


def test_a_larger_test_set_keeps_the_smaller_one() -> None:
    hashes = hash_rows(frame("binary"))
    assert (split.below(hashes, 0.2) <= split.below(hashes, 0.3)).all()


def test_groups_stay_together() -> None:
    groups = pd.DataFrame({"group": [f"g{number % 17}" for number in range(500)]})
    in_test = split.below(hash_rows(groups), 0.3)
    assert pd.Series(in_test).groupby(groups["group"]).nunique().eq(1).all()
    assert in_test.any()


def test_time_cuts_at_a_date_or_at_the_latest_share() -> None:
    times = pd.Series(pd.date_range("2024-01-01", periods=100), name="day")
    assert split.find_cutoff(times, "2024-01-31", 0.2) == times[30]
    assert split.find_cutoff(times, None, 0.2) == times[80]
    assert split.find_cutoff(pd.Series(np.arange(10.0), name="t"), "7", 0.2) == 7.0


def test_rows_of_one_time_stay_together() -> None:
    times = pd.Series([1.0] * 5 + [2.0] * 5, name="t")
    assert split.find_cutoff(times, None, 0.3) == 2.0


@pytest.mark.parametrize("cutoff", ["now", "today", "", "NaT", "-1", "10/01/2024"])
def test_a_cutoff_that_is_no_date_is_refused(cutoff: str) -> None:
    times = pd.Series(pd.date_range("2024-01-01", periods=10), name="day")
    with pytest.raises(InputError, match=rf"cutoff: found '{cutoff}', expected a value of"):
        split.find_cutoff(times, cutoff, 0.2)
    with pytest.raises(InputError, match=r"cutoff: found 'nan'"):
        split.find_cutoff(pd.Series([1.0, 2.0], name="t"), "nan", 0.2)


@pytest.mark.parametrize("cutoff", ["2024-01-03", "2024-01-03T00:00:00Z", "2024-01-03T02:00+02:00"])
def test_a_cutoff_is_in_utc(cutoff: str) -> None:
    times = pd.Series(pd.date_range("2024-01-01", periods=10), name="day")
    assert split.find_cutoff(times, cutoff, 0.2) == times[2]


def test_a_cutoff_of_another_kind_and_a_null_time_are_named() -> None:
    times = pd.Series(pd.date_range("2024-01-01", periods=3), name="day")
    with pytest.raises(InputError, match=r"prepare\.split\.cutoff: found 'noon'"):
        split.find_cutoff(times, "noon", 0.2)
    with pytest.raises(InputError, match="day has role 'time' and 1 null"):
        split.find_cutoff(pd.Series([1.0, np.nan], name="day"), None, 0.5)


def test_the_row_key_is_hexadecimal_and_first() -> None:
    table = split.with_row_key(pd.DataFrame({"x": [1]}), np.array([255], dtype=np.uint64))
    assert table.to_dict("list") == {"row_key": ["00000000000000ff"], "x": [1]}
