"""The gate on what the default pipeline leaves, whole and broken, and on other revisions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from src.base.settings import load_settings
from src.gate.candidate import Files
from src.gate.decide import decide
from src.gate.decision import Decision, GateCheck, read_decision
from src.gate.settings import Gate
from tests.clone import Clone
from tests.gate import PATHS
from tests.pipeline.mutations import MUTATIONS

METRICS, DETAILS, PREDICTIONS, *_, CONTRACT, RESULT = PATHS
COMMIT = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qam")


@pytest.fixture
def at(built: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a built clone that is also the working directory."""
    monkeypatch.chdir(built.folder)
    return built


def gate(baseline: str = "") -> Decision:
    """Run the gate in the working directory."""

    return decide(Files(*map(Path, PATHS[:-1])), load_settings(Gate), baseline)


def found(decision: Decision, name: str) -> GateCheck:
    """Return the check of a name."""
    return next(check for check in decision.checks if check.check == name)


@pytest.mark.parametrize("case", MUTATIONS)
def test_a_mutation_is_caught_and_named(at: Clone, case: str) -> None:
    break_it, name, _ = MUTATIONS[case]
    break_it(at)
    decision = gate()
    assert decision.outcome == "failed"
    check = found(decision, name)
    assert check.outcome == "failed"
    assert any(part in check.reason for part in MUTATIONS[case][2].split("|"))


@pytest.mark.usefixtures("at")
def test_nothing_broken_passes() -> None:
    decision = gate("HEAD")
    assert [check for check in decision.checks if check.outcome != "passed"] == []
    assert decision.outcome == "passed"


def test_an_empty_gate_fails(at: Clone) -> None:
    text = at.read("params.yaml")
    start, end = text.index("  bounds:\n"), text.index("  no_regression:")
    at.write("params.yaml", f"{text[:start]}  bounds: {{}}\n{text[end:]}")
    assert found(gate(), "bounds").outcome == "failed"


def test_exit_statuses_and_the_file(built: Clone) -> None:
    command = ("python", "-m", "src.gate", *PATHS)
    ran = built.run(*command)
    assert ran.returncode == 0
    decision = read_decision(built.folder / RESULT)
    assert decision.outcome == "passed"
    assert set(decision.verifies) == {"dvc.lock", "params.yaml", METRICS, DETAILS}
    assert decision.test_set_reuse.decisions == 1
    assert built.run(*command, "--baseline", "no-such-revision").returncode == 1
    decision = read_decision(built.folder / RESULT)
    assert decision.outcome == "failed"
    assert decision.baseline is None
    built.edit("params.yaml", "inconclusive: fail", "inconclusive: perhaps")
    ran = built.run(*command)
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: params.yaml: gate.inconclusive")
    assert not (built.folder / RESULT).exists()


def test_a_regression_fails_and_a_changed_test_set_is_scored_anew(at: Clone) -> None:
    at.edit("params.yaml", "max_iter: 20", "max_iter: 1\n    max_leaf_nodes: 2")
    at.succeed("dvc", "repro", "--quiet")
    decision = gate("HEAD")
    assert decision.outcome == "failed"
    assert found(decision, "bounds.test.recall").outcome == "failed"
    assert found(decision, "no_regression").outcome == "failed"
    at.succeed("git", "checkout", "--quiet", ".")
    at.edit("params.yaml", "test_size: 0.25", "test_size: 0.4")
    at.succeed("dvc", "repro", "--quiet")
    check = found(gate("HEAD"), "no_regression")
    assert "was scored on the candidate's, without" in check.reason
    assert "on the same 133 rows" in check.reason
    weight = "columns:\n  counts: {kind: numeric, role: weight}"
    at.edit(CONTRACT, "columns:", weight)  # the baseline's rows had weights, this test set has none
    at.succeed("git", "commit", "--quiet", "--message", "weighted", "--", CONTRACT)
    at.succeed("git", "checkout", "--quiet", "HEAD~1", "--", CONTRACT)
    assert found(gate("HEAD"), "no_regression").reason == check.reason


