"""Commands in a copy of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.preloaded import programs
from tools.s3 import BUCKET

IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in {"NAME": "test", "EMAIL": "test@localhost"}.items()
}


QUICK = {
    "learning_rate: 0.1": "learning_rate: 0.3",
    "max_iter: 100": "max_iter: 20",
    "folds: 5": "folds: 3",
    "repeats: 5": "repeats: 1",
}
"""Edits of the default params.yaml: a model that passes the gate, too, made in less time."""


class Clone:
    """A copy of the project in a folder of its own, with a git history and an empty DVC cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {}
        self.patience = 300.0
        """Seconds that a command may take."""

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder, its output captured, whatever its exit status."""
        return subprocess.run(
            command, cwd=self.folder, env=self.variables(**environment), capture_output=True,
            text=True, check=False, timeout=self.patience,
        )  # fmt: skip

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command in the folder, silent, at the head of its own process group."""
        silent = subprocess.DEVNULL
        return subprocess.Popen(
            command, cwd=self.folder, env=self.variables(ORDINARY="yes"), stdout=silent,
            stderr=silent, start_new_session=True,
        )  # fmt: skip

    def variables(self, **environment: str) -> dict[str, str]:
        """Return the environment of the clone's commands."""
        folders = (str(programs()), str(Path(sys.executable).parent), os.environ["PATH"])
        path = os.pathsep.join(folders)
        own = {"PATH": path, "COLUMNS": "200", **self.environment, **environment}
        # Tests that run in a clone are not those of this session, and share nothing with them.
        ours = {key: value for key, value in os.environ.items()
                if not key.startswith(("PYTEST_", "CI_"))}  # fmt: skip
        return {**ours, **IDENTITY, **own}

    def commit(self, message: str) -> None:
        """Commit every change."""
        self.succeed("git", "add", "--all")
        self.succeed("git", "commit", "--quiet", "--allow-empty", "--message", message)

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

    def quicken(self) -> None:
        """Let the default params.yaml ask for a model that is made in a third of the time."""
        for old, new in QUICK.items():
            self.edit("params.yaml", old, new)

    def status(self) -> str:
        """Return what git sees changed."""
        return self.succeed("git", "status", "--short")

    def ran(self, output: str) -> list[str]:
        """Return the stages that a repro ran, from what it printed."""
        lines = output.splitlines()
        return [line.split("'")[1] for line in lines if line.startswith("Running stage")]

    def point_to(self, endpoint: str, bucket: str = BUCKET) -> None:
        """Move the remote, as `make remote` does, and commit it."""
        modify = ("dvc", "remote", "modify", "storage")
        self.succeed(*modify, "url", f"s3://{bucket}")
        self.succeed(*modify, "endpointurl", endpoint)
        self.commit("remote")

    def mark_environment(self, venv: str | Path = ".venv") -> None:
        """Let make take the environment that the tests run in for one made from the locks here."""
        (self.folder / venv / "bin").mkdir(parents=True, exist_ok=True)
        for lock, stamp in (("requirements.lock", "runtime"), ("requirements-dev.lock", "dev")):
            shutil.copyfile(self.folder / lock, self.folder / venv / stamp)
        if not (self.folder / venv / "bin/python").exists():
            (self.folder / venv / "bin/python").touch()
