"""Programs that are not Python's: without them a test is skipped, in CI it fails."""

from __future__ import annotations

import os
import shutil

import pytest


def require(*names: str, fix: str = "`make system` as root") -> list[str]:
    """Return the paths of programs; where one is missing skip, naming the command that helps."""
    found = {name: shutil.which(name) for name in names}
    if missing := [name for name, path in found.items() if path is None]:
        message = f"{', '.join(missing)} missing: run {fix}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return [str(path) for path in found.values()]
