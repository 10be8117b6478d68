"""A team with a project on a GitLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci import gitlab
from tests.ci.team import Team


@pytest.fixture
def team(template: Path, tmp_path: Path) -> Iterator[Team]:
    """Return a team whose project is built and has never been published."""
    gitlab.require()
    made = Team(tmp_path, template)
    yield made
    made.close()
