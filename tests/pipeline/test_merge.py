"""Merging branches whose results both changed."""

from pathlib import Path

import pytest

from src.repository import dvc_lock as lock
from tests.clone import Clone
from tests.shared import built_once, copied

MERGE = ("python", "-m", "src.merge", "--source")


def change(clone: Clone, branch: str, old: str, new: str) -> None:
    """Commit a changed parameter and what it gives, on a branch that starts at main."""
    clone.succeed("git", "checkout", "--quiet", "-b", branch, "main")
    clone.edit("params.yaml", old, new)
    clone.succeed("dvc", "repro", "--quiet")
    clone.commit(branch)


def reproduces(clone: Clone, *, force: bool = False) -> None:
    """See that the commit holds what its code, parameters and data give, and nothing else.

    With ``force`` all of it is built once more, which takes its time.
    """
    assert clone.status() == ""
    assert clone.succeed("dvc", "status", "--json") == "{}\n"
    assert lock.differences(lock.outputs(clone.folder), clone.folder) == {}
    recorded = clone.succeed("git", "ls-files", "--stage")
    clone.succeed("dvc", "repro", "--quiet", *(["--force"] if force else []))
    assert (clone.status(), clone.succeed("git", "ls-files", "--stage")) == ("", recorded)
    marked = clone.run("git", "grep", "-lE", "^(<<<<<<<|>>>>>>>) ")
    assert marked.stdout == ""


