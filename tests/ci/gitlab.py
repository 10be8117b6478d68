"""What GitLab makes of the pipeline file, by gitlab-ci-local."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests import programs
from tools import project

PROGRAM = project.ROOT / ".cache/gitlab-ci-local/node_modules/.bin/gitlab-ci-local"
ADDRESS = "https://gitlab.example.com/team/project.git"
Variables = dict[str, str]

KINDS: dict[str, Variables] = {
    "merge request": {"CI_PIPELINE_SOURCE": "merge_request_event"},
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
    "other tag": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1"},
    "schedule": {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"},
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


def command(kind: str) -> list[str]:
    """Return the command that lists a pipeline of this kind."""
    known = KINDS[kind] | {"CI_DEFAULT_BRANCH": "main"}
    options = [part for name, value in known.items() for part in ("--variable", f"{name}={value}")]
    if "CI_COMMIT_BRANCH" not in known:
        options += ["--unset-variable", "CI_COMMIT_BRANCH"]
    overridden = ",".join([*known, "CI_COMMIT_BRANCH"])
    return [str(PROGRAM), "--ignore-predefined-vars", overridden, *options]


def jobs(kind: str, home: Path) -> dict[str, str]:
    """Return the jobs of a pipeline of this kind, and when they run."""
    listed = subprocess.run(
        [*command(kind), "--list-json", "--state-dir", ".cache/gitlab-ci-local/state"],
        cwd=project.ROOT, env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(listed.stdout)
    return {job["name"]: job["when"] for job in found if job["when"] != "never"}
