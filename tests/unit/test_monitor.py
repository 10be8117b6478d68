"""What the monitor compares, and what it calls an alarm; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.base.contract import ROW_KEY, Column
from src.base.errors import InputError
from src.base.files import rounded
from src.base.kinds import Kind
from src.modelling.metrics import find, quick_score
from src.modelling.predictions import Floats, Predictions
from src.monitor import bins, openmetrics, page
from src.monitor.alarms import LEVELS, BatchReport, ColumnDrift, without_private
from src.monitor.bins import Bins
from src.monitor.effect import brought_back
from src.monitor.estimated import calibrate, calibration_gap, estimated
from src.monitor.labels import keys_of, labelled, read_labels
from src.monitor.measured import measured
from src.monitor.scores import ScoreChange
from src.monitor.shift import Shift, independent, shift
from src.prepare.profile import describe
from src.tables.convert import Violation
from src.tables.stability import stability_index
from tests.tables import make_contract

ROWS = 4_000
AUC = find("roc_auc")
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


def classes(rows: int, seed: int, share: float = 0.0, slope: float = 3.0) -> Predictions:
    """Return calibrated predictions, of which a share has another row's truth."""
    generator = np.random.default_rng(seed)
    logit = slope * generator.normal(size=rows)
    chance = 1 / (1 + np.exp(-logit))
    truth = (generator.random(rows) < chance).astype(np.intp)
    wrong = generator.random(rows) < share
    truth[wrong] = generator.permutation(truth[wrong])
    output = np.column_stack([1 - chance, chance])
    return Predictions("binary", ("no", "yes"), truth, output, 0.5)


def with_units(predicted: Predictions) -> tuple[Predictions, np.ndarray[Any, np.dtype[np.intp]]]:
    return predicted, np.arange(len(predicted))


def test_measured_scores_are_those_of_either_sample_and_a_loss_is_seen() -> None:
    test, like, worse = classes(3_000, 0), classes(2_000, 1), classes(2_000, 2, share=0.2)
    assert AUC is not None
    for labels, alarm in ((like, False), (worse, True)):
        found = {one.metric.name: one for one in
                 measured(with_units(labels), with_units(test), 0.995)}  # fmt: skip
        lead = found["roc_auc"]
        assert lead.now == pytest.approx(quick_score(AUC, labels))
        assert lead.published == pytest.approx(quick_score(AUC, test))
        assert lead.low < lead.gain < lead.high
        assert lead.is_alarm(0.02) is alarm
        assert (found["log_loss"].gain < 0) is (found["log_loss"].now > found["log_loss"].published)


def test_labels_of_one_class_leave_the_score_undefined_and_raise_no_alarm() -> None:
    one = replace(classes(200, 0), truth=np.zeros(200, np.intp))
    lead = measured(with_units(one), with_units(classes(500, 1)), 0.995)[0]
    assert not lead.is_defined
    assert not lead.is_alarm(0.02)
    assert "not defined" in lead.verdict(0.02)


@pytest.mark.parametrize(
    ("limits", "alarm", "verdict"),
    [
        ((-0.01, 0.01), False, "excluded"),
        ((-0.03, 0.01), False, "cannot be told"),
        ((-0.015, -0.005), False, "excluded"),  # beyond chance, within the margin
        ((-0.06, -0.01), True, "cannot be told"),
        ((-0.09, -0.03), True, "whole interval"),
    ],
)
def test_an_alarm_is_beyond_chance_and_beyond_the_margin(
    limits: tuple[float, float], alarm: bool, verdict: str
) -> None:
    assert AUC is not None
    change = ScoreChange(AUC, 0.9, 0.9 + sum(limits) / 2, *limits)
    assert change.is_alarm(0.02) is alarm
    assert verdict in change.verdict(0.02)


