"""Break what the default pipeline leaves, and see which check of the gate names it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from src import params
from src.gate.candidate import Files
from src.gate.check import Check
from src.gate.decide import Decision, decide
from src.gate.integrity import md5
from tests.accuracy.test_gate import PATHS
from tests.clone import Clone

METRICS, PREDICTIONS, MODEL, TRAIN, TEST, CONTRACT, RESULT = PATHS
ACTUAL, BENIGN, MALIGNANT = "actual", "probability_benign", "probability_malignant"
COMMIT = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qam")


def relock(clone: Clone, path: str) -> None:
    """Let dvc.lock record a file as it is now, as whoever forges it would."""
    *_, before = (
        line.split()[-1]
        for block in clone.read("dvc.lock").split("- path: ")
        if block.startswith(f"{path}\n")
        for line in block.splitlines()
        if line.strip().startswith("md5:")
    )
    after = md5(clone.folder / path)
    assert after is not None
    clone.write("dvc.lock", clone.read("dvc.lock").replace(before, after))


def predictions(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Clone], None]:
    """Change the predictions and forge dvc.lock."""

    def apply(clone: Clone) -> None:
        path = clone.folder / PREDICTIONS
        change(pd.read_parquet(path)).to_parquet(path, index=False)
        relock(clone, PREDICTIONS)

    return apply


def metrics(change: Callable[[Any], object], *, forge: bool = True) -> Callable[[Clone], None]:
    """Change metrics.json and, unless told otherwise, forge dvc.lock."""

    def apply(clone: Clone) -> None:
        content = json.loads(clone.read(METRICS))
        change(content)
        clone.write(METRICS, json.dumps(content, indent=2))
        if forge:
            relock(clone, METRICS)

    return apply


def swap_labels(frame: pd.DataFrame) -> pd.DataFrame:
    other = {"benign": "malignant", "malignant": "benign"}
    return frame.assign(actual=frame[ACTUAL].map(other))


def swap_probabilities(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{BENIGN: frame[MALIGNANT], MALIGNANT: frame[BENIGN]})


def foresee(frame: pd.DataFrame) -> pd.DataFrame:
    sure = (frame[ACTUAL] == "malignant").astype(float)
    return frame.assign(predicted=frame[ACTUAL], **{BENIGN: 1 - sure, MALIGNANT: sure})


def foresee_everywhere(clone: Clone) -> None:
    """Forge predictions, the scores that follow from them, and dvc.lock."""
    predictions(foresee)(clone)
    perfect = dict.fromkeys(["log_loss", "brier_score"], 0.0)
    metrics(lambda content: content["test"].update(
        {name: perfect.get(name, 1.0) for name in content["test"]["interval"]}
        | {"log_loss": 2.22045e-16}
    ))(clone)  # fmt: skip


def another_model(clone: Clone, *, forge: bool) -> None:
    """Train with another knob, put the knob back, do not evaluate."""
    clone.edit("params.yaml", "max_iter: 100", "max_iter: 5")
    clone.succeed("python", "-m", "src.train", TRAIN, CONTRACT, MODEL, "metrics/folds")
    clone.edit("params.yaml", "max_iter: 5", "max_iter: 100")
    clone.succeed("git", "checkout", "--quiet", "metrics/folds")
    if forge:
        relock(clone, MODEL)


def lower_a_slice(content: Any) -> None:  # noqa: ANN401 - JSON
    next(iter(content["slices"]["mean_area"].values()))["accuracy"] = 0.7


def settings(old: str, new: str) -> Callable[[Clone], None]:
    """Change the section gate of params.yaml."""
    return lambda clone: clone.edit("params.yaml", old, new)


def remove(path: str) -> Callable[[Clone], None]:
    """Delete a file."""
    return lambda clone: (clone.folder / path).unlink()


MUTATIONS: dict[str, tuple[Callable[[Clone], None], str, str]] = {
    "labels swapped": (predictions(swap_labels), "test_set", "another test set"),
    "one label flipped": (
        predictions(lambda frame: pd.concat([swap_labels(frame[:1]), frame[1:]])),
        "test_set", "another test set",
    ),
    "rows dropped": (predictions(lambda frame: frame[:-9]), "test_set", "115 rows"),
    "rows doubled": (
        predictions(lambda frame: pd.concat([frame, frame[:5]])), "test_set", "129 rows",
    ),
    "rows in another order": (predictions(lambda frame: frame[::-1]), "test_set", "order"),
    "a NaN probability": (
        predictions(lambda frame: frame.assign(**{BENIGN: frame[BENIGN].where(frame.index > 0)})),
        "predictions", "holds nulls",
    ),
    "probabilities swapped": (predictions(swap_probabilities), "predictions", "most probable"),
    "probabilities doubled": (
        predictions(lambda frame: frame.assign(**{BENIGN: 2 * frame[BENIGN]})),
        "predictions", "sum to one",
    ),
    "an unknown class": (
        predictions(lambda frame: frame.assign(actual="unsure")), "predictions", "unknown classes",
    ),
    "a column renamed": (
        predictions(lambda frame: frame.rename(columns={MALIGNANT: "probability"})),
        "predictions", "found the columns",
    ),
    "predictions that know the truth": (predictions(foresee), "scores", "do not follow|does not"),
    "predictions and scores forged together": (foresee_everywhere, "model", "does not give"),
    "predictions missing": (remove(PREDICTIONS), "predictions", "cannot be read"),
    "a metric renamed": (
        metrics(lambda content: content["test"].update(auc=content["test"].pop("roc_auc"))),
        "bounds.test.roc_auc", "no such number",
    ),
    "a metric null": (
        metrics(lambda content: content["test"].update(roc_auc=None)),
        "bounds.test.roc_auc", "Not a finite number",
    ),
    "a metric NaN": (
        metrics(lambda content: content["test"].update(recall=float("nan"))),
        "bounds.test.recall", "Not a finite number",
    ),
    "a metric as text": (
        metrics(lambda content: content["test"].update(recall="0.99")),
        "bounds.test.recall", "Not a finite number",
    ),
    "a metric below its bound": (
        metrics(lambda content: content["test"].update(recall=0.5)),
        "bounds.test.recall", "breaks the bound",
    ),
    "one slice lowered": (
        metrics(lower_a_slice), "bounds.slices.mean_area.*.accuracy", "416.2 to 542.9",
    ),
    "slices removed": (
        metrics(lambda content: content["slices"].clear()),
        "bounds.slices.mean_area.*.accuracy", "no such number",
    ),
    "metrics edited by hand": (
        metrics(lambda content: content["test"].update(roc_auc=0.995), forge=False),
        "lock.outputs", METRICS,
    ),
    "metrics and dvc.lock edited by hand": (
        metrics(lambda content: content["test"].update(roc_auc=0.995)), "scores", "roc_auc 0.995",
    ),
    "an interval end edited by hand": (
        metrics(lambda content: content["test"]["interval"]["roc_auc"].update(low=0.98),
                forge=False),
        "lock.outputs", METRICS,
    ),
    "another test set's hash": (
        metrics(lambda content: content["test"].update(hash="0" * 64)), "test_set", "000000000000",
    ),
    "metrics missing": (remove(METRICS), "metrics", "cannot be read"),
    "metrics no JSON": (lambda clone: clone.write(METRICS, "{"), "metrics", "no JSON"),
    "metrics a list": (lambda clone: clone.write(METRICS, "[]"), "metrics", "JSON object"),
    "a plot's data edited": (
        lambda clone: clone.write("metrics/plots/roc.csv", "fpr,tpr\n0,1\n"),
        "lock.outputs", "metrics/plots",
    ),
    "the model replaced": (
        lambda clone: another_model(clone, forge=False), "lock.outputs", MODEL,
    ),
    "the model and dvc.lock replaced": (
        lambda clone: another_model(clone, forge=True), "model", "does not give",
    ),
    "the model missing": (remove(MODEL), "lock.outputs", f"{MODEL} is missing"),
    "the model too large": (
        settings("5_000_000", "5_000"), "budgets.model_bytes", "bytes",
    ),
    "a knob turned without dvc repro": (
        settings("max_iter: 100", "max_iter: 99"), "lock.inputs", "section train",
    ),
    "code changed without dvc repro": (
        lambda clone: clone.edit("src/scores.py", "How good", "How very good"),
        "lock.inputs", "src/scores.py",
    ),
    "the positive class exchanged": (
        lambda clone: clone.edit(CONTRACT, "positive: malignant", "positive: benign"),
        "lock.inputs", CONTRACT,
    ),
    "dvc.lock missing": (remove("dvc.lock"), "lock", "no such file"),
    "an unknown metric bounded": (
        settings("test.roc_auc: {min: 0.97}", "test.roc_acu: {min: 0.97}"),
        "bounds.test.roc_acu", "did you mean 'test.roc_auc'",
    ),
    "no release and no bootstrap": (
        settings("bootstrap: true", "bootstrap: false"), "baseline", "gate.bootstrap",
    ),
}  # fmt: skip


@pytest.fixture
def at(built: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a built clone that is also the working directory."""
    monkeypatch.chdir(built.folder)
    return built


