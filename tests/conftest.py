"""Clones of the project in temporary folders, built once a session."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import project
from tests.clone import Clone


def require_default_table() -> None:
    """Skip where the default table was replaced: these tests change it, by its columns' names."""
    if "\n  ingest:" not in (project.ROOT / "dvc.yaml").read_text(encoding="utf-8"):
        pytest.skip("the default table was replaced (make adopt)")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone in which `dvc repro` has run once in this session; not to be changed."""
    require_default_table()
    folder = tmp_path_factory.mktemp("template")
    project.copy_project(folder)
    Clone(folder).succeed("dvc", "repro", "--quiet")
    return folder


@pytest.fixture
def built(template: Path, tmp_path: Path) -> Iterator[Clone]:
    """Return a clone in which everything is built."""
    folder = tmp_path / "clone"
    shutil.copytree(template, folder, symlinks=True)
    yield Clone(folder)
    shutil.rmtree(folder)
