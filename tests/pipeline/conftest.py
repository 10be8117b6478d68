"""Real dvc runs in temporary clones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.pipeline.storage import Remote
from tools.s3 import Server


@pytest.fixture
def remote(built: Clone, tmp_path: Path) -> Iterator[Remote]:
    """Return a built clone that pushes to a server of its own, and may be published."""
    server = Server(tmp_path / "server").start()
    made = Remote(built, server, tmp_path)
    made.pass_gate()
    yield made
    server.kill()
