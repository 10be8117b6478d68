"""The issue of the monitor, against a server that speaks GitLab's API."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.base.errors import InputError
from src.monitor.issue import LABEL, MARKER, TITLE, tell
from tests.gitlab_server import ME, TOKEN, GitLab, serving


@pytest.fixture
def server() -> Iterator[GitLab]:
    with serving() as running:
        yield running


def environment(server: GitLab) -> dict[str, str]:
    return {"CI_SERVER_URL": server.url, "CI_PROJECT_ID": "42", "GITLAB_NOTE_TOKEN": TOKEN}


def said(server: GitLab, text: str, alarm: bool = True, model: str = "") -> str:
    return tell(text, environment(server), alarm=alarm, model=model, limits=(2, 0))


def test_alarms_open_one_issue_and_later_batches_update_it(server: GitLab) -> None:
    assert said(server, "first") == "Issue 1 opened."
    assert said(server, "second") == "Issue 1 updated."
    assert said(server, "all is well", alarm=False) == "Issue 1 updated."
    (issue,) = server.issues
    assert issue["description"].startswith(f"{MARKER}\nall is well")
    assert (issue["title"], issue["labels"]) == (TITLE, LABEL)


def test_each_of_several_models_has_its_issue(server: GitLab) -> None:
    assert said(server, "first") == "Issue 1 opened."
    assert said(server, "second", model="churn") == "Issue 2 opened."
    assert said(server, "third", model="churn") == "Issue 2 updated."
    assert [issue["title"] for issue in server.issues] == [TITLE, f"{TITLE}: churn"]


def test_without_an_alarm_no_issue_is_opened(server: GitLab) -> None:
    assert said(server, "fine", alarm=False) == "No alarm, and no issue is open."
    assert server.issues == []


def test_an_issue_that_somebody_closed_is_not_opened_again(server: GitLab) -> None:
    server.add_issue(f"{MARKER}\nold", state="closed")
    assert said(server, "new") == "Issue 2 opened."
    assert server.issues[0]["description"] == f"{MARKER}\nold"


def test_issues_of_others_are_left_alone_and_ours_is_found_behind_them(server: GitLab) -> None:
    server.add_issue(f"{MARKER}\ncopied", author=3)
    for number in range(150):
        server.add_issue(f"our remark {number}", author=ME)
    server.add_issue(f"{MARKER}\nours")
    assert said(server, "new") == "Issue 152 updated."
    assert server.issues[0]["description"] == f"{MARKER}\ncopied"


@pytest.mark.parametrize(
    ("status", "fix"),
    [(401, "Renew GITLAB_NOTE_TOKEN"), (403, "needs the scope api"), (404, "this project")],
)
def test_a_refusal_is_told(server: GitLab, status: int, fix: str) -> None:
    server.answers = [(200, {}, json.dumps({"id": ME})), (status, {}, '{"message": "no"}')]
    with pytest.raises(InputError, match=f"{status}.*{fix}"):
        said(server, "text")
    assert server.issues == []


@pytest.mark.parametrize(("alarm", "status"), [("yes", 1), ("no", 0)])
def test_an_alarm_that_nobody_is_told_fails_the_job(
    tmp_path: Path, alarm: str, status: int
) -> None:
    (tmp_path / "monitor.env").write_text(f"MONITOR_ALARM={alarm}\nMONITOR_REFRESH=no\n")
    (tmp_path / "issue.md").write_text("text")
    command = [sys.executable, "-m", "src.monitor.issue", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    assert (ran.returncode, ran.stderr) == (status, "")
    assert ran.stdout.startswith("No issue: GITLAB_NOTE_TOKEN, CI_SERVER_URL, CI_PROJECT_ID not")


def test_the_command_tells_and_links_the_page(server: GitLab, tmp_path: Path) -> None:
    (tmp_path / "monitor.env").write_text("MONITOR_ALARM=yes\nMONITOR_REFRESH=yes\n")
    (tmp_path / "issue.md").write_text("text\n")
    known = environment(server) | {"CI_JOB_URL": "https://gitlab.example.com/a/-/jobs/9"}
    command = [sys.executable, "-m", "src.monitor.issue", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=known)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "Issue 1 opened.\n", "")
    assert f"/jobs/9/artifacts/file/{tmp_path}/index.html" in server.issues[0]["description"]
