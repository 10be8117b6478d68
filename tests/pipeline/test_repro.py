"""The committed pipeline, as a newcomer and as a daily user run it."""

import json
import shutil
from pathlib import Path

import pytest

from src.base.settings import read_yaml
from tests.clone import Clone
from tools import project


def test_a_fresh_clone_reproduces_what_is_committed_to_the_byte(tmp_path: Path) -> None:
    """This project's own table, parameters and dvc.lock, whatever they are now."""
    project.copy_project(tmp_path)
    for tracked in (project.ROOT / "data/raw").glob("*.dvc"):
        shutil.copy2(tracked.with_suffix(""), tmp_path / "data/raw")
    fresh = Clone(tmp_path)
    # What a search has found is in git, and stays as long as what it follows from does.
    stages = [name for name in read_yaml(tmp_path / "dvc.yaml")["stages"] if name != "search"]
    assert fresh.ran(fresh.succeed("dvc", "repro", ORDINARY="yes")) == stages
    assert fresh.status() == ""
    again = fresh.succeed("dvc", "repro")
    assert fresh.ran(again) == []
    assert "Data and pipelines are up to date." in again
    assert "up to date" in fresh.succeed("dvc", "status")


def test_the_model_beats_the_dummy(built: Clone) -> None:
    metrics = json.loads(built.read("metrics/details.json"))
    assert metrics["test"]["interval"]["roc_auc"]["low"] > metrics["dummy"]["roc_auc"]
    assert metrics["test"]["log_loss"] < metrics["dummy"]["log_loss"]


@pytest.mark.parametrize(
    ("file", "old", "new", "stages"),
    [
        ("params.yaml", "test_size: 0.25", "test_size: 0.3",
         ["prepare", "search", "train", "evaluate"]),
        ("params.yaml", "max_iter: 20", "max_iter: 10", ["search", "train", "evaluate"]),
        ("params.yaml", "folds: 3", "folds: 2", ["search", "train", "evaluate"]),
        ("params.yaml", "final: ensemble", "final: refit", ["train", "evaluate"]),
        ("params.yaml", "confidence: 0.95         # of each", "confidence: 0.9  #", ["evaluate"]),
        ("params.yaml", "columns: [mean_area]", "columns: []", ["evaluate"]),
        ("params.yaml", "repeats: 1", "repeats: 2", ["evaluate"]),
        ("params.yaml", "prepare:", "# a comment\nprepare:", []),
        ("src/evaluate/slices.py", "(null)", "(none)", ["evaluate"]),
        ("src/gate/settings.py", "Section ``gate`` of", "The section ``gate`` of", []),
        ("src/results/intervals.py", "Intervals of scores", "The intervals", ["evaluate"]),
        ("data/schema.yaml", "licence: CC BY 4.0", "licence: CC-BY-4.0",
         ["prepare", "search", "train", "evaluate"]),
    ],
)  # fmt: skip
def test_a_change_reruns_exactly_the_stages_it_touches(
    built: Clone, file: str, old: str, new: str, stages: list[str]
) -> None:
    built.edit(file, old, new)
    ran = built.ran(built.succeed("dvc", "repro"))
    # A stage whose inputs come out the same is not run: prepare's files do not change with a
    # comment in the contract, but train and evaluate read the contract themselves.
    assert ran == stages


@pytest.mark.parametrize(
    ("folder", "users"),
    [
        ("base", ["prepare", "search", "train", "evaluate"]),
        ("tables", ["prepare"]),
        ("modelling", ["search", "train", "evaluate"]),
        ("fitting", ["search", "train"]),
        ("saving", ["train", "evaluate"]),
        ("search", ["search"]),
        ("results", ["evaluate"]),
        ("repository", []),
        ("gate", []),
        ("ingest", ["ingest"]),
    ],
)
def test_a_change_of_a_folder_makes_exactly_its_users_stale(
    built: Clone, folder: str, users: list[str]
) -> None:
    built.write(f"src/{folder}/__init__.py", '"""Changed."""\n')
    status = json.loads(built.succeed("dvc", "status", "--json"))
    assert list(status) == users


def test_users_commands_work(built: Clone) -> None:
    built.edit("params.yaml", "max_iter: 20", "max_iter: 10")
    built.succeed("dvc", "repro", "--quiet")
    assert "max_iter" in built.succeed("dvc", "params", "diff")
    assert "log_loss" in built.succeed("dvc", "metrics", "diff")
    assert "roc_auc" in built.succeed("dvc", "metrics", "show")
    drawn = built.run("dvc", "plots", "diff", "HEAD")
    assert (drawn.returncode, drawn.stderr) == (0, "")
    page = built.read("dvc_plots/index.html")
    for title in ("ROC curve", "Calibration", "Confusion matrix", "Permutation importance"):
        assert title in page


def test_experiments_run_and_show(built: Clone) -> None:
    built.succeed("dvc", "exp", "run", "-S", "train.hyperparameters.max_iter=10", "-n", "short")
    assert "short" in built.succeed("dvc", "exp", "show", "--csv")
    assert "max_iter: 10" in built.read("params.yaml")
    assert json.loads(built.read("metrics/details.json"))["test"]["rows"] == 133


def test_an_older_model_comes_back_from_the_cache(built: Clone) -> None:
    old = (built.folder / "src/models/model.skops").read_bytes()
    built.edit("params.yaml", "max_iter: 20", "max_iter: 10")
    built.succeed("dvc", "repro", "--quiet")
    built.succeed("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qam", "shorter")
    assert (built.folder / "src/models/model.skops").read_bytes() != old
    built.succeed("git", "checkout", "--quiet", "HEAD~1")
    built.succeed("dvc", "checkout", "--quiet")
    assert (built.folder / "src/models/model.skops").read_bytes() == old
    assert built.ran(built.succeed("dvc", "repro")) == []