def gate(baseline: str = "") -> Decision:
    """Run the gate in the working directory."""

    return decide(Files(*map(Path, PATHS[:-1])), params.load(params.Gate), baseline)


def found(decision: Decision, name: str) -> Check:
    """Return the check of a name."""
    return next(check for check in decision.checks if check.name == name)


@pytest.mark.parametrize("case", MUTATIONS)
def test_a_mutation_is_caught_and_named(at: Clone, case: str) -> None:
    break_it, name, _ = MUTATIONS[case]
    break_it(at)
    decision = gate()
    assert decision.status == "failed"
    check = found(decision, name)
    assert check.status == "failed"
    assert any(part in check.sentence for part in MUTATIONS[case][2].split("|"))


@pytest.mark.usefixtures("at")
def test_nothing_broken_passes() -> None:
    decision = gate("HEAD")
    assert [check for check in decision.checks if check.status != "passed"] == []
    assert decision.status == "passed"


def test_an_empty_gate_fails(at: Clone) -> None:
    text = at.read("params.yaml")
    start, end = text.index("  bounds:\n"), text.index("  no_regression:")
    at.write("params.yaml", f"{text[:start]}  bounds: {{}}\n{text[end:]}")
    assert found(gate(), "bounds").status == "failed"


def test_exit_statuses_and_the_file(built: Clone) -> None:
    command = (sys.executable, "-m", "src.gate", *PATHS)
    ran = built.run(*command)
    assert ran.returncode == 0
    content = json.loads(built.read(RESULT))
    assert content["status"] == "passed"
    assert set(content["verifies"]) == {"dvc.lock", "params.yaml", METRICS}
    assert content["wear"]["decisions"] == 1
    assert built.run(*command, "no-such-revision").returncode == 1
    content = json.loads(built.read(RESULT))
    assert content["status"] == "failed"
    assert content["baseline"] is None
    built.edit("params.yaml", "undecided: fail", "undecided: perhaps")
    ran = built.run(*command)
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: params.yaml: gate.undecided")
    assert not (built.folder / RESULT).exists()


