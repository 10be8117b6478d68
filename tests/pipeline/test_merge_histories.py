"""Random histories of branches, merged in random order: every merge is what its commit builds."""

from __future__ import annotations

import random
import re

import pytest

from tests.clone import Clone
from tests.pipeline.test_merge import MERGE, reproduces
from tools.project import ROOT

EXTRA = "data/raw/extra.csv"
VALUES = {
    "learning_rate": ("0.05", "0.1", "0.2", "0.3"),
    "l2_regularization": ("0.5", "1.0", "2.0"),
    "min_rows": ("10", "20", "30"),
    "test_size": ("0.2", "0.25", "0.3"),
}
CODE = ("src/prepare/__main__.py", "src/fitting/model.py", "src/evaluate/slices.py")


class History:
    """A clone whose branches differ at random in parameters, code and data."""

    def __init__(self, clone: Clone, seed: int) -> None:
        self.clone, self.random = clone, random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.add_data("the first")
        self.build("data")
        self.branches = ["main"]

    def build(self, message: str) -> None:
        self.clone.succeed("dvc", "repro", "--quiet")
        self.clone.commit(message)

    def add_data(self, content: str) -> None:
        (self.clone.folder / EXTRA).unlink(missing_ok=True)
        self.clone.write(EXTRA, f"a\n{content}\n")
        self.clone.succeed("dvc", "add", "--quiet", EXTRA)

    def change_parameter(self) -> None:
        name = self.random.choice(list(VALUES))
        text = self.clone.read("params.yaml")
        value = self.random.choice(VALUES[name])
        self.clone.write("params.yaml", re.sub(rf"(?m)^( +{name}:) [\d.]+", rf"\1 {value}", text))

    def change_code(self) -> None:
        path = self.random.choice(CODE)
        lines = self.clone.read(path).splitlines()
        lines.insert(self.random.choice((1, len(lines))), f"# {self.random.random()}")
        self.clone.write(path, "\n".join(lines) + "\n")

    def change_data(self) -> None:
        self.add_data(f"{self.random.random()}")

    def branch(self) -> None:
        """Begin a branch at another, and commit one or two changes on it."""
        name = f"idea{len(self.branches)}"
        start = self.random.choice(self.branches)
        self.clone.succeed("git", "checkout", "--quiet", "-b", name, start)
        self.clone.succeed("dvc", "checkout", "--quiet", "--force")
        for number in range(self.random.randint(1, 2)):
            changes = [self.change_parameter, self.change_code, self.change_data]
            for change in self.random.sample(changes, self.random.randint(1, 2)):
                change()
            self.build(f"{name}, change {number}")
        self.branches.append(name)

    def merge(self, other: str) -> None:
        """Bring another branch in by one of the ways there are, deciding conflicts by chance."""
        how = self.random.choice(["merge", "merge", "by hand", "rebase"])
        if how == "by hand":
            self.clone.run("git", "merge", "--no-edit", other)
        elif how == "rebase":
            self.clone.run("git", "rebase", other)
        source = other if how == "merge" else ""
        for _ in range(10):
            ran = self.clone.run(*MERGE, source or "HEAD")
            assert "Traceback" not in ran.stderr, ran.stderr
            if ran.returncode == 0:
                return
            assert "Conflicts in " in ran.stdout, ran.stdout + ran.stderr
            self.decide(ran.stdout)
            source = ""
        raise AssertionError(f"{how} did not end")

    def decide(self, said: str) -> None:
        """Take one side of each file that is in conflict."""
        listed = said.partition("Conflicts in ")[2].partition(":")[0]
        for name in listed.split(", "):
            unmerged = self.clone.succeed("git", "ls-files", "--unmerged", "--", name)
            assert unmerged, name
            assert name == "params.yaml" or name.endswith((".py", ".dvc")), name
            side = self.random.choice(["--ours", "--theirs"])
            self.clone.succeed("git", "checkout", side, "--", name)
            self.clone.succeed("git", "add", name)

    def follows(self, other: str) -> None:
        """See that the merge has both sides and is what its commit builds."""
        assert self.clone.run("git", "merge-base", "--is-ancestor", other, "HEAD").returncode == 0
        reproduces(self.clone, force=True)


def test_the_code_that_histories_change_is_there() -> None:
    assert [
        path for path in CODE if not (ROOT / path).exists()
    ] == []  # a long test would tell late


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_every_merge_of_a_random_history_reproduces(built: Clone, seed: int) -> None:
    history = History(built, seed)
    for _ in range(history.random.randint(2, 4)):
        history.branch()
    first, *others = history.random.sample(history.branches, len(history.branches))
    built.succeed("git", "checkout", "--quiet", first)
    built.succeed("dvc", "checkout", "--quiet", "--force")
    for other in others:
        history.merge(other)
        history.follows(other)
