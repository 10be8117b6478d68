"""Going back to an older model, and what happens when that fails on the way."""

from pathlib import Path

import pytest

from tests.clone import Clone
from tests.pipeline.storage import PUBLISH, Remote, pass_gate

TABLE = "data/raw/breast_cancer.csv"
MODEL = "src/models/model.skops"
ROLLBACK = ("python", "-m", "src.release.rollback", "metrics/details.json", "--to")
BACK = (*ROLLBACK, "model-v1.0.0")


def model(clone: Clone) -> bytes:
    return (clone.folder / MODEL).read_bytes()


def is_back(clone: Clone, before: bytes) -> bool:
    """Tell whether the first model is here, with all that belongs to it."""
    assert clone.succeed("dvc", "status", "--json") == "{}\n"
    return model(clone) != before and "max_iter: 20" in clone.read("params.yaml")


def test_without_a_version_they_are_listed_newest_first(two: Remote) -> None:
    two.clone.mark_environment()
    listed = two.clone.succeed("make", "--no-print-directory", "models").splitlines()
    assert [line.split()[0] for line in listed] == ["version", "model-v1.1.0", "model-v1.0.0"]
    assert "roc_auc 0.994 [0.9" in listed[2]
    assert "  133  " in listed[2]
    assert " MB" in listed[2]
    assert listed[1].rstrip().endswith("train.hyperparameters.max_iter 20 → 10 (in force)")
    assert listed[2].rstrip().endswith("the first")
    lines = two.clone.succeed("make", "--no-print-directory", "rollback").splitlines()
    assert lines[:-1] == listed
    assert lines[-1] == "Bring one back with: make rollback TO=model-v1.0.0"


def test_nothing_is_published_yet(built: Clone) -> None:
    assert "No model is published" in built.succeed(*ROLLBACK, "")
    ran = built.run(*BACK)
    assert ran.returncode == 1
    assert "git does not know the revision 'model-v1.0.0'. List the versions" in ran.stderr


def test_a_storage_that_is_down_changes_nothing(two: Remote) -> None:
    clone = two.colleague_with_data("colleague")
    two.server.kill()
    before = model(clone)
    ran = clone.run(*BACK)
    assert ran.returncode == 1
    assert "Nothing was changed" in ran.stderr
    assert (clone.status(), model(clone)) == ("", before)
    two.server.start()
    clone.succeed(*BACK)
    assert is_back(clone, before)


def test_an_object_that_is_missing_changes_nothing(two: Remote) -> None:
    clone = two.colleague_with_data("colleague")
    before = model(clone)
    old = two.older_object(MODEL, "model-v1.0.0")
    content = old.read_bytes()
    old.unlink()
    two.server.restart()
    ran = clone.run(*BACK)
    assert ran.returncode == 1
    assert "Nothing was changed" in ran.stderr
    assert (clone.status(), model(clone)) == ("", before)
    old.write_bytes(content)
    two.server.restart()
    clone.succeed(*BACK)
    assert is_back(clone, before)


def flip_a_bit(path: Path) -> None:
    """Damage an object as a disk does: its rights stay, by which DVC trusts it."""
    mode, content = path.stat().st_mode, bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(mode)


def commands_of(message: str) -> list[str]:
    """Return the commands that a message names, but for the rollback itself."""
    return [text for text in message.split("`")[1::2] if not text.startswith("make ")]


def test_an_object_damaged_in_the_storage_is_made_again_by_what_is_said(two: Remote) -> None:
    clone = two.colleague_with_data("colleague")
    clone.succeed("git", "remote", "remove", "origin")
    before = model(clone)
    old = two.older_object(MODEL, "model-v1.0.0")
    flip_a_bit(old)
    two.server.restart()
    ran = clone.run(*BACK)
    assert ran.returncode == 1
    assert f"{MODEL}: missing or damaged in the storage (models/files/md5/" in ran.stderr
    assert (clone.status(), model(clone)) == ("", before)
    [again] = commands_of(ran.stderr)
    clone.succeed("sh", "-c", again)
    assert (clone.status(), model(clone)) == ("", before)
    clone.succeed(*BACK)
    assert is_back(clone, before)
    clone.commit("back")
    pass_gate(clone)
    assert f"{MODEL}: damaged in the storage, stored again" in clone.succeed(*PUBLISH)
    assert model(clone) == old.read_bytes()


