"""The commands of a page of the documentation, which tests execute."""

from __future__ import annotations

import re
from pathlib import Path

from tools import project

TEAM = Path("docs/team.md")


def blocks(page: Path) -> list[str]:
    """Return the blocks of a page that are marked as a shell's."""
    text = (project.ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
