"""A release in GitLab's model registry, and as a package where only the job's token is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from src.base.settings import parse_yaml
from src.repository.changes import flatten
from tests.clone import Clone
from tests.gitlab_models import API_TOKEN, JOB_TOKEN
from tests.gitlab_server import GitLab, serving
from tests.loopback import Handler, Loopback
from tests.pipeline.storage import Remote
from tests.pipeline.test_fetch import FILES

VERSION = "model-v1.1.0"
REGISTER = ("python", "-m", "src.release.register", "metrics/details.json")
ENVIRONMENT = {"CI_PROJECT_ID": "42", "CI_JOB_ID": "9", "CI_PROJECT_URL": "https://gitlab/t/p"}
JOB = {"CI_JOB_TOKEN": JOB_TOKEN}
BOTH = {**JOB, "GITLAB_REGISTRY_TOKEN": API_TOKEN}
IN_REGISTRY, AS_PACKAGE = "ml_models/5/files", "generic/model/1.1.0"


@dataclass(frozen=True)
class Project:
    """A project with two published versions, and what a job in it runs."""

    clone: Clone
    server: GitLab

    def register(self, tokens: dict[str, str], status: int = 0) -> str:
        """Register the newest version; return what is said, which never is a token."""
        known = {**ENVIRONMENT, **tokens, "CI_SERVER_URL": self.server.url}
        ran = self.clone.run(*REGISTER, **known)
        said = ran.stdout + ran.stderr
        assert ran.returncode == status, said
        assert "Traceback" not in said
        assert not any(token in said for token in (API_TOKEN, JOB_TOKEN))
        return said

    def uploaded(self, place: str) -> dict[str, bytes]:
        """Return the files below a place of the package registry, of which each is there once."""
        found = {path: contents for path, contents in self.server.registry.files.items()
                 if path.startswith(f"{place}/")}  # fmt: skip
        assert all(len(contents) == 1 for contents in found.values())
        return {path.removeprefix(f"{place}/"): contents[0] for path, contents in found.items()}

    def puts(self) -> int:
        """Return how often something was uploaded."""
        return sum(sent.method == "PUT" for sent in self.server.registry.seen)


class Storage(Loopback):
    """Where a GitLab with an object storage sends downloads to."""

    def __init__(self, files: dict[str, list[bytes]]) -> None:
        self.requests: list[list[tuple[str, str]]] = []
        requests = self.requests

        class StorageHandler(Handler):
            def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
                requests.append(self.headers.items())
                self.send_response(200)
                self.end_headers()
                self.wfile.write(files[self.path.removeprefix("/")][-1])

        super().__init__(StorageHandler)


@pytest.fixture
def project(two: Remote) -> Iterator[Project]:
    bare = two.share()
    with serving(bare) as server:
        yield Project(two.clone, server)


def test_a_version_is_registered_once_with_all_that_is_known_of_it(project: Project) -> None:
    clone, registry = project.clone, project.server.registry
    assert "is in the model registry: https://gitlab.example.com" in project.register(BOTH)
    (version,) = registry.models.models["model"]
    assert (version.version, version.tags) == ("1.1.0", {"gitlab.CI_JOB_ID": "9"})
    assert version.description == clone.read("src/models/README.md")
    scores = {one["key"]: one["value"] for one in version.metrics}
    assert scores["roc_auc.low"] < scores["roc_auc"] < scores["roc_auc.high"]
    parameters = parse_yaml(clone.read("params.yaml"), "params.yaml")
    expected = dict(flatten({key: part for key, part in parameters.items() if key != "gate"}))
    assert version.params == {key: value[:250] for key, value in expected.items() if value}
    assert version.params["train.hyperparameters.max_iter"] == "10"
    files = project.uploaded(IN_REGISTRY)
    assert sorted(files) == FILES
    for path in ("src/models/model.skops", "src/models/README.md", "data/schema.yaml"):
        assert files[Path(path).name] == (clone.folder / path).read_bytes()
    assert not any(token.encode() in content for content in files.values()
                   for token in (API_TOKEN, JOB_TOKEN))  # fmt: skip
    links = registry.releases[VERSION]["links"]
    assert [link["name"] for link in links][-1] == "Model registry: model 1.1.0"
    assert project.uploaded(AS_PACKAGE) == {}

    logged, linked, puts = list(version.metrics), list(links), project.puts()
    project.register(BOTH)  # again: nothing is there twice
    assert registry.models.versions() == [version]
    assert (version.metrics, links, project.puts()) == (logged, linked, puts)

    # What a job that was killed has left is completed.
    version.metrics, version.params = [], {}
    del registry.files[f"{IN_REGISTRY}/model.skops"], registry.releases[VERSION]
    project.register(BOTH)
    assert (version.metrics, project.puts()) == (logged, puts + 1)
    assert project.uploaded(IN_REGISTRY) == files
    assert len(registry.releases[VERSION]["links"]) == len(linked)

    registry.files[f"{IN_REGISTRY}/schema.yaml"] = [b"something else"]
    said = project.register(BOTH, status=1)
    assert "ml_models/5/files/schema.yaml: md5 " in said
    assert "Delete that file" in said
    assert project.puts() == puts + 1


def test_the_jobs_token_alone_makes_a_package_that_the_release_links_to(project: Project) -> None:
    registry = project.server.registry
    put = f"PUT /api/v4/projects/42/packages/{AS_PACKAGE}/model.skops"
    project.server.failing = {put: (500, {}, "{}")}
    said = project.register(JOB, status=1)
    assert "GitLab answered 500" in said
    assert f"{VERSION} is published all the same, but it is not registered" in said
    assert f"Run `make register VERSION={VERSION}`; in CI retry this job" in said
    half = project.uploaded(AS_PACKAGE)
    assert "README.md" in half
    assert "model.skops" not in half

    puts = project.puts()
    storage = Storage(registry.files)
    registry.storage = storage.endpoint
    assert f"{VERSION} is the package model 1.1.0" in project.register(JOB)
    storage.close()
    assert storage.requests
    assert not any(JOB_TOKEN in str(headers) for headers in storage.requests)
    assert project.puts() == puts + len(FILES) - len(half)
    files = project.uploaded(AS_PACKAGE)
    assert sorted(files) == FILES
    links = {link["name"]: link for link in registry.releases[VERSION]["links"]}
    model = links["model.skops"]
    assert model["link_type"] == "package"
    assert model["url"].startswith(f"{project.server.url}/api/v4/projects/42/packages/generic/")
    assert registry.models.versions() == []


def test_where_there_is_no_model_registry_it_is_a_package(project: Project) -> None:
    registry = project.server.registry
    assert "401" in (said := project.register({"GITLAB_REGISTRY_TOKEN": "wrong", **JOB}, status=1))
    assert "GITLAB_REGISTRY_TOKEN needs the scope api and the role Developer" in said
    assert registry.files == {}
    registry.has_models = False
    said = project.register(BOTH)
    assert "is the package model 1.1.0" in said
    assert "GITLAB_REGISTRY_TOKEN sees no model registry" in said
    assert sorted(project.uploaded(AS_PACKAGE)) == FILES


def test_without_any_token_it_is_said_what_is_needed(project: Project) -> None:
    said = project.register({}, status=1)
    assert "CI_SERVER_URL, CI_PROJECT_ID" in said
    assert "GITLAB_REGISTRY_TOKEN" in said
