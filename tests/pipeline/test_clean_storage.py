"""Cleaning deletes what nobody needs, whatever the clone knows that it is called in."""

import json
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.pipeline.storage import APPLY, CLEAN, OUTSIDE_CI, Remote


def stored(remote: Remote) -> list[str]:
    """Return the objects of data and models, without the lists of what was deleted."""
    return [key for key in remote.server.objects() if key.startswith("files/")]


def push_something(clone: Clone, branch: str, content: str) -> None:
    """Add a file on a branch of its own and push it: to the storage, then to the server."""
    clone.succeed("git", "checkout", "--quiet", "-b", branch, "main")
    clone.write("data/raw/extra.txt", content)
    clone.succeed("dvc", "add", "--quiet", "data/raw/extra.txt")
    clone.commit(branch)
    clone.succeed("dvc", "push", "--quiet", "data/raw/extra.txt.dvc")
    clone.succeed("git", "push", "--quiet", "origin", branch)
    clone.succeed("git", "checkout", "--quiet", "main")


@pytest.fixture
def shared(remote: Remote) -> Remote:
    """Return a remote whose clone has pushed to a bare repository and to the storage."""
    remote.share()
    remote.clone.succeed("dvc", "push", "--quiet")
    return remote


@pytest.mark.parametrize(
    "options",
    [["--single-branch", "--branch", "main"], ["--depth", "1"], ["--depth", "1", "--no-tags"], []],
)
def test_what_another_branch_needs_stays(shared: Remote, options: list[str]) -> None:
    colleague = shared.colleague("colleague", *options)
    push_something(shared.clone, "idea", "an idea")  # after the colleague's clone was made
    shared.age(days=100)
    before = stored(shared)
    assert "nothing to delete" in colleague.succeed(*APPLY, **OUTSIDE_CI)
    assert stored(shared) == before


def test_a_narrowed_refspec_and_a_tag_alone(shared: Remote) -> None:
    push_something(shared.clone, "idea", "an idea")
    shared.clone.succeed("git", "tag", "kept", "idea")
    shared.clone.succeed("git", "push", "--quiet", "origin", "kept", ":idea")
    colleague = shared.colleague("colleague", "--no-tags")
    colleague.succeed("git", "config", "remote.origin.fetch", "+refs/heads/main:refs/x/main")
    shared.age(days=100)
    before = stored(shared)
    colleague.succeed(*APPLY, **OUTSIDE_CI)
    assert stored(shared) == before


def test_garbage_goes_and_is_written_down(shared: Remote) -> None:
    clone, needed = shared.clone, stored(shared)
    push_something(clone, "idea", "an idea")
    colleague = shared.colleague("colleague")  # remembers the branch after it is gone
    [extra] = set(stored(shared)) - set(needed)
    md5 = extra.removeprefix("files/md5/").replace("/", "")
    clone.succeed("git", "push", "--quiet", "origin", ":idea")
    shared.age(days=100)
    assert "nothing to delete" in clone.succeed(*APPLY, **OUTSIDE_CI)  # a branch of one's own
    clone.succeed("git", "branch", "--quiet", "-D", "idea")
    listed = colleague.succeed(*CLEAN, **OUTSIDE_CI)
    assert f"{md5}         7 bytes    100 days" in " ".join(listed.split(" ")), listed
    assert "1 objects (7 bytes) would go. Nothing was deleted" in listed
    assert len(stored(shared)) == len(needed) + 1
    refused = clone.run(*APPLY, CI="true")
    assert (refused.returncode, "CI is set" in refused.stderr) == (1, True)
    assert "Deleted 1 objects (7 bytes)" in clone.succeed(*APPLY, **OUTSIDE_CI)
    assert stored(shared) == needed
    [record] = set(shared.server.objects()) - set(needed)
    [gone] = json.loads((shared.server.bucket / record).read_text(encoding="utf-8"))
    assert (gone["md5"], gone["size"]) == (md5, 7)
    assert "nothing to delete" in clone.succeed(*APPLY, **OUTSIDE_CI)
    shared.colleague("later").succeed("dvc", "pull", "--quiet")


