"""Real dvc runs in temporary clones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import project

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Clone:
    """A copy of the project in a folder of its own, with a git history and an empty DVC cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder, its output captured, whatever its exit status."""
        bin_folder = Path(sys.executable).parent
        path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "COLUMNS": "200", **environment}
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=False
        )

    def succeed(self, *command: str, **environment: str) -> str:
        """Run a command that must succeed and return what it printed."""
        ran = self.run(*command, **environment)
        assert ran.returncode == 0, f"{' '.join(command)}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def read(self, name: str) -> str:
        """Return a file's text."""
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file, making its folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that occurs once."""
        text = self.read(name)
        assert text.count(old) == 1, f"{name}: {old!r} occurs {text.count(old)} times"
        self.write(name, text.replace(old, new))

    def status(self) -> str:
        """Return what git sees changed."""
        return self.succeed("git", "status", "--short")

    def ran(self, output: str) -> list[str]:
        """Return the stages that a repro ran, from what it printed."""
        lines = output.splitlines()
        return [line.split("'")[1] for line in lines if line.startswith("Running stage")]


def require_default_table() -> None:
    """Skip where the default table was replaced: these tests change it, by its columns' names."""
    if "\n  ingest:" not in (project.ROOT / "dvc.yaml").read_text(encoding="utf-8"):
        pytest.skip("the default table was replaced (make adopt)")


@pytest.fixture
def fresh(tmp_path: Path) -> Clone:
    """Return a clone in which nothing has run."""
    require_default_table()
    project.copy_project(tmp_path)
    return Clone(tmp_path)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone in which `dvc repro` has run once in this session; not to be changed."""
    require_default_table()
    folder = tmp_path_factory.mktemp("template")
    project.copy_project(folder)
    Clone(folder).succeed("dvc", "repro", "--quiet")
    return folder


@pytest.fixture
def built(template: Path, tmp_path: Path) -> Iterator[Clone]:
    """Return a clone in which everything is built."""
    folder = tmp_path / "clone"
    shutil.copytree(template, folder, symlinks=True)
    yield Clone(folder)
    shutil.rmtree(folder)