def test_a_regression_fails_and_a_changed_test_set_is_scored_anew(at: Clone) -> None:
    at.edit("params.yaml", "max_iter: 100", "max_iter: 1\n    max_leaf_nodes: 2")
    at.succeed("dvc", "repro", "--quiet")
    decision = gate("HEAD")
    assert decision.status == "failed"
    assert found(decision, "bounds.test.recall").status == "failed"
    assert found(decision, "no_regression").status == "failed"
    at.succeed("git", "checkout", "--quiet", ".")
    at.edit("params.yaml", "test_size: 0.25", "test_size: 0.4")
    at.succeed("dvc", "repro", "--quiet")
    check = found(gate("HEAD"), "no_regression")
    assert "was scored on the candidate's, without" in check.sentence
    assert "on the same 124 rows" in check.sentence


def test_an_unavailable_baseline_is_undecided(at: Clone) -> None:
    at.edit("params.yaml", "max_iter: 100", "max_iter: 50")
    at.succeed("dvc", "repro", "--quiet")
    at.succeed(*COMMIT, "shorter")
    lost = at.succeed("git", "show", "HEAD~1:dvc.lock").split(f"path: {PREDICTIONS}\n")[1]
    digest = lost.split("md5: ")[1].split("\n")[0]
    (at.folder / ".dvc/cache/files/md5" / digest[:2] / digest[2:]).unlink()
    decision = gate("HEAD~1")
    assert decision.status == "undecided"
    assert "cannot be fetched" in found(decision, "no_regression").sentence
    at.edit("params.yaml", "undecided: fail", "undecided: pass")
    assert gate("HEAD~1").status == "passed"


