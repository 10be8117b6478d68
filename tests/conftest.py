"""Clones of the default project, whatever table this repository has now; built once a session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.clone import Clone
from tools import project


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone in which `dvc repro` has run and is committed; not to be changed.

    The first of the test processes that asks for it builds it, the others wait.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "template"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            new = folder.with_name("template-new")
            new.mkdir()
            project.copy_project(new, default=True)
            Clone(new).succeed("dvc", "repro", "--quiet")
            project.commit(new, "--amend")
            new.rename(folder)
    return folder


@pytest.fixture
def built(template: Path, tmp_path: Path) -> Iterator[Clone]:
    """Return a clone in which everything is built."""
    folder = tmp_path / "clone"
    shutil.copytree(template, folder, symlinks=True)
    yield Clone(folder)
    shutil.rmtree(folder)


@pytest.fixture
def fresh(tmp_path: Path) -> Clone:
    """Return a clone in which nothing has run."""
    project.copy_project(tmp_path, default=True)
    return Clone(tmp_path)