def test_what_went_is_named_where_the_history_knows_it(shared: Remote) -> None:
    clone = shared.clone
    push_something(clone, "idea", "an idea")
    clone.succeed("git", "checkout", "--quiet", "idea")
    clone.succeed("dvc", "remove", "--quiet", "data/raw/extra.txt.dvc")
    clone.commit("no extra")
    clone.succeed("git", "push", "--quiet", "origin", "idea")
    shared.age(days=100)
    assert "data/raw/extra.txt of " in clone.succeed(*CLEAN, **OUTSIDE_CI)


def test_what_is_young_stays(shared: Remote) -> None:
    clone = shared.clone
    push_something(clone, "idea", "an idea")
    clone.succeed("git", "push", "--quiet", "origin", ":idea")
    clone.succeed("git", "branch", "--quiet", "-D", "idea")
    before = stored(shared)
    for days in (0, 13):  # pushed, and its tag not yet
        shared.age(days)
        printed = clone.succeed(*APPLY, **OUTSIDE_CI)
        assert "nothing to delete" in printed
        assert "Kept, though nothing needs them: 1 objects" in printed
    clone.succeed(*APPLY, "--days", "12", **OUTSIDE_CI)
    assert len(stored(shared)) == len(before) - 1


def test_pushed_experiments_are_needed_unless_it_is_said(shared: Remote) -> None:
    clone, published = shared.clone, stored(shared)
    clone.succeed("dvc", "exp", "run", "--quiet", "--name", "short", "-S",
                  "train.hyperparameters.max_iter=10")  # fmt: skip
    clone.succeed("dvc", "exp", "push", "--quiet", "origin", "short")
    before = stored(shared)
    assert len(before) > len(published)
    shared.age(days=100)
    colleague = shared.colleague("colleague")
    colleague.succeed(*APPLY, **OUTSIDE_CI)
    assert stored(shared) == before
    colleague.succeed(*APPLY, "--experiments", "no", **OUTSIDE_CI)
    assert stored(shared) == published


def test_a_server_that_does_not_answer(shared: Remote, tmp_path: Path) -> None:
    colleague = shared.colleague("colleague")
    shared.age(days=100)
    before = stored(shared)
    (tmp_path / "shared.git").rename(tmp_path / "away.git")
    ran = colleague.run(*APPLY, **OUTSIDE_CI)
    assert ran.returncode == 1
    assert "What others have pushed cannot be known" in ran.stderr
    assert stored(shared) == before


def test_a_folder_of_files_stays_whole(shared: Remote) -> None:
    clone = shared.clone
    for name in ("a", "b"):
        clone.write(f"data/raw/images/{name}.txt", name)
    clone.succeed("dvc", "add", "--quiet", "data/raw/images")
    clone.commit("a folder")
    clone.succeed("dvc", "push", "--quiet")
    clone.succeed("git", "push", "--quiet", "origin", "main")
    shared.age(days=100)
    before = stored(shared)
    shared.colleague("colleague").succeed(*APPLY, **OUTSIDE_CI)
    assert stored(shared) == before
    [listing] = [key for key in before if key.endswith(".dir")]
    (shared.server.bucket / listing).unlink()
    shared.server.restart()
    ran = shared.colleague("another").run(*APPLY, **OUTSIDE_CI)
    assert ran.returncode == 1
    assert "its listing is not in" in ran.stderr
    assert len(stored(shared)) == len(before) - 1


def test_a_record_that_cannot_be_read_stops(shared: Remote) -> None:
    clone = shared.clone
    clone.succeed("git", "checkout", "--quiet", "-b", "broken")
    clone.write("dvc.lock", "<<<<<<< HEAD\n")
    clone.commit("markers")
    clone.succeed("git", "push", "--quiet", "origin", "broken")
    clone.succeed("git", "checkout", "--quiet", "main")
    ran = shared.colleague("colleague").run(*APPLY, **OUTSIDE_CI)
    assert ran.returncode == 1
    assert "dvc.lock of broken: " in ran.stderr
    assert "Traceback" not in ran.stderr
