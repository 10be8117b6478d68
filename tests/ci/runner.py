"""Runs a pipeline of the file, job for job, in a fresh clone, by gitlab-ci-local."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.ci import gitlab
from tests.clone import Clone
from tests.preloaded import programs
from tools import project

STATE = ".gitlab-ci-local"
JOBS_OWN = ("ruff", "mypy", "pytest")
"""The programs of the job ``test``."""


@dataclass(frozen=True)
class Pipeline:
    """A pipeline that has ended.

    Attributes
    ----------
    status
        Exit status; 0 where GitLab would show it green.
    log
        What all jobs printed.
    folder
        The clone it ran in.
    project
        The folder in it of the project whose pipeline it was.
    """

    status: int
    log: str
    folder: Path
    project: str = ""

    def ended(self) -> dict[str, str]:
        """Return how each job that was started ended."""
        summary = re.findall(r"^ *(PASS|FAIL|WARN) +([a-z]+)", self.log, re.MULTILINE)
        return {name: how for how, name in summary}

    def job(self, name: str) -> str:
        """Return what a job printed."""
        lines = re.findall(rf"^{name} +[>$] ?(.*)$", self.log, re.MULTILINE)
        return "\n".join(lines)

    def artifact(self, job: str, path: str) -> Path:
        """Return a file that a job left."""
        return self.folder / STATE / "artifacts" / job / path

    def report(self, job: str, kind: str) -> Path:
        """Return what a job reports to GitLab, which gitlab-ci-local leaves where it was made."""
        file = gitlab.documents(self.folder / self.project / ".gitlab-ci.yml")[-1]
        name = str(file[job]["artifacts"]["reports"][kind]).rpartition("]]")[2]
        return self.folder / STATE / "builds" / job / self.project / name


class Runner:
    """A runner with the project's environment on it: installing it is not what the tests test."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.builds = folder / "builds"
        (self.home / STATE).mkdir(parents=True)
        self.builds.mkdir()

    def variables(self, values: dict[str, dict[str, str]]) -> None:
        """Set the project's CI/CD variables: by name, the value for each environment scope."""
        ordered = {
            name: {"type": "variable", "values": dict(sorted(scopes.items(), reverse=True))}
            for name, scopes in values.items()  # the first scope that fits is taken: "*" last
        }
        content = json.dumps({"global": ordered})  # JSON is YAML
        (self.home / STATE / "variables.yml").write_text(content, encoding="utf-8")

    def git_config(self, *setting: str) -> None:
        """Set a global setting of the runner's git."""
        git = ["git", "config", "--global", *setting]
        subprocess.run(git, env={**os.environ, "HOME": str(self.home)}, check=True)

    def run(
        self, repository: Path, revision: str, kind: str, *, checks: str = "", job: str = "",
        **variables: str,
    ) -> Pipeline:  # fmt: skip
        """Run the pipeline of a revision.

        Parameters
        ----------
        kind
            As in ``gitlab.KINDS``.
        checks
            ``true`` or ``false``: a program that stands in for what the job ``test`` runs, which
            takes a minute and has its own test.
        job
            Of a parent pipeline, whose child is run.
        """
        folder = self.builds / f"{len(list(self.builds.iterdir()))}"
        git = ["git", "clone", "--quiet", str(repository), str(folder)]
        subprocess.run(git, check=True)
        checkout = ["git", "checkout", "--quiet", "--detach", revision]
        subprocess.run(checkout, cwd=folder, check=True)
        address = ["git", "remote", "set-url", "origin", gitlab.ADDRESS]
        subprocess.run(address, cwd=folder, check=True)
        child = gitlab.child(folder, job, self.home) if job else None
        own = folder / child.folder if child else folder
        venv = self._environment(own, folder.with_name(f"{folder.name}-venv"), checks)
        options = [
            "--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source",
            "--state-dir", STATE, "--variable", f"VENV={venv}",
            "--variable", f"MYPY_CACHE_DIR={project.ROOT / '.mypy_cache'}",
        ]  # fmt: skip
        for name, value in variables.items():
            options += ["--variable", f"{name}={value}"]
        status, log = self._execute([*gitlab.command(kind, child), *options], folder)
        return Pipeline(status, log, folder, child.folder if child else "")

    def _environment(self, project: Path, venv: Path, checks: str) -> Path:
        """Lay out the environment of the tests as one that was made from a project's locks."""
        (venv / "bin").mkdir(parents=True)
        for path in Path(sys.prefix).iterdir():
            if path.name in ("lib", "lib64", "pyvenv.cfg"):
                (venv / path.name).symlink_to(path)
        for program in Path(sys.prefix, "bin").iterdir():
            stands_in = checks and program.name in JOBS_OWN
            target = Path(shutil.which(checks) or "") if stands_in else program
            if program.name in ("dvc", "python"):
                target = programs() / program.name
            (venv / "bin" / program.name).symlink_to(target)
        Clone(project).mark_environment(venv)
        return venv

    def _execute(self, command: list[str], folder: Path) -> tuple[int, str]:
        own = str(Path(sys.prefix, "bin"))
        path = os.pathsep.join(part for part in os.get_exec_path() if part != own)
        environment = {"PATH": path, "HOME": str(self.home)}
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            log, _ = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            log, _ = process.communicate()
            raise AssertionError(f"the pipeline did not end:\n{log[-3000:]}") from None
        return process.returncode, re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", log)
