"""Several models in one repository: the parent's pipelines, and a child executed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from src.new_model.shared import PIPELINE, ModelEntry, entered
from tests.ci import gitlab
from tests.ci.team import Team
from tests.ci.test_file import JOBS
from tools import project

CACHE = Path(".cache/dvc")
MODELS = [ModelEntry(PurePosixPath("diagnosis"), CACHE),
          ModelEntry(PurePosixPath("churn"), CACHE)]  # fmt: skip
BOTH = {"model:diagnosis", "model:churn"}
STARTED = {
    ("merge request", "churn"): {"changed", "model:churn"},
    ("merge request", ""): {"changed"},
    ("default branch", "diagnosis"): {"model:diagnosis"},
    ("default branch", ""): set[str](),
    ("default branch with an open merge request", "churn"): set[str](),
    ("tag", ""): set(),
    ("schedule", ""): BOTH,
}
"""The jobs of the parent pipeline by its kind, and by the folder in which something has changed."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a clone with two models' pipelines and their parent, as the default branch has it."""
    gitlab.require()
    folder = tmp_path / "clone"
    for model in MODELS:
        (folder / model.folder).mkdir(parents=True)
        shutil.copy(project.ROOT / PIPELINE, folder / model.folder)
    for name, text in entered({}, MODELS).items():
        (folder / name).write_text(text, encoding="utf-8")
    project.commit(folder)
    for command in (["update-ref", "refs/remotes/origin/main", "HEAD"],
                    ["remote", "add", "origin", gitlab.ADDRESS]):  # fmt: skip
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(("kind", "changed"), STARTED)
def test_what_the_parent_starts(kind: str, changed: str, repository: Path, tmp_path: Path) -> None:
    (repository / changed / "NOTES.md").write_text("Something new.\n", encoding="utf-8")
    project.commit(repository)
    assert set(gitlab.jobs(kind, tmp_path, repository)) == STARTED[kind, changed]


def test_gitlabs_schema_of_the_parent(repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "parent.yml"
    file.write_text(json.dumps(gitlab.documents(repository / PIPELINE)[0]), encoding="utf-8")
    program = Path(sys.executable).with_name("check-jsonschema")
    schema = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    ran = subprocess.run([program, *schema, file], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    "kind", ["merge request", "default branch", "schedule", "schedule that watches"]
)
def test_a_child_has_the_jobs_of_a_repository_of_its_own(
    kind: str, repository: Path, tmp_path: Path
) -> None:
    child = gitlab.child(repository, "model:churn", tmp_path)
    assert gitlab.jobs(kind, tmp_path, repository, child) == JOBS[kind]


@pytest.fixture
def team(two_models: Path, tmp_path: Path) -> Iterator[Team]:
    gitlab.require()
    made = Team(tmp_path, two_models / "clone", "diagnosis", "churn")
    yield made
    made.close()


@pytest.mark.long
def test_one_of_two_models_is_published_and_released(team: Team) -> None:
    team.may_publish()
    team.project("churn").succeed("dvc", "push", "--quiet")
    # Building anew takes its time, and has its test in a repository of one model.
    pipeline = team.pipeline("default branch", checks="true", job="model:churn",
                             MAKEFLAGS="REBUILD=no")  # fmt: skip
    assert pipeline.status == 0, pipeline.log
    ended = ("test", "reproduce", "gate", "report", "publish", "register")
    assert pipeline.ended() == dict.fromkeys(ended, "PASS")
    assert (team.pushed(), team.tags()) == ([], ["churn-model-v1.0.0"])
    assert "roc_auc" in pipeline.report("report", "metrics").read_text()
    assert pipeline.report("gate", "junit").is_file()
    page = pipeline.artifact("report", "churn/report/index.html")
    assert "The gate has passed" in page.read_text(encoding="utf-8")

    release = team.gitlab.registry.releases["churn-model-v1.0.0"]  # by the job's token alone:
    assert "churn/src/models/model.skops" in release["description"]
    packages = {path.rpartition("/")[0] for path in team.gitlab.registry.files}
    assert packages == {"generic/churn-model/1.0.0"}
    assert "model.skops" in {link["name"] for link in release["links"]}
