"""The pipeline file executed, job for job, in fresh clones and against a real S3 server."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci.runner import Pipeline
from tests.ci.sts import ROLE, TOKEN, TokenService
from tests.ci.team import PUSH_TOKEN, Team
from tests.clone import Clone
from tests.gitlab_models import API_TOKEN
from tests.gitlab_server import TOKEN as NOTE_TOKEN
from tools.s3 import BUCKET

SOME = "--ignore-glob=*/unit/test_[!r]* --ignore-glob=*/integration/test_[!w]*"
WORSE = ("max_iter: 20", "max_iter: 1")
CHECKED = ["test", "reproduce", "gate", "report"]


@pytest.fixture
def token_service(team: Team) -> Iterator[TokenService]:
    """Return a token service for the role that may write."""
    service = TokenService(team.server)
    yield service
    service.close()


def retrain(team: Team, *change: str) -> None:
    """Change a parameter and commit it with its results, which are not pushed."""
    team.author.edit("params.yaml", *change)
    team.author.succeed("dvc", "repro", "--quiet")
    team.author.commit("Another model")


def failed_checks(pipeline: Pipeline) -> list[str]:
    """Return the checks that GitLab's test widget shows as failed."""
    cases = ET.parse(pipeline.report("gate", "junit")).iter("testcase")  # noqa: S314 - pytest wrote it
    return [case.attrib["name"] for case in cases if case.find("failure") is not None]


def test_a_green_merge_request_retrains_nothing(team: Team) -> None:
    team.author.succeed("dvc", "push", "--quiet")
    before = team.bucket()
    team.author.write("NOTES.md", "Nothing that the model depends on.\n")
    team.author.commit("A note")
    # The job `test` runs for real; of the tests, whose all this suite runs, some.
    pipeline = team.merge_request("idea", PYTEST_ADDOPTS=SOME)
    assert pipeline.status == 0, pipeline.log
    assert pipeline.ended() == dict.fromkeys(CHECKED, "PASS")
    assert "Running stage" not in pipeline.job("reproduce")
    assert failed_checks(pipeline) == []
    assert "The gate has passed" in pipeline.artifact("report", "report/index.html").read_text()
    assert "roc_auc" in pipeline.report("report", "metrics").read_text()
    assert "Compared row by row on 133 rows" in pipeline.job("report")  # the log has the note
    assert team.bucket() == before


@pytest.mark.parametrize(
    "kind", [pytest.param("merge request", marks=pytest.mark.long), "default branch"]
)
def test_a_red_gate(team: Team, kind: str) -> None:
    team.author.succeed("dvc", "push", "--quiet")
    team.may_publish()
    before = team.bucket()
    retrain(team, *WORSE)
    if kind == "merge request":
        pipeline = team.merge_request("worse", checks="true")
    else:
        team.merge()
        pipeline = team.pipeline(kind, checks="true")
    assert pipeline.status != 0
    assert pipeline.ended() == dict.fromkeys(CHECKED, "PASS") | {"gate": "FAIL"}
    assert "Running stage 'train'" in pipeline.job("reproduce")  # the author had not pushed it
    assert any("bounds.test" in name for name in failed_checks(pipeline))
    assert "The gate has failed" in pipeline.artifact("report", "report/index.html").read_text()
    assert (team.bucket(), team.tags()) == (before, [])


def test_a_stale_lock_is_caught_and_the_new_files_are_offered(team: Team) -> None:
    team.author.edit("params.yaml", "max_iter: 20", "max_iter: 18")
    team.author.commit("A parameter, and no repro")
    pipeline = team.merge_request("stale", checks="true", CI_JOB_URL="https://gitlab/job")
    assert pipeline.status != 0
    # GitLab starts `report` now; gitlab-ci-local knows no skipped jobs and waits for `gate`.
    assert pipeline.ended() == {"test": "PASS", "reproduce": "FAIL"}
    log = pipeline.job("reproduce")
    assert "this commit does not build what it says" in log
    assert "`make take JOB=https://gitlab/job`" in log
    patch = pipeline.artifact("reproduce", "report/reproduced.patch")
    team.author.succeed("git", "apply", str(patch))
    offered = {name: team.author.read(name) for name in ("dvc.lock", "metrics/metrics.json")}
    team.author.succeed("git", "checkout", "--quiet", "--", ".")
    team.author.succeed("dvc", "repro", "--quiet")
    assert {name: team.author.read(name) for name in offered} == offered
    assert team.bucket() == {}


