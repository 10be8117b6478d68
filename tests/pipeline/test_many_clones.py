"""Several people publish, clean, push and delete at random: nothing needed is lost or left over.

A round is drawn at random; after it, what the server's branches and tags need is worked out anew
from git, by other means than the commands use, and compared with the objects in the storage.
"""

from __future__ import annotations

import hashlib
import random
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.clone import Clone
from tests.pipeline.storage import APPLY, OUTSIDE_CI, PUBLISH, Remote, pass_gate

EXTRA = "data/raw/extra.txt"
ROUNDS = 25
SECONDS = 30 / 86_400
"""Of a day: what cleaning spares here; a publish takes less."""

KNOWN = ("has published", "has moved on", "already names", "does not take", "cannot lock ref",
         "somebody has pushed")  # fmt: skip


class People:
    """Clones of one repository, and what must be true of its storage."""

    def __init__(self, remote: Remote, seed: int) -> None:
        self.remote, self.random = remote, random.Random(seed)  # noqa: S311 - repeatable, not secret
        remote.share()
        remote.clone.succeed("dvc", "push", "--quiet")
        names = [f"person{number}" for number in range(self.random.randint(2, 5))]
        self.clones = [remote.colleague(name) for name in names]
        self.branches = 0
        self.refused: list[str] = []
        for clone in self.clones:
            clone.succeed("dvc", "pull", "--quiet")

    def content(self) -> str:
        """Return one of a few texts, so that what was deleted comes back now and then."""
        return f"data {self.random.randint(1, 6)}"

    def sync(self, clone: Clone) -> None:
        clone.succeed("git", "fetch", "--quiet", "--prune", "origin")
        clone.succeed("git", "checkout", "--quiet", "-B", "main", "origin/main")
        if clone.run("dvc", "checkout", "--quiet", "--force").returncode:
            clone.succeed("dvc", "pull", "--quiet", "--force")

    def add(self, clone: Clone) -> None:
        path = clone.folder / EXTRA
        path.unlink(missing_ok=True)
        clone.write(EXTRA, self.content())
        clone.succeed("dvc", "add", "--quiet", EXTRA)
        clone.commit("data")

    def publish(self, clone: Clone) -> None:
        """Publish new data or an older model, at the same time as others or alone."""
        self.sync(clone)
        tags = clone.succeed("git", "ls-remote", "--tags", "--refs", "origin").split("refs/tags/")
        versions = [line.split()[0] for line in tags[1:]]
        if versions and self.random.random() < 0.25:
            older = self.random.choice(versions)
            clone.succeed("python", "-m", "src.release.rollback", "metrics/details.json", "--to",
                          older)  # fmt: skip
            clone.commit(f"back to {older}")
        else:
            self.add(clone)
        pass_gate(clone)

    def push_branch(self, clone: Clone) -> None:
        self.sync(clone)
        self.branches += 1
        name = f"idea{self.branches}"
        clone.succeed("git", "checkout", "--quiet", "-b", name)
        self.add(clone)
        clone.succeed("dvc", "push", "--quiet")
        clone.succeed("git", "push", "--quiet", "origin", name)
        clone.succeed("git", "checkout", "--quiet", "main")
        clone.succeed("git", "branch", "--quiet", "-D", name)

    def delete_branch(self, clone: Clone) -> None:
        heads = clone.succeed("git", "ls-remote", "--heads", "origin").split("refs/heads/")[1:]
        ideas = [head.split()[0] for head in heads if head.startswith("idea")]
        if ideas:
            name = self.random.choice(ideas)
            clone.succeed("git", "push", "--quiet", "origin", f":{name}")

    def clean(self, clone: Clone, days: float = SECONDS) -> None:
        ran = clone.run(*APPLY, "--days", str(days), **OUTSIDE_CI)
        self.expect(ran.returncode, ran.stderr)

    def expect(self, status: int, said: str) -> None:
        """Accept success, and a refusal by name."""
        assert "Traceback" not in said
        if status:
            assert status == 1
            assert any(known in said for known in KNOWN), said
            self.refused.append(said)

    def round(self) -> None:
        """Do something at random; commands that meet are started together."""
        who = self.random.sample(self.clones, 2)
        what = self.random.choice(["publish", "publish", "push", "delete", "clean", "days pass"])
        if what == "days pass":
            self.remote.age(days=30)
        elif what == "push":
            self.push_branch(who[0])
        elif what == "delete":
            self.delete_branch(who[0])
        elif what == "clean":
            self.clean(who[0])
        else:
            self.meet(who)

    def meet(self, who: list[Clone]) -> None:
        publishers = who[: self.random.randint(1, 2)]
        for clone in publishers:
            self.publish(clone)
        commands: list[tuple[Clone, tuple[str, ...]]] = [(clone, PUBLISH) for clone in publishers]
        if self.random.random() < 0.5:
            commands.append((self.remote.clone, (*APPLY, "--days", str(SECONDS))))
        before = self.versions()
        with ThreadPoolExecutor(len(commands)) as threads:
            ended = list(threads.map(lambda pair: pair[0].run(*pair[1], **OUTSIDE_CI), commands))
        for ran in ended:
            self.expect(ran.returncode, ran.stderr)
        won = sum(not ran.returncode for ran, _ in zip(ended, publishers, strict=False))
        new = len(self.versions()) - len(before)
        assert new <= won <= max(1, new)

    def versions(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/tags").split()

    def git(self, *command: str) -> str:
        shared = str(self.remote.elsewhere / "shared.git")
        return self.remote.clone.succeed("git", "--git-dir", shared, *command)

    def needed(self) -> set[str]:
        """Return the object of every data file that a branch or tag of the server names."""
        keys = set()
        for ref in self.git("for-each-ref", "--format=%(refname)").split():
            tracked = set(self.git("ls-tree", "-r", "--name-only", ref).splitlines())
            lock = self.git("show", f"{ref}:dvc.lock").partition("\nstages:")[2]
            found = re.findall(r"- path: (\S+)\n\s+hash: md5\n\s+md5: ([0-9a-f]{32})\n", lock)
            if f"{EXTRA}.dvc" in tracked:
                record = self.git("show", f"{ref}:{EXTRA}.dvc")
                found += [(EXTRA, md5) for md5 in re.findall(r"md5: ([0-9a-f]{32})", record)]
            keys |= {f"files/md5/{md5[:2]}/{md5[2:]}" for path, md5 in found if path not in tracked}
        return keys

    def stored(self) -> set[str]:
        return {key for key in self.remote.server.objects() if key.startswith("files/")}

    def check(self) -> None:
        """See that nothing is lost, and that what is there is what its name says."""
        assert self.needed() <= self.stored()
        for key in self.needed():
            content = (self.remote.server.bucket / key).read_bytes()
            md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
            assert key == f"files/md5/{md5[:2]}/{md5[2:]}"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_nothing_needed_is_lost_and_nothing_unneeded_stays(remote: Remote, seed: int) -> None:
    people = People(remote, seed)
    for _ in range(ROUNDS):
        people.round()
        people.check()
    remote.age(days=30)
    for clone in people.clones:
        people.sync(clone)
        clone.succeed("git", "gc", "--quiet", "--prune=now")
    remote.clone.succeed("git", "fetch", "--quiet", "--prune", "--force", "--tags", "origin")
    remote.clone.succeed("git", "reset", "--quiet", "--hard", "origin/main")
    people.clean(people.clones[0], days=14)
    assert people.stored() == people.needed()
    versions = sorted(people.versions(), key=lambda tag: tuple(map(int, tag[7:].split("."))))
    assert versions == [f"model-v1.{number}.0" for number in range(len(versions))]
    reader = remote.colleague("reader")
    for version in versions:
        reader.succeed("git", "checkout", "--quiet", version)
        reader.succeed("dvc", "pull", "--quiet", "--force")
