"""The model registry of a project on GitLab, as an MLflow client sees it.

References
----------
GitLab, "MLflow client compatibility", and what its sources answer, ``lib/api/ml/mlflow``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

API_TOKEN, JOB_TOKEN = "glpat-registry", "glcbt-job"
PROJECT = "/api/v4/projects/42"
MLFLOW = f"{PROJECT}/ml/mlflow/api/2.0/mlflow"
NOWHERE = {"message": "404 Not found"}
UNAUTHORIZED = {"message": "401 Unauthorized"}
UNKNOWN = {"error_code": "RESOURCE_DOES_NOT_EXIST"}
TAKEN = {"error_code": "RESOURCE_ALREADY_EXISTS"}
INVALID = {"error_code": "INVALID_PARAMETER_VALUE"}

Said = tuple[int, Any]
"""Status; a JSON value, the bytes of a file, or the address that a download is sent to."""


@dataclass(frozen=True)
class Sent:
    """A request."""

    method: str
    address: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    @property
    def query(self) -> dict[str, str]:
        found = parse_qs(urlsplit(self.address).query, strict_parsing=False)
        return {key: values[0] for key, values in found.items()}

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body or b"{}"))

    @property
    def tokens(self) -> dict[str, str]:
        """The tokens that were sent, by how."""
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        sent = {"private": self.headers.get("PRIVATE-TOKEN"), "bearer": bearer,
                "job": self.headers.get("JOB-TOKEN")}  # fmt: skip
        return {how: token for how, token in sent.items() if token}


@dataclass
class Version:
    """A version in the model registry, which is a run, too."""

    number: int
    name: str
    version: str
    description: str
    metrics: list[dict[str, Any]] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def run(self) -> str:
        return f"run-{self.number}"

    @property
    def shown(self) -> dict[str, Any]:
        page = f"https://gitlab.example.com/team/project/-/ml/models/1/versions/{self.number}"
        return {"name": self.name, "version": str(self.number), "description": self.description,
                "source": page, "run_id": self.run, "aliases": [self.version]}  # fmt: skip

    @property
    def shown_as_run(self) -> dict[str, Any]:
        uri = f"https://gitlab.example.com{PROJECT}/packages/ml_models/{self.number}/files/"
        data = {"metrics": self.metrics, "params": _pairs(self.params), "tags": _pairs(self.tags)}
        return {"run": {"info": {"run_id": self.run, "artifact_uri": uri}, "data": data}}


class Models:
    """The state of the registry: the versions of each model by its name."""

    def __init__(self) -> None:
        self.models: dict[str, list[Version]] = {}
        self._endpoints = {
            "GET registered-models/get": self._model,
            "POST registered-models/create": self._create_model,
            "GET model-versions/get": self._version,
            "POST model-versions/create": self._create_version,
            "GET runs/get": self._run,
            "POST runs/log-batch": self._log,
        }

    def answer(self, sent: Sent) -> Said:
        """Answer a request."""
        endpoint = self._endpoints.get(f"{sent.method} {sent.path.removeprefix(f'{MLFLOW}/')}")
        if endpoint is None:
            return 404, NOWHERE
        if sent.tokens not in ({"bearer": API_TOKEN}, {"private": API_TOKEN}):
            return 401, UNAUTHORIZED
        return endpoint(sent.query if sent.method == "GET" else sent.json)

    def versions(self) -> list[Version]:
        """Return all versions of all models."""
        return [one for versions in self.models.values() for one in versions]

    def _model(self, asked: dict[str, Any]) -> Said:
        name = asked.get("name", "")
        return (200, _shown(name)) if name in self.models else (404, UNKNOWN)

    def _create_model(self, content: dict[str, Any]) -> Said:
        if "name" not in content:
            return 400, {"error": "name is missing"}
        if content["name"] in self.models:
            return 400, TAKEN
        self.models[content["name"]] = []
        return 200, _shown(content["name"])

    def _version(self, asked: dict[str, Any]) -> Said:
        if not {"name", "version"} <= set(asked):
            return 400, {"error": "name is missing, version is missing"}
        known = self.models.get(asked["name"], [])
        found = [one for one in known if one.version == asked["version"]]
        return (200, {"model_version": found[0].shown}) if found else (404, UNKNOWN)

    def _create_version(self, content: dict[str, Any]) -> Said:
        name, tags = content.get("name"), {one["key"]: one["value"] for one in content["tags"]}
        version, described = tags.get("gitlab.version", ""), content.get("description", "")
        if name not in self.models:
            return 404, UNKNOWN
        taken = version in {one.version for one in self.models[name]}
        if taken or not re.fullmatch(r"\d+\.\d+\.\d+", version) or len(described) > 10_000:
            return 400, INVALID
        made = Version(5 + len(self.versions()), name, version, described)
        self.models[name].append(made)
        return 200, {"model_version": made.shown}

    def _run(self, asked: dict[str, Any]) -> Said:
        runs = [one for one in self.versions() if one.run == asked.get("run_id")]
        return (200, runs[0].shown_as_run) if runs else (404, UNKNOWN)

    def _log(self, content: dict[str, Any]) -> Said:
        runs = [one for one in self.versions() if one.run == content.get("run_id")]
        if not runs:
            return 404, UNKNOWN
        metrics, params = content.get("metrics", []), content.get("params", [])
        complete = all({"key", "value", "timestamp"} <= set(one) for one in metrics)
        if not complete or any(len(text) > 250 for one in params for text in one.values()):
            return 400, INVALID
        runs[0].metrics += metrics  # a score that is sent twice is there twice
        runs[0].params |= {one["key"]: one["value"] for one in params}
        runs[0].tags |= {one["key"]: one["value"] for one in content.get("tags", [])}
        return 200, {}


def _shown(name: str) -> dict[str, Any]:
    return {"registered_model": {"name": name}}


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]
