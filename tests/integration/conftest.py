"""A release that is served; fitted once for all tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.served import CONTRACT, TABLE, fit, release


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of version 1.0.0, not to be changed."""
    made = tmp_path_factory.mktemp("release")
    return release(made, "model-v1.0.0", fit(CONTRACT, TABLE), CONTRACT)
