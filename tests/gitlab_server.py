"""A server that speaks GitLab's APIs as its documentation describes them."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.gitlab_models import Said, Sent
from tests.gitlab_registry import Registry

TOKEN = "glpat-for-tests"  # noqa: S105 - opens nothing
ME = 7
UPLOADS = "/api/v4/projects/42/uploads"
ISSUES = "/api/v4/projects/42/issues"
NOTES = "/api/v4/projects/42/merge_requests/5/notes"


Answer = tuple[int, dict[str, str], str]
"""Status, headers, body."""


class GitLab(ThreadingHTTPServer):
    """Notes, issues, releases and registries of a project.

    Attributes
    ----------
    answers
        What the next requests get.
    failing
        What the first request gets that begins so, as in ``PUT /api/v4/``.
    """

    def __init__(self, repository: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.registry = Registry(repository)
        self.failing: dict[str, Answer] = {}
        self.notes: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
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

    def add_issue(self, description: str, author: int = ME, state: str = "opened") -> None:
        number = len(self.issues) + 1
        self.issues.append({"id": 100 + number, "iid": number, "description": description,
                            "state": state, "author": {"id": author}, "title": "x"})  # fmt: skip


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
        asked = f"{self.command} {path}"
        for beginning in [one for one in self.server.failing if asked.startswith(one)]:
            status, headers, text = self.server.failing.pop(beginning)
            self.answer(status, text, headers)
            return
        if said := self.server.registry.answer(
            Sent(self.command, self.path, dict(self.headers), body)
        ):
            self.say(said)
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

    def say(self, said: Said) -> None:
        status, content = said
        if isinstance(content, bytes):
            self.answer(status, content, {"Content-Type": "application/octet-stream"})
        elif isinstance(content, str):
            self.answer(status, "", {"Location": content})
        else:
            self.answer(status, json.dumps(content))

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
            self.page(NOTES, self.server.notes[::-1])  # GitLab sends the newest first
        elif (self.command, path) == ("POST", NOTES):
            self.server.add(sent["body"])
            self.answer(201, json.dumps(self.server.notes[-1]))
        elif path == ISSUES or path.startswith(f"{ISSUES}/"):
            self.serve_issue(path.removeprefix(ISSUES).strip("/"), sent)
        elif self.command == "PUT" and number.isdigit():
            self.server.notes[int(number) - 1]["body"] = sent["body"]
            self.answer(200, json.dumps(self.server.notes[int(number) - 1]))
        else:
            self.answer(404, '{"message": "404 Not found"}')

    def serve_issue(self, number: str, sent: dict[str, str]) -> None:
        if self.command == "GET":
            asked = {key: value[0] for key, value in parse_qs(urlsplit(self.path).query).items()}
            found = [
                issue for issue in self.server.issues
                if issue["state"] == asked.get("state", issue["state"])
                and str(issue["author"]["id"]) == asked.get("author_id", str(issue["author"]["id"]))
            ]  # fmt: skip
            self.page(ISSUES, found)
        elif self.command == "POST":
            self.server.add_issue(sent["description"])
            self.server.issues[-1] |= sent
            self.answer(201, json.dumps(self.server.issues[-1]))
        else:
            self.server.issues[int(number) - 1] |= sent
            self.answer(200, json.dumps(self.server.issues[int(number) - 1]))

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815 - the base's names

    def page(self, path: str, found: list[dict[str, Any]]) -> None:
        query = parse_qs(urlsplit(self.path).query)
        size, page = int(query.get("per_page", ["20"])[0]), int(query.get("page", ["1"])[0])
        headers = {"X-Page": str(page), "X-Per-Page": str(size), "X-Total": str(len(found))}
        if page * size < len(found):
            rest = "&".join(f"{key}={value[0]}" for key, value in query.items() if key != "page")
            address = f"{self.server.url}{path}?{rest}&page={page + 1}"
            headers |= {"Link": f'<{address}>; rel="next"', "X-Next-Page": str(page + 1)}
        self.answer(200, json.dumps(found[(page - 1) * size : page * size]), headers)

    def answer(self, status: int, text: str | bytes, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text if isinstance(text, bytes) else text.encode())
        except BrokenPipeError:  # the client has given up waiting
            pass


@contextlib.contextmanager
def serving(repository: Path | None = None) -> Iterator[GitLab]:
    """Start a server, of a bare repository if there is one; end it."""
    with GitLab(repository) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()
