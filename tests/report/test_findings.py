"""What a reviewer reads first."""

import pytest

from src.gate.decision import GateCheck
from src.report.compare import Score, ScoreComparison, Slice
from src.report.data import Data
from src.report.findings import findings, moved
from src.report.trend import version
from src.report.verdict import Verdict
from src.repository.changes import Change
from src.results.intervals import Difference
from tests.report.decisions import PAIRED, decision

NO_DATA = Data([], [], [], [])
BOUND = GateCheck(check="b", kind="bound", outcome="passed", reason="Fine.", paths=("test.recall",))


def worse(name: str) -> ScoreComparison:
    paired = Difference(-0.2, -0.3, -0.1, 0.1)
    return ScoreComparison(name, Score(0.3, 0.2, 0.4), Score(0.5, 0.4, 0.6), paired)


def verdict(*checks: GateCheck) -> Verdict:
    return Verdict("passed", decision(checks=checks or (BOUND,)))


@pytest.mark.parametrize(
    ("paths", "covered"),
    [
        (("test.recall",), True),
        (("recall",), True),
        (("test.interval.recall.low",), True),
        (("train.recall", "test.recall"), True),
        (("train.recall",), False),
        (("slices.site.*.recall",), False),
        (("test.recall_macro",), False),
    ],
)
def test_a_score_is_covered_by_the_bounds_that_look_at_it(
    paths: tuple[str, ...], covered: bool
) -> None:
    check = BOUND.model_copy(update={"paths": paths})
    (found,) = moved(verdict(check), [worse("recall")], {}, same_rows=True)
    assert found.covered == covered


def test_a_slice_is_covered_by_a_bound_on_its_column() -> None:
    parts = {"site": [Slice("north", 30, 30, [worse("recall")])]}
    (found,) = moved(verdict(), [], parts, same_rows=True)
    assert not found.covered
    check = BOUND.model_copy(update={"paths": ("slices.site.*.recall",)})
    (found,) = moved(verdict(check), [], parts, same_rows=True)
    assert (found.covered, found.where) == (True, "site = north")


def test_what_no_check_covers_is_said_with_its_figures() -> None:
    changed = moved(verdict(), [worse("recall"), worse("f1")], {}, same_rows=True)
    said = [one.sentence for one in findings(verdict(), changed, None, NO_DATA, [])]
    minus = "\N{MINUS SIGN}"
    figures = f"0.5 → 0.3 ({minus}0.2, {minus}0.3 to {minus}0.1)"
    assert said[1] == f"Worse: F1 {figures}; no check covers it."
    assert said[2] == f"Worse: recall {figures}."


def test_a_change_on_common_rows_stands_beside_no_scores_of_other_rows() -> None:
    (one,) = moved(verdict(), [worse("recall")], {}, same_rows=False)
    minus = "\N{MINUS SIGN}"
    expected = f"recall by {minus}0.2 ({minus}0.3 to {minus}0.1) on the rows of both test sets"
    assert str(one) == expected


def test_a_gate_that_asks_for_something_else_is_said_first() -> None:
    params = [
        Change("train.a", "1", "2"), Change("train.b", None, "2"), Change("train.c", "1", "null"),
        Change("train.d", "1", "2"), Change("train.e", "1", "2"),
        Change("gate.bounds.test.recall.min", "0.9", None),
    ]  # fmt: skip
    found = findings(verdict(), [], None, NO_DATA, params)
    assert [one.sentence for one in found[1:]] == [
        "The gate asks for something else: `gate.bounds.test.recall.min` removed, was 0.9.",
        "What changed: `train.a` 1 → 2; `train.b` added, 2; `train.c` 1 → null; and 2 more "
        "parameters.",
    ]
    assert found[1].kind == "bad"


def test_what_stopped_the_gate_comes_first_with_its_figures() -> None:
    lost = PAIRED.model_copy(update={"difference": -0.05, "low": -0.07, "high": -0.03})
    checks = (
        BOUND,
        GateCheck(check="n", kind="no_regression", outcome="failed", reason="x", paired=lost),
        GateCheck(check="i", kind="integrity", outcome="failed", reason="y"),
    )
    found = findings(Verdict("failed", decision(outcome="failed", checks=checks)), [], None,
                     NO_DATA, [])  # fmt: skip
    assert found[0].kind == "bad"
    assert "`n` failed: roc_auc 0.99 is 0.05 worse than the baseline's" in found[0].sentence
    assert "the loss is beyond the margin. 1 more did not pass." in found[0].sentence


def test_a_version_without_a_leading_score_is_none() -> None:
    interval = {"roc_auc": {"low": 0.8, "high": 0.9}}
    test = {"roc_auc": 0.85, "rows": 9, "hash": "x", "interval": interval}
    lock = {"stages": {"train": {"outs": [{"path": "src/models/model.skops", "size": 7}]}}}
    found = version("model-v1.0.0", {"test": test}, lock)
    assert found is not None
    assert (found.score.value, found.model_bytes, found.score.metric) == (0.85, 7, "roc_auc")
    parts: tuple[object, ...] = ({}, test | {"roc_auc": None}, "x", None)
    assert [version("v", {"test": broken}, lock) for broken in parts] == [None] * 4
    assert version("v", {}, lock) is None
