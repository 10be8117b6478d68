"""What the monitor compares, and what it calls an alarm; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from src.base.contract import ROW_KEY
from src.base.errors import InputError
from src.modelling.metrics import find, quick_score
from src.modelling.predictions import Floats, Predictions
from src.monitor import bins, openmetrics, page
from src.monitor.alarms import LEVELS, BatchReport, ColumnDrift, without_private
from src.monitor.estimated import calibrate, calibration_gap, estimated
from src.monitor.labels import keys_of, labelled, read_labels
from src.monitor.measured import measured
from src.monitor.scores import ScoreChange
from src.monitor.shift import Shift
from src.tables.convert import Violation
from tests.tables import make_contract

ROWS = 4_000
AUC, R2 = find("roc_auc"), find("r2")


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
