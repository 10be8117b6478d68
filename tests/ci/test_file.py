"""The pipeline file is valid, and has exactly these jobs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci import gitlab

FILE = Path(".gitlab-ci.yml")

CHECKED = {"test": "on_success", "reproduce": "on_success", "gate": "on_success",
           "report": "always"}  # fmt: skip
PUBLISHED = {"publish": "on_success", "register": "on_success"}
JOBS = {
    "merge request": CHECKED,
    "default branch": CHECKED | PUBLISHED,
    "default branch with a page": CHECKED | PUBLISHED | {"pages": "on_success"},
    "default branch with images": CHECKED
    | PUBLISHED
    | {
        "container: [pipeline]": "on_success",
        "container: [predict]": "on_success",
        "container: [serve]": "on_success",
    },
    "default branch with an open merge request": {},
    "other branch": {},
    "tag": {},
    "schedule that tests": {"test-long": "on_success", "refresh": "on_success"},
    "schedule that watches": {"monitor": "on_success", "refresh": "on_success"},
    "schedule": {
        "refresh": "on_success",
        **{f"rebuild: [{version}]": "on_success" for version in ("3.11", "3.12", "3.13")},
    },
}


def test_gitlabs_schema(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    schema = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    files = [tmp_path / name for name in ("inputs.yml", "pipeline.yml")]
    for file, document in zip(files, gitlab.documents(FILE), strict=True):
        file.write_text(json.dumps(document), encoding="utf-8")
    ran = subprocess.run([program, *schema, *files], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("kind", gitlab.KINDS)
def test_jobs(kind: str, tmp_path: Path) -> None:
    gitlab.require()
    assert gitlab.jobs(kind, tmp_path) == JOBS[kind]


def test_only_jobs_with_secrets_have_an_environment() -> None:
    file = gitlab.documents(FILE)[-1]
    scoped = {name: job["environment"]["name"] for name, job in file.items()
              if isinstance(job, dict) and "environment" in job}  # fmt: skip
    assert scoped == {"publish": "models", "register": "registry", "refresh": "refresh"}
    assert [name for name, job in file.items() if "id_tokens" in job] == ["publish"]
    for name in ("publish", "register"):
        assert file[name]["interruptible"] is False
        assert file[name]["resource_group"]


def test_images_are_pinned() -> None:
    file = gitlab.documents(FILE)[-1]
    assert file["default"]["image"] == "$IMAGE"
    images = [file["variables"]["IMAGE"], file["container"]["image"]]
    assert all(image.rpartition(":")[2].count(".") == 2 for image in images), images


def test_the_lock_of_the_runner_names_no_registry() -> None:
    assert "resolved" not in Path("tests/ci/package-lock.json").read_text(encoding="utf-8")
