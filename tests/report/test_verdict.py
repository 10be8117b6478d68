"""The gate's decision as the report takes it: on these files, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from src.gate.decision import GateCheck, write_decision
from src.report.verdict import Verdict, read_verdict
from tests.report.decisions import JUDGED, PAIRED, decision


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """Return a folder with the files that a decision is about, and the decision."""
    for name in JUDGED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("as judged")
    write_decision(decision(tmp_path), tmp_path / "gate.json")
    return tmp_path


def test_a_fresh_decision_is_shown(judged: Path) -> None:
    verdict = read_verdict(judged / "gate.json", judged)
    assert (verdict.status, verdict.baseline) == ("passed", "no baseline")
    assert verdict.reuse == "This test set has decided 3 times; its limit is 20."
    assert verdict.paired == PAIRED


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "null", '{"outcome": "passed"}', '{"status": "passed"}'],
)
def test_what_is_no_decision_is_never_green(tmp_path: Path, text: str) -> None:
    assert read_verdict(tmp_path / "gate.json", tmp_path) == Verdict("missing")
    (tmp_path / "gate.json").write_text(text)
    verdict = read_verdict(tmp_path / "gate.json", tmp_path)
    assert verdict.status == "missing"
    assert "gate.json" in verdict.advice
    assert "make gate" in verdict.advice


@pytest.mark.parametrize("file", JUDGED)
def test_a_decision_on_other_files_is_void(judged: Path, file: str) -> None:
    (judged / file).write_text("changed")
    assert read_verdict(judged / "gate.json", judged).status == "stale"
    switched = read_verdict(judged / "gate.json", judged, switched=True)
    assert (switched.status, "`dvc checkout`" in switched.advice) == ("switched", True)
    (judged / file).unlink()
    assert read_verdict(judged / "gate.json", judged).status == "stale"


def test_a_decision_that_contradicts_its_checks_is_none(judged: Path) -> None:
    failed = GateCheck(check="x", kind="bound", outcome="failed", reason="")
    for checks in ((failed,), ()):
        write_decision(decision(judged, checks=checks), judged / "gate.json")
        assert read_verdict(judged / "gate.json", judged).status == "missing"
