"""Real dvc runs in temporary clones; storage on a real S3 server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.pipeline.storage import PUBLISH, Remote
from tests.postgres import Postgres
from tests.shared import built_once, copied
from tools.s3 import BUCKET, Server


@pytest.fixture(scope="session")
def with_storage(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a built clone whose remote is a bucket, and an empty server; not to be changed."""

    def build(folder: Path) -> None:
        clone = Clone(copied(template, folder / "clone"))
        clone.succeed("dvc", "remote", "modify", "storage", "url", f"s3://{BUCKET}")
        clone.commit("remote")
        Server(folder / "server")

    return built_once(tmp_path_factory, "with_storage", build)


@pytest.fixture(scope="session")
def published_twice(with_storage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same after two models were published; the second one is checked out."""

    def build(folder: Path) -> None:
        remote = Remote(copied(with_storage, folder))
        remote.clone.succeed(*PUBLISH)
        remote.clone.edit("params.yaml", "max_iter: 20", "max_iter: 10")
        remote.clone.succeed("dvc", "repro", "--quiet")
        remote.clone.commit("shorter")
        remote.pass_gate()
        remote.clone.succeed(*PUBLISH)
        remote.server.kill()

    return built_once(tmp_path_factory, "published_twice", build)


@pytest.fixture
def remote(with_storage: Path, tmp_path: Path) -> Iterator[Remote]:
    """Return a built clone that pushes to a server of its own, and may be published."""
    made = Remote(copied(with_storage, tmp_path))
    yield made
    made.server.kill()


@pytest.fixture
def two(published_twice: Path, tmp_path: Path) -> Iterator[Remote]:
    """Return a remote with two published models; the second one is checked out."""
    made = Remote(copied(published_twice, tmp_path))
    yield made
    made.server.kill()


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """Return a PostgreSQL server with an empty database."""
    made = Postgres()
    try:
        yield made.start()
    finally:
        made.remove()