def test_the_expected_score_is_the_one_that_labels_would_show() -> None:
    test, harder = classes(4_000, 0), classes(20_000, 1, slope=1.5)
    assert AUC is not None
    blank = replace(harder, truth=np.zeros(len(harder), np.intp))
    calibration = calibrate(test)
    found = estimated(with_units(blank), with_units(test), AUC, 0.999, calibration)
    assert found.now == pytest.approx(quick_score(AUC, harder), abs=0.02)
    assert found.is_alarm(0.02)
    gap, beyond = calibration_gap(with_units(test), AUC, 0.999, calibration)
    assert abs(gap) < 0.01
    assert not beyond


def test_probabilities_that_are_too_sure_are_calibrated_first() -> None:
    test = classes(4_000, 0)
    logit = 2 * np.log(test.output)
    sure = replace(test, output=np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True))
    calibration = calibrate(sure)
    assert calibration.slope == pytest.approx(0.5, abs=0.05)
    assert calibration.probabilities(sure.output) == pytest.approx(test.output, abs=0.03)


def test_changed_labels_are_not_seen_without_labels() -> None:
    test, changed = classes(4_000, 0), classes(4_000, 1, share=0.5)
    assert AUC is not None
    found = estimated(with_units(changed), with_units(test), AUC, 0.999, calibrate(test))
    assert not found.is_alarm(0.02)


def numbers(rows: int, seed: int, spread: float = 1.0) -> Predictions:
    generator = np.random.default_rng(seed)
    known = spread * generator.normal(size=rows)
    truth = known + 0.5 * generator.normal(size=rows)
    return Predictions("regression", (), truth, known[:, None])


def test_the_expected_score_of_numbers_follows_the_spread_of_predictions() -> None:
    test, narrow = numbers(4_000, 0), numbers(4_000, 1, spread=0.6)
    assert R2 is not None
    found = estimated(with_units(narrow), with_units(test), R2, 0.999, None)
    assert found.now == pytest.approx(quick_score(R2, narrow), abs=0.04)
    assert found.is_alarm(0.02)
    like = estimated(with_units(numbers(4_000, 2)), with_units(test), R2, 0.999, None)
    assert not like.is_alarm(0.02)
    assert like.low < 0 < like.high


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


CONTRACT = make_contract("binary", row={"kind": "categorical", "role": "id"})


def test_labels_are_joined_by_key_whatever_their_order(tmp_path: Path) -> None:
    table = pd.DataFrame({"row": list("abcde"), "target": ["yes", "no", None, "no", "yes"]})
    table.to_csv(tmp_path / "labels.csv", index=False)
    known = read_labels(tmp_path / "labels.csv", CONTRACT, Path("data/schema.yaml"))
    assert len(known) == 4
    batch = pd.DataFrame({"row": pd.Series(list("xedcb"), dtype="str")})
    scored = pd.DataFrame({0: [0.9, 0.2, 0.7, 0.5, 0.6], 1: [0.1, 0.8, 0.3, 0.5, 0.4]})
    scored[ROW_KEY] = keys_of(batch, CONTRACT)
    found = labelled(scored, known, classes(5, 0), CONTRACT, "row")
    assert found is not None
    assert list(found[0].positive) == [0.8, 0.3, 0.4]
    assert list(found[0].actual) == ["yes", "no", "no"]
    assert labelled(scored[:1], known, classes(5, 0), CONTRACT, "row") is None


def test_labels_that_break_the_contract_are_refused(tmp_path: Path) -> None:
    table = pd.DataFrame({"row": list("ab"), "target": ["yes", "perhaps"]})
    table.to_csv(tmp_path / "labels.csv", index=False)
    with pytest.raises(InputError, match="column target: 1 cell of other levels"):
        read_labels(tmp_path / "labels.csv", CONTRACT, Path("data/schema.yaml"))
    table.drop(columns="row").to_csv(tmp_path / "labels.csv", index=False)
    with pytest.raises(InputError, match="column row: missing"):
        read_labels(tmp_path / "labels.csv", CONTRACT, Path("data/schema.yaml"))