def test_an_unavailable_baseline_is_inconclusive(at: Clone) -> None:
    at.edit("params.yaml", "max_iter: 20", "max_iter: 18")
    at.succeed("dvc", "repro", "--quiet")
    at.succeed(*COMMIT, "shorter")
    lost = at.succeed("git", "show", "HEAD~1:dvc.lock").split(f"path: {PREDICTIONS}\n")[1]
    digest = lost.split("md5: ")[1].split("\n")[0]
    (at.folder / ".dvc/cache/files/md5" / digest[:2] / digest[2:]).unlink()
    decision = gate("HEAD~1")
    assert decision.outcome == "inconclusive"
    assert "cannot be fetched" in found(decision, "no_regression").reason
    at.edit("params.yaml", "inconclusive: fail", "inconclusive: pass")
    assert gate("HEAD~1").outcome == "passed"


def test_a_shallow_clone_is_no_first_release(at: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    at.succeed(*COMMIT, "more", "--allow-empty")
    at.succeed("git", "clone", "--quiet", "--depth=1", f"file://{at.folder}", "shallow")
    monkeypatch.chdir(at.folder / "shallow")
    for name, message in {"": "fetch all of it", "HEAD~1": "This clone is shallow"}.items():
        check = found(gate(name), "baseline")
        assert check.outcome == "failed"
        assert message in check.reason


def test_the_last_release_is_the_baseline(at: Clone) -> None:
    at.succeed("git", "tag", "model-v1.0.0")
    assert found(gate(), "baseline").observed is None, "what is tagged is no baseline of itself"
    at.succeed(*COMMIT, "more", "--allow-empty")
    check = found(gate(), "baseline")
    assert (check.observed, check.warning) == ("model-v1.0.0", True)
    assert "still true" in check.reason
    at.succeed("git", "checkout", "--quiet", "--orphan", "other")
    at.succeed(*COMMIT, "no history")
    check = found(gate(), "baseline")
    assert check.outcome == "failed"
    assert "does not descend" in check.reason


def test_another_target_is_another_model(at: Clone) -> None:
    text = at.read(CONTRACT)
    at.edit(CONTRACT, "positive: malignant", "positive: benign")
    at.succeed(*COMMIT, "another positive class")
    at.write(CONTRACT, text)
    check = found(gate("HEAD"), "no_regression")
    assert check.outcome == "failed"
    assert "changed from benign to malignant" in check.reason


def test_test_set_reuse_is_counted_and_warns(at: Clone) -> None:
    for change in range(3):
        content = json.loads(at.read(DETAILS))
        content["test"]["log_loss"] = 0.1 + change / 100
        at.write(DETAILS, json.dumps(content))
        at.succeed(*COMMIT, "a decision")
    at.edit("params.yaml", "limit: 30", "limit: 3")
    check = found(gate(), "test_set_reuse")
    assert (check.observed, check.outcome, check.warning) == (4, "passed", True)


def test_make_names_the_same_paths_as_the_tests(built: Clone) -> None:
    text = built.read("Makefile").replace("\\\n", " ").replace("\t", " ")
    line = next(line for line in text.splitlines() if "-m src.gate" in line)
    assert line.split("src.gate", 1)[1].split()[: len(PATHS)] == PATHS


def test_without_metrics_the_tests_fail(built: Clone) -> None:
    (built.folder / METRICS).unlink()
    built.mark_environment()
    ran = built.run("make", "accuracy", "--old-file=checkout")
    assert ran.returncode == 2
    assert "skipped" not in ran.stdout
    assert "test_gate[metrics]" in ran.stdout


def test_without_a_decision_on_these_files_the_tests_fail(built: Clone) -> None:
    def refused(reason: str) -> None:
        ran = built.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/accuracy")
        assert ran.returncode == 1
        assert "1 failed" in ran.stdout
        assert "test_gate[gate]" in ran.stdout
        assert reason in ran.stdout

    refused("no such file")
    built.succeed("python", "-m", "src.gate", *PATHS)
    built.edit("params.yaml", "folds: 3", "folds: 6")
    refused("is not the file that the gate has judged")
