"""GitLab's registries: of models, and of packages, to which each file is uploaded once.

References
----------
GitLab, "Model registry", "MLflow client compatibility" (the requests that an MLflow client sends),
"Model registry API" and "Generic packages repository".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import gitlab

from src.base.errors import InputError
from src.base.files import files_of, md5

CHUNK = 2**20
"""Bytes of a download that are in memory."""

MOST_DESCRIPTION, MOST_TEXT = 10_000, 250
"""Characters that GitLab takes of a version's description, and of a parameter or its value."""

UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
"""What an answer 404 says where there is a model registry."""

VERSION_TAG, JOB_TAG = "gitlab.version", "gitlab.CI_JOB_ID"
"""By these GitLab knows a version's number and its job."""


@dataclass(frozen=True)
class ModelVersion:
    """What the model registry says of a version.

    Attributes
    ----------
    card
        Markdown, its description.
    metrics, parameters
        By name.
    milliseconds
        When it was published, since 1970.
    job
        Number of the job that registers it; empty outside of one.
    """

    name: str
    version: str
    card: str
    metrics: Mapping[str, float]
    parameters: Mapping[str, str]
    milliseconds: int
    job: str


def register(server: gitlab.Gitlab, project: str, model: ModelVersion, folder: Path) -> str | None:
    """Enter a version into the model registry with all files of a folder, or what it lacks of them.

    Returns
    -------
    The address of its page; None where the project has no model registry.

    Raises
    ------
    InputError
        The registry has another file of that name, or does not give back what it was given.
    """
    api = f"/projects/{project}/ml/mlflow/api/2.0/mlflow"
    if not _has_registry(server, api, model.name):
        return None
    known = {"name": model.name, "version": model.version}
    found = _get(server, f"{api}/model-versions/get", known)
    if found is None:
        sent = {
            "name": model.name, "description": model.card[:MOST_DESCRIPTION],
            "tags": [{"key": VERSION_TAG, "value": model.version}],
        }  # fmt: skip
        found = _post(server, f"{api}/model-versions/create", sent)
    version = found["model_version"]
    run = _get(server, f"{api}/runs/get", {"run_id": version["run_id"]}) or {}
    number = re.search(r"/packages/ml_models/(\d+)/files", run["run"]["info"]["artifact_uri"])
    if number is None:
        raise ValueError  # not what GitLab answers
    _log(server, f"{api}/runs/log-batch", version["run_id"], model, run["run"].get("data", {}))
    upload(server, f"/projects/{project}/packages/ml_models/{number[1]}/files", folder)
    return str(version["source"])


def upload(server: gitlab.Gitlab, address: str, folder: Path) -> None:
    """Upload the files of a folder that are not there yet, and prove that all can be downloaded.

    Raises
    ------
    InputError
        There is another file of that name, or what comes back is not what was sent.
    """
    for path in sorted(files_of(folder)):
        name, expected = path.relative_to(folder).as_posix(), md5(path)
        found = _stored(server, f"{address}/{name}")
        if found is None:
            with path.open("rb") as stream:
                server.http_put(f"{address}/{name}", post_data=stream, raw=True)
            found = _stored(server, f"{address}/{name}")
        if found != expected:
            raise InputError(
                f"{address}/{name}: md5 {found or 'none'}, expected {expected}. Delete that file "
                "from the version's package, under Deploy > Package registry or Model registry."
            )


def _stored(server: gitlab.Gitlab, address: str) -> str | None:
    """Return the md5 of a file as it is downloaded; None where there is none."""
    try:
        answer: Any = server.http_get(address, streamed=True, raw=True)
    except gitlab.GitlabHttpError as error:
        if error.response_code == HTTPStatus.NOT_FOUND:
            return None
        raise
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in answer.iter_content(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _has_registry(server: gitlab.Gitlab, api: str, name: str) -> bool:
    """Enter the model, if it is not there; tell whether there is a registry."""
    try:
        if _get(server, f"{api}/registered-models/get", {"name": name}) is None:
            _post(server, f"{api}/registered-models/create", {"name": name})
    except gitlab.GitlabHttpError as error:
        if error.response_code == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True


def _log(
    server: gitlab.Gitlab, address: str, run: str, model: ModelVersion, data: Mapping[str, Any]
) -> None:
    """Enter the scores and parameters that are not there; GitLab would list a score twice."""
    metrics, params, tags = ({one["key"] for one in data.get(part) or []}
                             for part in ("metrics", "params", "tags"))  # fmt: skip
    missing: dict[str, list[dict[str, Any]]] = {
        "metrics": [{"key": key, "value": value, "timestamp": model.milliseconds, "step": 0}
                    for key, value in model.metrics.items() if key not in metrics],
        "params": [{"key": key[:MOST_TEXT], "value": value[:MOST_TEXT]}
                   for key, value in model.parameters.items()
                   if value and key[:MOST_TEXT] not in params],
        "tags": [{"key": JOB_TAG, "value": model.job}] if model.job and JOB_TAG not in tags else [],
    }  # fmt: skip
    if any(missing.values()):
        _post(server, address, {"run_id": run, **missing})


def _get(server: gitlab.Gitlab, address: str, query: Mapping[str, str]) -> dict[str, Any] | None:
    """Return an answer; None where what is asked for does not exist, but the registry does."""
    try:
        answer: Any = server.http_get(address, query_data=dict(query))
    except gitlab.GitlabHttpError as error:
        if error.response_code == HTTPStatus.NOT_FOUND and _code(error) == UNKNOWN:
            return None
        raise
    return dict(answer)


def _post(server: gitlab.Gitlab, address: str, content: Mapping[str, Any]) -> dict[str, Any]:
    answer: Any = server.http_post(address, post_data=dict(content))
    return dict(answer)


def _code(error: gitlab.GitlabHttpError) -> str:
    try:
        return str(json.loads(error.response_body or b"{}").get("error_code"))
    except (ValueError, AttributeError):
        return ""
