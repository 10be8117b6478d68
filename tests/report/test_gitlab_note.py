"""The note against a server that speaks GitLab's notes API as its documentation describes it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.report.gitlab_note import MARKER, Target, post
from tests.gitlab_server import ME, NOTES, TOKEN, Answer, GitLab, serving


@pytest.fixture
def server() -> Iterator[GitLab]:
    with serving() as running:
        yield running


def send(server: GitLab, text: str, token: str = TOKEN, timeout: float = 2, model: str = "") -> str:
    target = Target(server.url, token, "42", "5")
    return post(target, text, server.pictures, page="https://page", model=model, timeout=timeout,
                patience=0)  # fmt: skip


def test_the_first_note_is_created_and_the_next_replaces_it(server: GitLab) -> None:
    assert send(server, "one") == "Note 1 created."
    assert send(server, "two") == "Note 1 updated."
    assert [note["body"] for note in server.notes] == [f"{MARKER}\ntwo"]


def test_each_model_of_a_repository_has_its_own_note(server: GitLab) -> None:
    assert send(server, "one") == "Note 1 created."
    assert send(server, "two", model="churn") == "Note 2 created."
    assert send(server, "three", model="late-churn") == "Note 3 created."
    assert send(server, "four", model="churn") == "Note 2 updated."
    assert [note["body"].splitlines()[-1] for note in server.notes] == ["one", "four", "three"]


def test_an_old_note_is_found_behind_pages_of_others(server: GitLab) -> None:
    send(server, "one")
    for number in range(250):
        server.add(f"remark {number}", author=3)
    assert send(server, "two") == "Note 1 updated."
    assert len(server.notes) == 251
    assert sum(seen == f"GET {NOTES}" for seen in server.seen) == 4  # one, then three pages


def test_a_note_that_someone_copied_is_left_alone(server: GitLab) -> None:
    server.add(f"{MARKER}\ncopied", author=3)
    server.add(f"see below\n{MARKER}")
    assert send(server, "mine") == "Note 3 created."
    assert server.notes[0]["body"] == f"{MARKER}\ncopied"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "Renew GITLAB_NOTE_TOKEN"),
        (403, "needs the scope api"),
        (404, "does not see this merge request"),
        (500, "oh no"),
        (502, "oh no"),
    ],
)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_refusal_is_told_and_nothing_is_written(
    server: GitLab, status: int, said: str, before: int
) -> None:
    """At the token's check, at the list, at the writing."""
    fine: list[Answer] = [(200, {}, json.dumps({"id": ME})), (200, {}, "[]")]
    server.answers = [*fine[:before], (status, {}, '{"message": "oh no"}')]
    message = send(server, "text")
    assert message.startswith(f"No note: GitLab answered {status}")
    assert said in message
    assert server.notes == []
    assert TOKEN not in message


def test_a_wrong_token_is_refused(server: GitLab) -> None:
    assert "401" in send(server, "text", token="wrong")  # noqa: S106 - opens nothing
    assert server.notes == []


@pytest.mark.parametrize("headers", [{"Retry-After": "0"}, {"Retry-After": "3600"}, {},
                                     {"RateLimit-Reset": "99999999999"},
                                     {"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT"}])  # fmt: skip
def test_too_many_requests_are_repeated_without_waiting_for_ever(
    server: GitLab, headers: dict[str, str]
) -> None:
    server.answers = [(429, headers, "{}")]
    started = time.monotonic()
    assert send(server, "text") == "Note 1 created."
    assert time.monotonic() - started < 5


def test_patience_has_an_end(server: GitLab) -> None:
    fine: Answer = (200, {}, json.dumps({"id": ME}))
    server.answers = [fine, *[(429, {"Retry-After": "0"}, "{}")] * 50]
    assert "429: too many requests" in send(server, "text")
    assert len(server.seen) == 5  # the user, then one request and three repetitions


def test_a_timeout_is_told(server: GitLab) -> None:
    server.delay = 0.5
    assert "does not answer as GitLab does (ReadTimeout)" in send(server, "text", timeout=0.1)


NO_JSON_OBJECT = ["<html>login</html>", '"x"', "null", '{"id": 7, "']


@pytest.mark.parametrize(
    ("before", "text"), [(0, "[]"), *((step, text) for step in (0, 1) for text in NO_JSON_OBJECT)]
)
def test_a_server_that_is_not_gitlab_is_told(server: GitLab, before: int, text: str) -> None:
    server.answers = [*[(200, {}, json.dumps({"id": ME}))] * before, (200, {}, text)]
    assert send(server, "text").startswith("No note: ")
    assert server.notes == []


def test_nobody_there_is_told() -> None:
    with GitLab() as closed:
        url = closed.url
    said = post(Target(url, TOKEN, "42", "5"), "text", timeout=1, patience=0)
    assert "does not answer as GitLab does (ConnectionError)" in said


@pytest.fixture
def environment(server: GitLab) -> dict[str, str]:
    return {
        "CI_SERVER_URL": server.url,
        "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "5",
        "CI_JOB_URL": "https://gitlab.example.com/group/project/-/jobs/9",
        "GITLAB_NOTE_TOKEN": TOKEN,
    }


def run(path: Path, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "src.report.post_note", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert TOKEN not in ran.stdout
    return ran.stdout


def test_the_command_posts_and_links_the_page(
    server: GitLab, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "report.md").write_text("## fine\n")
    assert run(tmp_path / "report.md", environment) == "Note 1 created.\n"
    assert "model report -->\n## fine\n\n[The whole report](https://" in server.notes[0]["body"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("GITLAB_NOTE_TOKEN", "GITLAB_NOTE_TOKEN is not set"),
        ("CI_MERGE_REQUEST_IID", "no merge-request pipeline"),
    ],
)
def test_without_token_or_merge_request_nothing_is_asked(
    server: GitLab, environment: dict[str, str], tmp_path: Path, missing: str, said: str
) -> None:
    (tmp_path / "report.md").write_text("## fine\n")
    assert said in run(tmp_path / "report.md", environment | {missing: ""})
    assert server.seen == []


def test_a_missing_report_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    assert "Make it with `make report`" in run(tmp_path / "report.md", environment)


PICTURED = "# Verdict\n\n![a \\[b\\] c](pictures/one.png)\n\n![two](pictures/two.png)\n"


def test_pictures_are_uploaded_and_shown(server: GitLab, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        (tmp_path / name).write_bytes(name.encode())
    server.pictures = sorted(tmp_path.iterdir())
    assert send(server, PICTURED) == "Note 1 created."
    body = server.notes[0]["body"]
    assert "![a \\[b\\] c](/uploads/1/picture.png)" in body
    assert "![two](/uploads/2/picture.png)" in body
    assert b"one.png" in server.uploads[0]


def test_where_the_token_may_not_upload_the_note_links_to_the_page(
    server: GitLab, tmp_path: Path
) -> None:
    (tmp_path / "one.png").write_bytes(b"x")
    server.pictures, server.may_upload = [tmp_path / "one.png"], False
    assert send(server, PICTURED) == "Note 1 created."
    assert "[a \\[b\\] c](https://page)" in server.notes[0]["body"]
    assert "![" not in server.notes[0]["body"]
