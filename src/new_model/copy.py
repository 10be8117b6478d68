"""A project as it is before anybody has built or changed it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from src.base.errors import InputError
from src.repository.commands import output
from src.repository.project import MOVED, PROJECT

DEFAULT = Path("tests/default")
"""The files that make any copy the default project, with the table that ships in scikit-learn."""

BUILT = ("dvc.lock", "src/models/README.md", "metrics")
"""What git keeps of the results."""

MOVED_BLOCK = f"""
[tool.model]
{MOVED} = true  # earlier commits have it at the repository's root; its tags go on as model-v
"""

_NAME = re.compile(r'^name = "[^"]*"', re.MULTILINE)


def copy_tracked(source: Path, target: Path) -> None:
    """Copy what git tracks of a project into a folder, as it is in the work tree."""
    for name in filter(None, output("git", "ls-files", "-z", cwd=source).split("\0")):
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name)


def make_default(folder: Path) -> None:
    """Let a copy train on the default table, and hold nothing that was built.

    Raises
    ------
    InputError
        It has no default project any more.
    """
    if not (folder / DEFAULT).is_dir():
        raise InputError(f"{DEFAULT}: no such folder, expected the default project. Restore it "
                         "from the template.")  # fmt: skip
    for path in [*(folder / "data/raw").glob("*.dvc"), *(folder / name for name in BUILT)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    shutil.copytree(folder / DEFAULT, folder, dirs_exist_ok=True)


def rename(folder: Path, name: str) -> None:
    """Give a copy its name in ``pyproject.toml``, and a history of its own.

    Raises
    ------
    InputError
        The file has no line with a name.
    """
    path = folder / PROJECT
    text, count = _NAME.subn(f'name = "{name}"', path.read_text(encoding="utf-8"), count=1)
    if not count:
        raise InputError(f'{PROJECT}: has no line `name = "…"`, expected one in [project].')
    path.write_text(text.replace(MOVED_BLOCK, ""), encoding="utf-8")