def test_a_green_default_branch_publishes_and_its_tag_is_released(
    team: Team, token_service: TokenService, tmp_path: Path
) -> None:
    team.scopes |= {
        "GITLAB_REGISTRY_TOKEN": {"registry": API_TOKEN},
        "AWS_ROLE_ARN": {"models": ROLE},
        "AWS_ID_TOKEN": {"models": TOKEN},  # the runner's `id_tokens`
        "AWS_ENDPOINT_URL_STS": {"*": token_service.endpoint},
        **{name: {"*": value, "models": ""} for name, value in team.keys.items()},
    }
    pipeline = team.pipeline("default branch with a page", checks="true")
    assert pipeline.status == 0, pipeline.log
    assert pipeline.ended() == dict.fromkeys([*CHECKED, "pages", "publish", "register"], "PASS")
    assert pipeline.artifact("pages", "public/index.html").stat().st_size > 100_000
    assert (team.pushed(), team.tags()) == ([], ["model-v1.0.0"])
    assert len(team.bucket()) == 7
    (version,) = team.gitlab.registry.models.versions()
    assert (version.name, version.version) == ("model", "1.0.0")
    files = team.gitlab.registry.files
    assert f"ml_models/{version.number}/files/model.skops" in files

    consumer = Clone(tmp_path / "consumer")
    clone = ("git", "clone", "--quiet", "--branch", "model-v1.0.0", str(team.repository))
    team.author.succeed(*clone, str(consumer.folder))
    consumer.environment = team.server.environment | team.keys
    consumer.succeed("dvc", "pull")
    consumer.succeed("python", "-m", "src.predict", "data/raw/breast_cancer.csv", "scored.csv")
    assert len(consumer.read("scored.csv").splitlines()) == 570

    text = team.gitlab.registry.releases["model-v1.0.0"]["description"]
    card = consumer.read("src/models/README.md").strip()
    report, card_at, published = (
        text.index(part) for part in ("The gate has passed", card, "## What was published")
    )
    assert report < card_at < published
    assert "src/models/model.skops" in text[published:]
    assert "The gate has passed" not in text[published:]


@pytest.mark.long
@pytest.mark.parametrize("missing", ["storage", "tag"])
def test_without_the_right_to_write_nothing_is_published(team: Team, missing: str) -> None:
    team.author.succeed("dvc", "push", "--quiet", "data/prepared/train.parquet")
    before = team.bucket()
    if missing == "tag":
        team.may_publish()
        team.gitlab.registry.may_tag = False
    pipeline = team.pipeline("default branch", checks="true")
    assert pipeline.status != 0
    assert pipeline.ended() == dict.fromkeys(CHECKED, "PASS") | {"publish": "FAIL"}
    reason = {"storage": "Access Denied", "tag": "may not create the tag"}[missing]
    assert reason in pipeline.job("publish")
    assert (team.pushed(), team.tags(), team.gitlab.registry.files) == ([], [], {})
    assert (team.bucket() == before) == (missing == "storage")  # what is stored waits for its tag


@pytest.mark.long
def test_code_that_fails_its_tests_is_not_published(team: Team) -> None:
    team.author.succeed("dvc", "push", "--quiet")
    before = team.bucket()
    team.may_publish()
    pipeline = team.pipeline("default branch", checks="false")
    assert pipeline.status != 0
    ended = pipeline.ended()
    assert ended["test"] == "FAIL"
    assert "publish" not in ended
    assert (team.bucket(), team.pushed()) == (before, [])