@pytest.fixture(scope="session")
def two_branches(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone on a branch that changed one parameter, beside another that changed one."""

    def build(folder: Path) -> None:
        clone = Clone(copied(template, folder))
        change(clone, "rate", "learning_rate: 0.3", "learning_rate: 0.2")
        change(clone, "leaves", "l2_regularization: 1.0", "l2_regularization: 2.0")

    return built_once(tmp_path_factory, "two_branches", build)


@pytest.fixture
def two(two_branches: Path, tmp_path: Path) -> Clone:
    return Clone(copied(two_branches, tmp_path / "clone"))


@pytest.fixture
def one(template: Path, tmp_path: Path) -> Clone:
    return Clone(copied(template, tmp_path / "clone"))


def test_only_the_results_conflict_and_they_stay_whole(two: Clone) -> None:
    before = {path: two.read(path) for path in ("dvc.lock", "metrics/metrics.json")}
    ran = two.run("git", "merge", "rate")
    assert ran.returncode == 1
    unmerged = set(two.succeed("git", "diff", "--name-only", "--diff-filter=U").split())
    assert {"dvc.lock", "metrics/metrics.json"} <= unmerged
    assert all(
        name == "dvc.lock" or name.startswith(("metrics/", "src/models/")) for name in unmerged
    )
    assert len(unmerged) <= 12
    assert {path: two.read(path) for path in before} == before
    assert "learning_rate: 0.2" in two.read("params.yaml")


@pytest.mark.parametrize("by_hand", [False, True])
def test_two_branches_that_each_changed_a_parameter(two: Clone, by_hand: bool) -> None:
    if by_hand:
        assert two.run("git", "merge", "rate").returncode == 1
    printed = two.succeed(*MERGE, "" if by_hand else "rate")
    against = [line for line in printed.splitlines() if line.startswith("Test set against ")]
    assert len(against) == 2
    assert "  log_loss " in printed
    assert len(two.succeed("git", "rev-list", "--parents", "-1", "HEAD").split()) == 3
    text = two.read("params.yaml")
    assert "learning_rate: 0.2" in text
    assert "l2_regularization: 2.0" in text
    reproduces(two)


def test_what_people_edit_is_left_to_them(one: Clone) -> None:
    change(one, "slow", "learning_rate: 0.3", "learning_rate: 0.01")
    change(one, "fast", "learning_rate: 0.3", "learning_rate: 0.4")
    for _ in range(2):
        ran = one.run(*MERGE, "slow")
        assert ran.returncode == 1
        assert "Conflicts in params.yaml: edit and `git add` them" in ran.stdout
        assert "<<<<<<< " in one.read("params.yaml")
        assert "<<<<<<< " not in one.read("dvc.lock")
    one.succeed("git", "add", "params.yaml")
    assert "Conflicts in params.yaml" in one.run(*MERGE, "").stdout, "markers that were added"
    text = one.read("params.yaml").splitlines()
    kept = [line for line in text if (line[:7] not in ("<<<<<<<", "=======", ">>>>>>>")
            and "0.01" not in line.split("#")[0]) or "seconds_per_row" in line]  # fmt: skip
    one.write("params.yaml", "\n".join(kept) + "\n")
    one.succeed("git", "add", "params.yaml")
    one.succeed(*MERGE, "")
    assert "learning_rate: 0.4" in one.read("params.yaml")
    reproduces(one)


def test_a_rebase_of_several_commits(two: Clone) -> None:
    two.edit("params.yaml", "folds: 3", "folds: 2")
    two.succeed("dvc", "repro", "--quiet")
    two.commit("fewer folds")
    assert two.run("git", "rebase", "rate").returncode == 1
    two.succeed(*MERGE, "")
    assert two.succeed("git", "log", "--format=%s", "-3").split("\n")[:3] == [
        "fewer folds", "leaves", "rate",
    ]  # fmt: skip
    reproduces(two)
    two.succeed("git", "checkout", "--quiet", "HEAD~1")
    two.succeed("dvc", "checkout", "--quiet")
    reproduces(two, force=True)


def test_the_data_of_both_sides(one: Clone) -> None:
    table = one.folder / "data/raw/extra.csv"
    one.write("data/raw/extra.csv", "a\n1\n")
    one.succeed("dvc", "add", "--quiet", "data/raw/extra.csv")
    one.commit("data")
    one.succeed("git", "checkout", "--quiet", "-b", "newer")
    one.write("data/raw/extra.csv", "a\n2\n")
    one.succeed("dvc", "add", "--quiet", "data/raw/extra.csv")
    one.commit("newer data")
    change(one, "rate", "learning_rate: 0.3", "learning_rate: 0.2")
    one.succeed("dvc", "checkout", "--quiet")
    assert table.read_text() == "a\n1\n"
    table.chmod(0o644)
    table.write_text("a\nunsaved\n")
    ran = one.run(*MERGE, "newer")
    assert ran.returncode == 1
    assert "data/raw/extra.csv: is neither side's data, nor in the cache" in ran.stderr
    assert table.read_text() == "a\nunsaved\n"
    table.unlink()
    one.succeed(*MERGE, "")
    assert table.read_text() == "a\n2\n"
    reproduces(one)


@pytest.mark.parametrize(
    "lock_text", ["<<<<<<< HEAD\nschema: '2.0'\n", pytest.param("mixed", marks=pytest.mark.long)]
)
def test_a_default_branch_that_does_not_build_what_it_says(two: Clone, lock_text: str) -> None:
    two.mark_environment()
    two.run("git", "merge", "rate")
    text = two.read("dvc.lock") if lock_text == "mixed" else lock_text
    two.write("dvc.lock", text)
    two.commit("merged on the server, by lines or by the wrong side")
    if lock_text == "mixed":
        ran = two.run("make", "verify")
        assert ran.returncode == 2
        assert "after a merge, `make merge`" in ran.stderr
        two.succeed("git", "checkout", "--quiet", "--", ".")
        two.succeed("git", "reset", "--quiet", "--hard")
    two.succeed(*MERGE, "rate")
    reproduces(two)


def test_nothing_is_lost_that_is_not_committed(two: Clone) -> None:
    two.edit("params.yaml", "folds: 3", "folds: 2")
    ran = two.run(*MERGE, "rate")
    assert ran.returncode == 1
    assert "the work tree is not clean: params.yaml" in ran.stderr


def test_every_result_in_git_is_taken_whole(built: Clone) -> None:
    for entry in lock.results(built.folder):
        path = built.folder / entry.path
        files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
        for file in [*files, built.folder / "dvc.lock"]:
            name = str(file.relative_to(built.folder))
            if built.run("git", "ls-files", "--error-unmatch", name).returncode == 0:
                assert "merge: unset" in built.succeed("git", "check-attr", "merge", name)
