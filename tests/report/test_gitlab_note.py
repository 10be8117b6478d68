"""The note against a server that speaks GitLab's notes API as its documentation describes it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from src.report.gitlab_note import MARKER, Target, post

TOKEN = "glpat-for-tests"  # noqa: S105 - opens nothing
ME = 7
UPLOADS = "/api/v4/projects/42/uploads"
NOTES = "/api/v4/projects/42/merge_requests/5/notes"


Answer = tuple[int, dict[str, str], str]
"""Status, headers, body."""


class GitLab(ThreadingHTTPServer):
    """A merge request's notes; ``answers`` overrides what the next requests get."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.notes: list[dict[str, Any]] = []
        self.answers: list[Answer] = []
        self.seen: list[str] = []
        self.delay = 0.0
        self.pictures: list[Path] = []
        self.uploads: list[bytes] = []
        self.may_upload = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, body: str, author: int = ME) -> None:
        self.notes.append({"id": len(self.notes) + 1, "body": body, "author": {"id": author}})

    def post(self, text: str, token: str = TOKEN, timeout: float = 2) -> str:
        target = Target(self.url, token, "42", "5")
        return post(target, text, self.pictures, page="https://page", timeout=timeout, patience=0)


class Handler(BaseHTTPRequestHandler):
    server: GitLab

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep quiet."""

    def handle_any(self) -> None:
        path = urlsplit(self.path).path
        self.server.seen.append(f"{self.command} {path}")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if path == UPLOADS:
            self.upload(body)
            return
        sent = json.loads(body) if length else {}
        time.sleep(self.server.delay)
        if self.server.answers:
            status, headers, text = self.server.answers.pop(0)
            self.answer(status, text, headers)
        elif self.headers.get("PRIVATE-TOKEN") != TOKEN:
            self.answer(401, '{"message": "401 Unauthorized"}')
        else:
            self.serve(path, sent)

    def upload(self, body: bytes) -> None:
        if not self.server.may_upload:
            self.answer(403, '{"message": "403 Forbidden"}')
            return
        self.server.uploads.append(body)
        address = f"/uploads/{len(self.server.uploads)}/picture.png"
        self.answer(201, json.dumps({"alt": "x", "url": address, "markdown": f"![x]({address})"}))

    def serve(self, path: str, sent: dict[str, str]) -> None:
        number = path.removeprefix(f"{NOTES}/")
        if (self.command, path) == ("GET", "/api/v4/user"):
            self.answer(200, json.dumps({"id": ME, "username": "bot"}))
        elif (self.command, path) == ("GET", NOTES):
            self.page(parse_qs(urlsplit(self.path).query))
        elif (self.command, path) == ("POST", NOTES):
            self.server.add(sent["body"])
            self.answer(201, json.dumps(self.server.notes[-1]))
        elif self.command == "PUT" and number.isdigit():
            self.server.notes[int(number) - 1]["body"] = sent["body"]
            self.answer(200, json.dumps(self.server.notes[int(number) - 1]))
        else:
            self.answer(404, '{"message": "404 Not found"}')

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815 - the base's names

    def page(self, query: dict[str, list[str]]) -> None:
        size, page = int(query.get("per_page", ["20"])[0]), int(query.get("page", ["1"])[0])
        found = self.server.notes[::-1]  # GitLab sends the newest first
        headers = {"X-Page": str(page), "X-Per-Page": str(size), "X-Total": str(len(found))}
        if page * size < len(found):
            address = f"{self.server.url}{NOTES}?page={page + 1}&per_page={size}"
            headers |= {"Link": f'<{address}>; rel="next"', "X-Next-Page": str(page + 1)}
        self.answer(200, json.dumps(found[(page - 1) * size : page * size]), headers)

    def answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())
        except BrokenPipeError:  # the client has given up waiting
            pass


@pytest.fixture
def server() -> Iterator[GitLab]:
    with GitLab() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_the_first_note_is_created_and_the_next_replaces_it(server: GitLab) -> None:
    assert server.post("one") == "Note 1 created."
    assert server.post("two") == "Note 1 updated."
    assert [note["body"] for note in server.notes] == [f"{MARKER}\ntwo"]


def test_an_old_note_is_found_behind_pages_of_others(server: GitLab) -> None:
    server.post("one")
    for number in range(250):
        server.add(f"remark {number}", author=3)
    assert server.post("two") == "Note 1 updated."
    assert len(server.notes) == 251
    assert sum(seen == f"GET {NOTES}" for seen in server.seen) == 4  # one, then three pages


def test_a_note_that_someone_copied_is_left_alone(server: GitLab) -> None:
    server.add(f"{MARKER}\ncopied", author=3)
    server.add(f"see below\n{MARKER}")
    assert server.post("mine") == "Note 3 created."
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
    message = server.post("text")
    assert message.startswith(f"No note: GitLab answered {status}")
    assert said in message
    assert server.notes == []
    assert TOKEN not in message


def test_a_wrong_token_is_refused(server: GitLab) -> None:
    assert "401" in server.post("text", token="wrong")  # noqa: S106 - opens nothing
    assert server.notes == []


@pytest.mark.parametrize("headers", [{"Retry-After": "0"}, {"Retry-After": "3600"}, {},
                                     {"RateLimit-Reset": "99999999999"},
                                     {"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT"}])  # fmt: skip
def test_too_many_requests_are_repeated_without_waiting_for_ever(
    server: GitLab, headers: dict[str, str]
) -> None:
    server.answers = [(429, headers, "{}")]
    started = time.monotonic()
    assert server.post("text") == "Note 1 created."
    assert time.monotonic() - started < 5


def test_patience_has_an_end(server: GitLab) -> None:
    fine: Answer = (200, {}, json.dumps({"id": ME}))
    server.answers = [fine, *[(429, {"Retry-After": "0"}, "{}")] * 50]
    assert "429: too many requests" in server.post("text")
    assert len(server.seen) == 5  # the user, then one request and three repetitions


def test_a_timeout_is_told(server: GitLab) -> None:
    server.delay = 0.5
    assert "does not answer as GitLab does (ReadTimeout)" in server.post("text", timeout=0.1)


NO_JSON_OBJECT = ["<html>login</html>", '"x"', "null", '{"id": 7, "']


@pytest.mark.parametrize(
    ("before", "text"), [(0, "[]"), *((step, text) for step in (0, 1) for text in NO_JSON_OBJECT)]
)
def test_a_server_that_is_not_gitlab_is_told(server: GitLab, before: int, text: str) -> None:
    server.answers = [*[(200, {}, json.dumps({"id": ME}))] * before, (200, {}, text)]
    assert server.post("text").startswith("No note: ")
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
    assert server.notes[0]["body"].startswith(f"{MARKER}\n## fine\n\n[The whole report](https://")


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
    assert server.post(PICTURED) == "Note 1 created."
    body = server.notes[0]["body"]
    assert "![a \\[b\\] c](/uploads/1/picture.png)" in body
    assert "![two](/uploads/2/picture.png)" in body
    assert b"one.png" in server.uploads[0]


def test_where_the_token_may_not_upload_the_note_links_to_the_page(
    server: GitLab, tmp_path: Path
) -> None:
    (tmp_path / "one.png").write_bytes(b"x")
    server.pictures, server.may_upload = [tmp_path / "one.png"], False
    assert server.post(PICTURED) == "Note 1 created."
    assert "[a \\[b\\] c](https://page)" in server.notes[0]["body"]
    assert "![" not in server.notes[0]["body"]