@pytest.mark.long
def test_imported_data_that_has_changed_becomes_a_merge_request(team: Team) -> None:
    imported = team.server.bucket / "raw/patients.csv"
    imported.parent.mkdir()
    rows = team.author.read("data/raw/breast_cancer.csv").splitlines(keepends=True)
    imported.write_text("".join(rows[:500]), encoding="utf-8")
    team.author.environment["AWS_ENDPOINT_URL"] = team.guard.endpoint
    team.author.succeed("python", "-m", "src.adopt", f"s3://{BUCKET}/raw/patients.csv", "diagnosis")
    team.author.succeed("dvc", "repro", "--quiet")
    team.author.succeed("dvc", "push", "--quiet")
    team.author.commit("Our own table")
    team.merge()
    team.scopes["GITLAB_PUSH_TOKEN"] = {"refresh": PUSH_TOKEN}
    team.scopes["AWS_ENDPOINT_URL"] = {"*": team.guard.endpoint}

    unchanged = team.pipeline("schedule", REBUILD="no")
    assert unchanged.status == 0, unchanged.log
    assert unchanged.ended() == {"refresh": "PASS"}
    assert "The imported data has not changed." in unchanged.job("refresh")
    assert team.pushed() == []

    imported.write_text("".join(rows), encoding="utf-8")
    team.server.restart(*team.reader)
    before = team.bucket()
    changed = team.pipeline("schedule", REBUILD="no")
    assert changed.status == 0, changed.log
    assert team.pushed() == [
        "ref refs/heads/refresh-data",
        "option merge_request.create",
        "option merge_request.target_project=team/project",
        "option merge_request.target=main",
        "option merge_request.title=Refresh the imported data (the gate passed)",
        "option merge_request.remove_source_branch",
    ]
    assert team.bucket() == before
    team.author.succeed("git", "fetch", "--quiet", "origin")
    changes = team.author.succeed(
        "git", "diff", "--name-only", "origin/main", "origin/refresh-data"
    )
    assert {"data/raw/patients.csv.dvc", "dvc.lock", "metrics/metrics.json"} <= set(changes.split())
    team.author.succeed("git", "checkout", "--quiet", "origin/refresh-data")
    judged = team.merge_request("refresh-data", checks="true")
    assert judged.ended()["reproduce"] == "PASS", judged.log
    assert "569 raw" in judged.job("reproduce")

    imported.write_text("".join(rows[:400]), encoding="utf-8")
    team.server.restart(*team.reader)
    late = team.merge_request("refresh-data", checks="true")
    assert late.ended()["reproduce"] == "FAIL"
    assert "data/raw/patients.csv.dvc" in late.job("reproduce")  # the source has moved on


@pytest.mark.long
def test_a_schedule_watches_the_model_and_tells_of_an_alarm_in_one_issue(team: Team) -> None:
    team.author.succeed("dvc", "push", "--quiet")
    team.author.succeed("git", "tag", "--annotate", "--message", "first", "model-v1.0.0")
    team.author.succeed("git", "push", "--quiet", "origin", "model-v1.0.0")
    batch = team.server.bucket / "scored/batch.csv"
    batch.parent.mkdir()
    rows = team.author.read("data/raw/breast_cancer.csv")
    batch.write_text(rows, encoding="utf-8")
    team.server.restart(*team.reader)
    team.scopes["AWS_ENDPOINT_URL"] = {"*": team.guard.endpoint}
    team.scopes["GITLAB_NOTE_TOKEN"] = {"*": NOTE_TOKEN}
    calm = team.pipeline("schedule that watches")
    assert calm.ended() == {"monitor": "PASS", "refresh": "PASS"}, calm.log
    assert "no issue is open" in calm.job("monitor")
    assert "sees no need of new data" in calm.job("refresh")

    batch.write_text(f"{rows.splitlines()[0]}\n" + 60 * f"{rows.splitlines()[1]}\n")
    team.server.restart(*team.reader)
    alarming = team.pipeline("schedule that watches")
    assert alarming.ended() == {"monitor": "PASS", "refresh": "PASS"}, alarming.log
    assert "Issue 1 opened." in alarming.job("monitor")
    assert "The imported data has not changed." in alarming.job("refresh")
    assert "columns have moved" in team.gitlab.issues[0]["description"]
    page = alarming.artifact("monitor", "report/monitor/index.html")
    assert "1 of 1 batch raised an alarm" in page.read_text(encoding="utf-8")

    nowhere = "s3://models/nowhere"
    broken = team.pipeline("schedule that watches", MONITOR_BATCH=nowhere)
    assert broken.status != 0
    assert broken.ended() == {"monitor": "FAIL"}
