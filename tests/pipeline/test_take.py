"""Taking what a pipeline has built, from a server that speaks GitLab's jobs API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from src.repository import dvc_lock as lock
from tests.clone import Clone
from tests.pipeline.jobs import TOKEN, Jobs, packed

PATCH = "report/reproduced.patch"
MODEL = "src/models/model.skops"


def artifacts(clone: Clone) -> dict[str, bytes]:
    """Return what the job `reproduce` keeps, see .gitlab-ci.yml."""
    files = [*(clone.folder / ".dvc/cache/files").rglob("*"), clone.folder / PATCH]
    return {path.relative_to(clone.folder).as_posix(): path.read_bytes()
            for path in files if path.is_file()}  # fmt: skip


@pytest.fixture
def built_there(built: Clone) -> Iterator[tuple[Clone, Clone, Jobs]]:
    """Return a clone with a change that was not run, the runner's clone, and GitLab."""
    built.edit("params.yaml", "max_iter: 20", "max_iter: 10")
    built.commit("a parameter")
    runner = Clone(built.folder / "runner")
    built.succeed("git", "clone", "--quiet", ".", str(runner.folder))
    assert runner.run("python", "-m", "src.verify").returncode == 1
    jobs = Jobs(packed(artifacts(runner)))
    (built.folder / ".git/info/exclude").write_text("/runner\n", encoding="utf-8")
    yield built, runner, jobs
    jobs.close()


def take(clone: Clone, job: str, token: str = TOKEN) -> str:
    ran = clone.run("python", "-m", "src.verify.take", job, GITLAB_TOKEN=token)
    assert "Traceback" not in ran.stderr
    return ran.stdout if ran.returncode == 0 else f"refused: {ran.stderr}"


def test_files_data_and_model_are_those_that_the_pipeline_built(
    built_there: tuple[Clone, Clone, Jobs],
) -> None:
    here, runner, jobs = built_there
    assert "Taken, with 3 objects of data and model" in take(here, jobs.address)
    assert here.read("dvc.lock") == runner.read("dvc.lock")
    assert lock.differences(lock.outputs(here.folder), here.folder) == {}
    here.commit("what the pipeline built")
    printed = here.succeed("python", "-m", "src.verify", "--rebuild", "no")
    assert here.ran(printed) == []


def test_what_cannot_be_taken_changes_nothing(built_there: tuple[Clone, Clone, Jobs]) -> None:
    here, runner, jobs = built_there
    found = artifacts(runner)
    [model] = [
        entry.md5 for entry in lock.results(runner.folder) if entry.path.name == "model.skops"
    ]
    name = f".dvc/cache/files/md5/{model[:2]}/{model[2:]}"
    cases = {
        "the artifacts hold another file": {**found, name: found[name] + b"?"},
        f"its artifacts have no {PATCH}": {"readme": b""},
        "has built 0123456789ab, but this is": {
            **found, PATCH: b"Built from 0123456789abcdef\n" + found[PATCH].partition(b"\n")[2],
        },
        "does not begin with 'Built from '": {**found, PATCH: found[PATCH].partition(b"\n")[2]},
    }  # fmt: skip
    for told, files in cases.items():
        jobs.artifacts = packed(files)
        assert told in take(here, jobs.address)
        assert here.status() == ""
    jobs.artifacts = b"<html>"
    assert "have no report/reproduced.patch" in take(here, jobs.address)
    assert "GitLab answered 404" in take(here, jobs.address, token="wrong")  # noqa: S106 - a test's own
    assert "GitLab answered 404" in take(here, jobs.address.replace("/9", "/8"))
    assert "expected an address" in take(here, "9")
    jobs.close()
    assert "Try again" in take(here, jobs.address.replace(jobs.endpoint, "http://127.0.0.1:9"))
    assert here.status() == ""
