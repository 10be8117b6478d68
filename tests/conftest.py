"""Clones of the default project, whatever table this repository has now; built once a session."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.shared import built_once, copied
from tests.story import TEAM, blocks
from tools import project
from tools.s3 import BUCKET, Server


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone in which `dvc repro` has run and is committed; not to be changed.

    Its model is a quick one, see :data:`tests.clone.QUICK`; that of `fresh` is the default.
    """

    def build(folder: Path) -> None:
        project.copy_project(folder, default=True)
        clone = Clone(folder)
        clone.quicken()
        clone.succeed("dvc", "repro", "--quiet")
        project.commit(folder, "--amend")

    return built_once(tmp_path_factory, "template", build)


@pytest.fixture(scope="session")
def two_models(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone with a second model, laid there as docs/team.md says, and an empty server.

    Both are built and committed. It is not to be changed.
    """

    def build(folder: Path) -> None:
        clone = Clone(copied(template, folder / "clone"))
        clone.succeed("dvc", "remote", "modify", "storage", "url", f"s3://{BUCKET}")
        clone.commit("remote")
        clone.environment["VENV"] = str(folder / "venv")
        clone.mark_environment(folder / "venv")
        lay, go_on, build = blocks(TEAM)[:3]
        built = build.partition("git push")[0]
        clone.succeed("bash", "-e", "-c", f"{lay}{go_on}{built}")
        assert clone.status() == ""
        Server(folder / "server")

    return built_once(tmp_path_factory, "two_models", build)


@pytest.fixture
def built(template: Path, tmp_path: Path) -> Iterator[Clone]:
    """Return a clone in which everything is built."""
    folder = copied(template, tmp_path / "clone")
    yield Clone(folder)
    shutil.rmtree(folder)


@pytest.fixture
def fresh(tmp_path: Path) -> Clone:
    """Return a clone in which nothing has run."""
    project.copy_project(tmp_path, default=True)
    return Clone(tmp_path)
