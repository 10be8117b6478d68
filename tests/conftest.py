"""Clones of the default project, whatever table this repository has now; built once a session."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.shared import built_once, copied
from tools import project


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone in which `dvc repro` has run and is committed; not to be changed."""

    def build(folder: Path) -> None:
        project.copy_project(folder, default=True)
        Clone(folder).succeed("dvc", "repro", "--quiet")
        project.commit(folder, "--amend")

    return built_once(tmp_path_factory, "template", build)


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
