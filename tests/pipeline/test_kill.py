"""Publish, clean, roll back and move, each ended at 20 points on its way: the next run succeeds."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.pipeline.storage import APPLY, OUTSIDE_CI, PUBLISH, Remote, pass_gate

POINTS = 21
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


@dataclass
class Action:
    """A command, what it needs each time, and what must be true after it."""

    command: tuple[str, ...]
    begin: Callable[[Remote], None]
    done: Callable[[Remote], bool]


def new_data(clone: Clone) -> None:
    path = clone.folder / "data/raw/extra.txt"
    path.unlink(missing_ok=True)
    path.write_text(f"{time.time_ns()}", encoding="utf-8")
    clone.succeed("dvc", "add", "--quiet", "data/raw/extra.txt")
    clone.commit("data")
    pass_gate(clone)


def is_published(remote: Remote) -> bool:
    refs = remote.clone.succeed("git", "ls-remote", "origin")
    head = remote.clone.succeed("git", "rev-parse", "HEAD").strip()
    return f"{head}\trefs/heads/main" in refs and f"{head}\trefs/tags/model-v" in refs


def add_garbage(remote: Remote) -> None:
    new_data(remote.clone)
    remote.clone.succeed("dvc", "push", "--quiet", "data/raw/extra.txt.dvc")
    remote.clone.succeed("git", "reset", "--quiet", "--hard", "origin/main")
    remote.clone.succeed("git", "reflog", "expire", "--expire=now", "--all")
    remote.age(days=30)


def is_clean(remote: Remote) -> bool:
    needed = remote.clone.succeed("dvc", "ls", ".", "--recursive", "--dvc-only").split()
    return len([key for key in remote.server.objects() if key.startswith("files/")]) == len(needed)


def forward(remote: Remote) -> None:
    remote.clone.succeed("git", "reset", "--quiet", "--hard", "origin/main")
    remote.clone.succeed("dvc", "checkout", "--quiet", "--force")
    for folder in (remote.clone.folder / ".dvc/cache/files/md5").iterdir():
        shutil.rmtree(folder)
    remote.clone.succeed("dvc", "pull", "--quiet", "--force")


def is_back(remote: Remote) -> bool:
    text = remote.clone.read("params.yaml")
    return "max_iter: 20" in text and remote.clone.succeed("dvc", "status", "--json") == "{}\n"


def here_again(remote: Remote) -> None:
    remote.clone.succeed("git", "checkout", "--quiet", "--", ".dvc/config")
    shutil.rmtree(remote.elsewhere / "other", ignore_errors=True)


def is_moved(remote: Remote) -> bool:
    other = remote.elsewhere / "other"
    keys = {str(path.relative_to(other)) for path in other.rglob("*") if path.is_file()}
    return "other" in remote.clone.read(".dvc/config") and keys >= set(remote.server.objects())


ACTIONS = {
    "publish": Action(PUBLISH, lambda remote: new_data(remote.clone), is_published),
    "clean": Action(APPLY, add_garbage, is_clean),
    "rollback": Action(
        ("python", "-m", "src.release.rollback", "metrics/details.json", "--to", "model-v1.0.0"),
        forward, is_back,
    ),
    "move": Action(("python", "-m", "src.release.remote", "../other"), here_again, is_moved),
}  # fmt: skip


def left_over(clone: Clone, temporary: Path) -> list[str]:
    """Return temporary files that a command has left: in the clone, or in the system's folder."""
    names = (".new-*", "clone-*", "revisions-*", "tag-*", "object-*", "rollback")
    found = [path for name in names for path in clone.folder.rglob(name)
             if ".git" not in path.parts and "src" not in path.parts]  # fmt: skip
    return [str(path) for path in [*found, *temporary.iterdir()]]


@pytest.mark.long
@pytest.mark.parametrize("name", ACTIONS)
def test_ended_at_any_point_the_next_run_succeeds(
    remote: Remote, tmp_path: Path, name: str
) -> None:
    clone, action = remote.clone, ACTIONS[name]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    clone.environment = {**clone.environment, **OUTSIDE_CI, "TMPDIR": str(temporary)}
    remote.share()
    clone.succeed(*PUBLISH)
    if name == "rollback":
        clone.edit("params.yaml", "max_iter: 20", "max_iter: 10")
        clone.succeed("dvc", "repro", "--quiet")
        clone.commit("shorter")
        pass_gate(clone)
        clone.succeed(*PUBLISH)
    action.begin(remote)
    begun = time.monotonic()
    assert clone.start(*action.command).wait(timeout=100) == 0
    duration = time.monotonic() - begun
    interrupted = 0
    for point in range(2 * POINTS):
        if interrupted == POINTS - 1:
            break
        action.begin(remote)
        process = clone.start(*action.command)
        time.sleep(duration * (point % POINTS + 0.5) / POINTS)
        sent = SIGNALS[point % len(SIGNALS)]
        if process.poll() is None:
            interrupted += 1
            os.killpg(process.pid, sent)
        else:  # the first run took longer than this one
            duration *= 0.95
        process.wait(timeout=60)
        # A rollback that was ended after its last change has left it to be committed.
        if name != "rollback" or left_over(clone, temporary) or not is_back(remote):
            clone.succeed(*action.command)
        assert action.done(remote), f"point {point}, {sent.name}"
        assert left_over(clone, temporary) == [], f"point {point}, {sent.name}"
    assert interrupted == POINTS - 1