def test_a_shallow_clone_is_no_first_release(at: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    at.succeed(*COMMIT, "more", "--allow-empty")
    at.succeed("git", "clone", "--quiet", "--depth=1", f"file://{at.folder}", "shallow")
    monkeypatch.chdir(at.folder / "shallow")
    for name, message in {"": "fetch all of it", "HEAD~1": "This clone is shallow"}.items():
        check = found(gate(name), "baseline")
        assert check.status == "failed"
        assert message in check.sentence


def test_the_last_release_is_the_baseline(at: Clone) -> None:
    at.succeed("git", "tag", "model-v1")
    check = found(gate(), "baseline")
    assert (check.observed, check.warning) == ("model-v1", True)
    assert "still true" in check.sentence
    at.succeed("git", "checkout", "--quiet", "--orphan", "other")
    at.succeed(*COMMIT, "no history")
    check = found(gate(), "baseline")
    assert check.status == "failed"
    assert "does not descend" in check.sentence


def test_another_target_is_another_model(at: Clone) -> None:
    text = at.read(CONTRACT)
    at.edit(CONTRACT, "positive: malignant", "positive: benign")
    at.succeed(*COMMIT, "another positive class")
    at.write(CONTRACT, text)
    check = found(gate("HEAD"), "no_regression")
    assert check.status == "failed"
    assert "changed from benign to malignant" in check.sentence


def test_wear_is_counted_and_warns(at: Clone) -> None:
    for change in range(3):
        content = json.loads(at.read(METRICS))
        content["test"]["log_loss"] = 0.1 + change / 100
        at.write(METRICS, json.dumps(content))
        at.succeed(*COMMIT, "a decision")
    at.edit("params.yaml", "limit: 30", "limit: 3")
    check = found(gate(), "wear")
    assert (check.observed, check.status, check.warning) == (4, "passed", True)


def test_make_names_the_same_paths_as_the_tests(built: Clone) -> None:
    text = built.read("Makefile").replace("\\\n", " ").replace("\t", " ")
    line = next(line for line in text.splitlines() if "-m src.gate" in line)
    assert line.split("src.gate", 1)[1].split()[: len(PATHS)] == PATHS


def test_without_metrics_the_tests_fail(built: Clone) -> None:
    (built.folder / METRICS).unlink()
    ran = built.run("pytest", "-q", "-p", "no:cacheprovider", "tests/accuracy")
    assert ran.returncode == 1
    assert "skipped" not in ran.stdout
    (built.folder / "params.yaml").unlink()
    ran = built.run("pytest", "-q", "-p", "no:cacheprovider", "tests/accuracy")
    assert ran.returncode == 1
    assert "The gate cannot run" in ran.stdout
