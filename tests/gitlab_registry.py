"""Releases and packages of a project on GitLab, as its documentation describes their APIs.

What is not documented is refused: another path by 404, another token by 401, a missing field by
400.

References
----------
GitLab, "Releases API", "Release links API", "Generic packages repository", "Model registry API".
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.clone import IDENTITY
from tests.gitlab_models import (
    API_TOKEN,
    JOB_TOKEN,
    NOWHERE,
    PROJECT,
    UNAUTHORIZED,
    Models,
    Said,
    Sent,
)


class Registry:
    """The state of the project.

    Attributes
    ----------
    repository
        The bare one whose tags a release makes.
    files
        What was uploaded, in turn, by its path below ``packages/``.
    has_models, may_tag
        Whether there is a model registry, and whether the user may create protected tags.
    storage
        Where GitLab sends downloads to; empty where it serves them itself.
    rival
        Commit that somebody else tags just before a release is made.
    """

    def __init__(self, repository: Path | None = None) -> None:
        self.repository = repository
        self.releases: dict[str, dict[str, Any]] = {}
        self.files: dict[str, list[bytes]] = {}
        self.models = Models()
        self.has_models = self.may_tag = True
        self.storage = self.rival = ""
        self.seen: list[Sent] = []

    def answer(self, sent: Sent) -> Said | None:
        """Answer a request; None of one that is no affair of registries and releases."""
        below = sent.path.removeprefix(f"{PROJECT}/")
        parts = {"releases": self._releases, "packages": self._packages, "ml": self._models}
        part = parts.get(below.partition("/")[0]) if below != sent.path else None
        if part is None:
            return None
        self.seen.append(sent)
        return part(sent, below)

    def _models(self, sent: Sent, _: str) -> Said:
        return self.models.answer(sent) if self.has_models else (404, NOWHERE)

    def _releases(self, sent: Sent, below: str) -> Said:  # noqa: PLR0911 - one an endpoint
        if sent.tokens not in ({"job": JOB_TOKEN}, {"private": API_TOKEN}):
            return 401, UNAUTHORIZED
        match [sent.method, *below.split("/")[1:]]:
            case ["POST"]:
                return self._release(sent.json)
            case ["GET", name] if name in self.releases:
                return 200, self.releases[name]
            case ["PUT", name] if name in self.releases and self.may_tag:
                self.releases[name] |= sent.json
                return 200, self.releases[name]
            case ["GET", name, "assets", "links"] if name in self.releases:
                return 200, self.releases[name]["links"]
            case ["POST", name, "assets", "links"] if name in self.releases:
                return self._link(self.releases[name]["links"], sent.json)
        return 404, NOWHERE

    def _release(self, content: dict[str, Any]) -> Said:
        name = content.get("tag_name")
        if not name:
            return 400, {"error": "tag_name is missing"}
        if not self.may_tag:
            return 403, {"message": "You are not allowed to create this tag as it is protected."}
        if name in self.releases:
            return 409, {"message": "Release already exists"}
        if self.rival:
            self._git("tag", "--annotate", "--message", "theirs", name, self.rival)
        if self._git("rev-parse", "--quiet", "--verify", f"refs/tags/{name}").returncode:
            if not content.get("ref"):
                return 422, {"message": "Ref is not specified"}
            message = content.get("tag_message", "").strip()
            annotate = ["--annotate", "--cleanup=verbatim", "--message", message] if message else []
            if self._git("tag", *annotate, name, content["ref"]).returncode:
                return 400, {"message": f"Target {content['ref']} is invalid"}
        links = content.get("assets", {}).get("links", [])
        self.releases[name] = {
            "tag_name": name, "name": content.get("name", name),
            "description": content.get("description", ""),
            "links": [{"id": number, **link} for number, link in enumerate(links)],
        }  # fmt: skip
        return 201, self.releases[name]

    def _link(self, links: list[dict[str, Any]], content: dict[str, Any]) -> Said:
        if not {"name", "url"} <= set(content):
            return 400, {"error": "name is missing, url is missing"}
        if not self.may_tag:
            return 403, {"message": "403 Forbidden"}
        if any(link[key] == content[key] for link in links for key in ("name", "url")):
            return 400, {"message": "has already been taken"}
        links.append({"id": len(links), **content})
        return 201, links[-1]

    def _packages(self, sent: Sent, below: str) -> Said:
        """Serve files of generic packages and of versions in the model registry."""
        place, number = below.removeprefix("packages/"), ""
        if found := re.fullmatch(r"ml_models/(\d+)/files/(?:[\w.+-]+/)*[\w.+-]+", place):
            number, allowed = found[1], ({"bearer": API_TOKEN}, {"bearer": JOB_TOKEN})
        elif re.fullmatch(r"generic/[\w.+-]+/[\w.+-]+/(?:[\w.+-]+/)*[\w.+-]+", place):
            allowed = ({"job": JOB_TOKEN}, {"private": API_TOKEN})
        else:
            return 404, NOWHERE
        if sent.tokens not in allowed:
            return 401, UNAUTHORIZED
        if number and number not in {str(one.number) for one in self.models.versions()}:
            return 404, NOWHERE
        if sent.method == "PUT":
            self.files.setdefault(place, []).append(sent.body)
            return 201, {"message": "201 Created"}
        if sent.method != "GET" or place not in self.files:
            return 404, NOWHERE
        return (302, f"{self.storage}/{place}") if self.storage else (200, self.files[place][-1])

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        git = ["git", "--git-dir", str(self.repository), *arguments]
        environment = {**os.environ, **IDENTITY}
        return subprocess.run(git, capture_output=True, check=False, env=environment)