def test_labelled_rows_need_the_group_that_they_belong_to() -> None:
    contract = make_contract("binary", row={"kind": "categorical", "role": "id"},
                             site={"kind": "categorical", "role": "group"})  # fmt: skip
    keys = pd.Series([1, 2], dtype=np.uint64)
    scored = pd.DataFrame({0: [0.5, 0.4], 1: [0.5, 0.6], ROW_KEY: keys})
    known = pd.DataFrame({ROW_KEY: keys, "target": pd.Series(["yes", "no"], dtype="str")})
    with pytest.raises(InputError, match="column site: role group"):
        labelled(scored, known, classes(2, 0), contract, "group")
    found = labelled(scored, known.assign(site="a"), classes(2, 0), contract, "group")
    assert found is not None
    assert list(found[1]) == [0, 0]


def report(name: str = "batch.csv", **changed: object) -> BatchReport:
    assert AUC is not None
    shares: list[Mapping[str, Any]] = [{"bin": "≤ 1", "this": 0.7, "base": 0.5}]
    fine = BatchReport(
        name=name, rows=100, violations=[], columns=[], predictions=None, estimated=None,
        measured=[], labelled=0, metric="roc_auc", margin=0.02, remarks=[],
    )  # fmt: skip
    drift = ColumnDrift('a#ge"<b>', Shift(0.4, 1e-9), 1e-4, [dict(row) for row in shares])
    known: dict[str, Any] = {
        "columns": [drift], "labelled": 50,
        "measured": [ScoreChange(AUC, 0.9, 0.8, -0.15, -0.05)],
        "violations": [Violation("income", "null{s}", "nullable: false", 3, ("row 1",))],
    }  # fmt: skip
    return replace(fine, **{key: known[key] for key in changed})


def test_the_surest_alarm_comes_first_and_new_data_is_asked_for() -> None:
    all_of_it = report(columns=True, measured=True, labelled=True, violations=True)
    assert [alarm.kind for alarm in all_of_it.alarms] == ["measured", "contract", "columns"]
    assert page.variables([report(), all_of_it]) == "MONITOR_ALARM=yes\nMONITOR_REFRESH=yes\n"
    assert page.variables([report(violations=True)]) == "MONITOR_ALARM=yes\nMONITOR_REFRESH=no\n"
    assert page.variables([report()]) == "MONITOR_ALARM=no\nMONITOR_REFRESH=no\n"
    assert sum(LEVELS.values()) == pytest.approx(0.01)


SAMPLE = re.compile(r'(\w+)\{(\w+="(?:[^"\\\n]|\\["\\n])*"(?:,|(?=\})))+\} [-+.\de]+')


def test_figures_are_openmetrics_whatever_a_column_is_called() -> None:
    text = openmetrics.render([report(columns=True, measured=True, labelled=True)], "model-v1.0.0")
    *lines, end, last = text.split("\n")
    assert (end, last) == ("# EOF", "")
    declared = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    samples = [line for line in lines if not line.startswith("#")]
    assert [line for line in samples if not SAMPLE.fullmatch(line)] == []
    assert list(dict.fromkeys(line.partition("{")[0] for line in samples)) == declared
    assert 'column="a_ge\\"<b>",role="feature"} 0.4' in text
    assert 'kind="columns"} 1\n' in text
    assert 'kind="contract"} 0\n' in text


def test_page_and_issue_escape_what_comes_from_tables() -> None:
    reports = [report("<script>", columns=True, violations=True), report("b")]
    html = page.render(reports, "model-v1.0.0")
    assert "1 of 2 batches raised an alarm" in html
    assert "a#ge&#34;&lt;b&gt;" in html
    assert "<script></a>" not in html
    assert '`a#ge"<b>`' in page.issue(reports, "model-v1.0.0")


def test_cells_of_private_columns_are_not_told() -> None:
    (found,) = without_private(report(violations=True).violations, {"income"})
    assert found.examples == ()
    assert found.count == 3


def test_floats_are_what_shares_are() -> None:
    made: Floats = bins.of_predictions(np.linspace(0, 1, 101)).shares
    assert made.sum() == pytest.approx(1)
    of_classes = bins.of_classes(np.array([0, 1, 1, 1]), ("a", "b"))
    assert list(of_classes.shares) == [0.25, 0.75, 0, 0]
