"""States that several tests start from: built once a session, copied by each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """Return a folder that the first of the test processes builds while the others wait.

    It is not to be changed: work in a copy, see :func:`copied`.
    """
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            new = folder.with_name(f"{name}-new")
            shutil.rmtree(new, ignore_errors=True)  # of a test process that failed to build it
            new.mkdir()
            build(new)
            new.rename(folder)
    return folder


def copied(folder: Path, to: Path) -> Path:
    """Copy a state; return where it is now."""
    shutil.copytree(folder, to, symlinks=True, dirs_exist_ok=True)
    return to