def test_an_object_damaged_in_the_cache_is_fetched_again_by_what_is_said(two: Remote) -> None:
    clone = two.clone
    before = model(clone)
    old = two.older_object(MODEL, "model-v1.0.0").relative_to(two.server.bucket)
    flip_a_bit(clone.folder / ".dvc/cache" / old)
    ran = clone.run(*BACK)
    assert ran.returncode == 1
    assert f"{MODEL}: damaged in the cache" in ran.stderr
    assert (clone.status(), model(clone)) == ("", before)
    [again] = commands_of(ran.stderr)
    clone.succeed("sh", "-c", again)
    clone.succeed(*BACK)
    assert is_back(clone, before)


@pytest.mark.parametrize("command", [PUBLISH, ("python", "-m", "src.predict", TABLE, "out.csv")])
def test_a_model_damaged_in_the_cache_is_brought_back(
    two: Remote, command: tuple[str, ...]
) -> None:
    clone = two.clone
    before = model(clone)
    flip_a_bit(clone.folder / ".dvc/cache" / two.object(MODEL).relative_to(two.server.bucket))
    (clone.folder / MODEL).unlink()
    clone.succeed("dvc", "checkout", "--quiet", MODEL)
    assert model(clone) != before, "DVC does not see it"
    ran = clone.run(*command)
    assert ran.returncode == 1
    assert "Its object in the cache is damaged" in ran.stderr
    [again] = commands_of(ran.stderr)
    clone.succeed("sh", "-c", again)
    assert model(clone) == before
    clone.succeed(*command)


def test_a_change_of_ones_own_is_not_lost(two: Remote) -> None:
    two.clone.edit("params.yaml", "folds: 3", "folds: 4")
    ran = two.clone.run(*BACK)
    assert ran.returncode == 1
    assert "the work tree is not clean: params.yaml" in ran.stderr
    assert "folds: 4" in two.clone.read("params.yaml")


@pytest.mark.parametrize("lock", [False, True])
def test_a_rollback_that_was_killed_half_way_is_put_back_first(two: Remote, lock: bool) -> None:
    clone, before = two.clone, model(two.clone)
    head = clone.succeed("git", "rev-parse", "HEAD").strip()
    clone.write(".dvc/tmp/rollback", head)
    clone.succeed("git", "restore", "--source", "model-v1.0.0", "params.yaml")
    (clone.folder / MODEL).unlink()
    if lock:  # what a killed git leaves
        Path(clone.folder, ".git/index.lock").touch()
    assert lock or "A rollback did not end" in clone.succeed(*ROLLBACK, "model-v1.1.0")
    clone.succeed(*BACK)
    assert is_back(clone, before)
    assert not (clone.folder / ".dvc/tmp/rollback").exists()


def test_after_a_rollback_the_highest_tag_is_the_model_in_force(two: Remote) -> None:
    clone = two.clone
    clone.succeed(*BACK)
    clone.commit("back to model-v1.0.0")
    two.pass_gate()
    printed = clone.succeed(*PUBLISH)
    assert "model-v1.2.0: " in printed
    text = clone.succeed("git", "for-each-ref", "--format=%(contents)", "refs/tags/model-v1.2.0")
    assert "Repeats model-v1.0.0: " in text
    gate = ("make", "--silent", "--no-print-directory", "gate")
    clone.mark_environment()
    first = clone.run(*gate).stdout.splitlines()[0]
    assert first.startswith("Baseline: model-v1.1.0 ("), "not itself"
    clone.commit("another commit")
    assert clone.run(*gate).stdout.startswith("Baseline: model-v1.2.0 (")
    assert clone.run(*gate, BASELINE="model-v1.0.0").stdout.startswith("Baseline: model-v1.2.0 (")
    named = clone.run(*gate, "BASELINE=model-v1.0.0").stdout
    assert named.startswith("Baseline: model-v1.0.0 (")
