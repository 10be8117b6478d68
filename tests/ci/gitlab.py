"""What GitLab makes of the pipeline file, by gitlab-ci-local."""

from __future__ import annotations

import io
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests import programs
from tools import project

PROGRAM = project.ROOT / ".cache/gitlab-ci-local/node_modules/.bin/gitlab-ci-local"
ADDRESS = "https://gitlab.example.com/team/project.git"
Variables = dict[str, str]

KINDS: dict[str, Variables] = {
    "merge request": {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7"},
    "default branch": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"},
    "default branch with a page": {
        "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "PUBLISH_REPORT": "true",
    },
    "default branch with images": {
        "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "BUILD_IMAGES": "true",
    },
    "default branch with an open merge request": {
        "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main",
        "CI_OPEN_MERGE_REQUESTS": "team/project!7",
    },
    "other branch": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "idea"},
    "tag": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "model-v1.0.0"},
    "schedule": {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"},
    "schedule that tests": {
        "CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main", "REBUILD": "no",
        "TEST_LONG": "true",
    },
    "schedule that watches": {
        "CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main", "REBUILD": "no",
        "MONITOR_BATCH": "s3://models/scored/batch.csv",
    },
}  # fmt: skip
"""What GitLab sets in each kind of pipeline."""


def require() -> None:
    """Skip where a program is missing; in CI fail."""
    programs.require("node", "rsync")
    programs.require(str(PROGRAM), fix="`make test`")


def documents(file: Path) -> list[dict[str, Any]]:
    """Return the pipeline, after the document that describes its inputs, if there are any."""
    return list(YAML(typ="safe").load_all(io.StringIO(file.read_text(encoding="utf-8"))))


@dataclass(frozen=True)
class Child:
    """What a job of the parent pipeline starts: a project's pipeline, with the job's inputs."""

    folder: str
    inputs: Path

    def options(self) -> list[str]:
        """Return the options of a command that runs it: gitlab-ci-local itself passes no inputs."""
        return ["--file", f"{self.folder}/.gitlab-ci.yml", "--inputs-file", str(self.inputs)]


def child(clone: Path, job: str, folder: Path) -> Child:
    """Read what a job of the parent pipeline starts; its inputs are put into a folder."""
    (include,) = documents(clone / ".gitlab-ci.yml")[0][job]["trigger"]["include"]
    inputs = folder / "inputs.yml"
    inputs.write_text(json.dumps(include["inputs"]), encoding="utf-8")
    return Child(include["local"].removesuffix("/.gitlab-ci.yml"), inputs)


def command(kind: str, child: Child | None = None) -> list[str]:
    """Return the command that lists a pipeline of this kind, or a child of such a pipeline."""
    known = KINDS[kind] | {"CI_DEFAULT_BRANCH": "main"}
    if child is not None:
        source = known["CI_PIPELINE_SOURCE"]
        known |= {"CI_PIPELINE_SOURCE": "parent_pipeline", "PARENT_SOURCE": source}
    options = [part for name, value in known.items() for part in ("--variable", f"{name}={value}")]
    if "CI_COMMIT_BRANCH" not in known:
        options += ["--unset-variable", "CI_COMMIT_BRANCH"]
    overridden = ",".join([*known, "CI_COMMIT_BRANCH"])
    own = child.options() if child else []
    return [str(PROGRAM), "--ignore-predefined-vars", overridden, *own, *options]


def jobs(
    kind: str, home: Path, folder: Path = project.ROOT, child: Child | None = None
) -> dict[str, str]:
    """Return the jobs of a pipeline of this kind, and when they run."""
    listed = subprocess.run(
        [*command(kind, child), "--list-json", "--state-dir", ".cache/gitlab-ci-local/state"],
        cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(listed.stdout)
    return {job["name"]: job["when"] for job in found if job["when"] != "never"}
