"""What the gate writes is what everyone reads."""

import json
from pathlib import Path

import pytest

from src.base.errors import InputError
from src.base.files import sha256
from src.gate.decision import Decision, GateCheck, Reuse, read_decision, write_decision
from tests.report.decisions import PAIRED


def decided(**changes: object) -> Decision:
    checks = (
        GateCheck(check="a", kind="integrity", outcome="passed", reason="Fine."),
        GateCheck(check="b", kind="baseline", outcome="passed", reason="None yet.", warning=True),
        GateCheck(
            check="no_regression", kind="no_regression", outcome="passed", observed=0.1,
            bound="above -0.02", reason="Better.", paired=PAIRED,
        ),
    )  # fmt: skip
    content: dict[str, object] = {
        "outcome": "passed",
        "verifies": {},
        "baseline": None,
        "checks": checks,
        "test_set_reuse": Reuse(test_hash="ab", decisions=2, limit=30),
    }
    return Decision.model_validate(content | changes)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_decision(decided(), tmp_path / "gate.json")
    assert read_decision(tmp_path / "gate.json") == decided()


def test_a_warning_is_no_pass_and_comes_first() -> None:
    assert [check.shown for check in decided().ordered()] == ["warning", "passed", "passed"]


def test_the_paired_comparison_is_found_whatever_its_check_is_called() -> None:
    named = GateCheck(check="x", kind="bound", outcome="passed", reason="", paired=PAIRED)
    assert decided().paired() == decided(checks=(named,)).paired() == PAIRED
    assert decided(checks=decided().checks[:2]).paired() is None


def test_files_that_changed_are_named(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_text("as judged")
    made = decided(verifies={"dvc.lock": sha256(tmp_path / "dvc.lock"), "gone": None})
    assert made.changed_files(tmp_path) == []
    (tmp_path / "dvc.lock").write_text("changed")
    (tmp_path / "gone").write_text("back")
    assert made.changed_files(tmp_path) == ["dvc.lock", "gone"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "fine"}, "outcome: .*make gate"),
        ({"checks": []}, "says passed, but no check did.*make gate"),
        ({"outcome": None}, "outcome"),
    ],
)
def test_what_the_gate_never_writes_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "gate.json"
    path.write_text(json.dumps(decided().model_dump() | change))
    with pytest.raises(InputError, match=message):
        read_decision(path)


def test_a_passed_gate_with_a_failed_check_is_refused(tmp_path: Path) -> None:
    failed = GateCheck(check="bounds.x", kind="bound", outcome="failed", reason="No.")
    write_decision(decided(checks=(failed,)), tmp_path / "gate.json")
    with pytest.raises(InputError, match=r"says passed, but bounds\.x did not"):
        read_decision(tmp_path / "gate.json")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_file_names_the_command_that_remakes_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "gate.json"
    path.write_text(content)
    with pytest.raises(InputError, match=f"{path}: .*`make gate`"):
        read_decision(path)
