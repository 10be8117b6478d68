"""Where this project lies in its git repository, beside which others, and what its tags are called.

A project is one model. It has a repository of its own, or a folder of a larger one beside others.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from src.base.errors import InputError
from src.repository.commands import attempt, output

PROJECT = "pyproject.toml"
TEMPLATE = "model"
"""The name in the template's ``pyproject.toml``."""

ROOT = PurePosixPath()
"""The folder of a project that has a repository of its own."""

MARK = ".dvc/config"
"""What every project has, and nothing else."""

MOVED = "moved-from-root"
"""Key of ``[tool.model]`` in ``pyproject.toml``: earlier commits have the project at the root."""

_RELEASE = re.compile(r"(?:[\w.-]+-)?model-v\d+\.\d+\.\d+")


@dataclass(frozen=True)
class Project:
    """A model's project.

    Attributes
    ----------
    root
        The root of git's work tree.
    folder
        The project's, relative to the root.
    """

    root: Path
    folder: PurePosixPath

    @property
    def name(self) -> str:
        """Its name, as ``pyproject.toml`` has it."""
        return str(self._content.get("project", {}).get("name", TEMPLATE))

    @property
    def moved(self) -> bool:
        """Whether it was at the root of the repository in earlier commits."""
        return self._content.get("tool", {}).get("model", {}).get(MOVED) is True

    @property
    def label(self) -> str:
        """What tells it from the projects beside it; empty where it needs nothing."""
        return "" if self.folder == ROOT or self.name == TEMPLATE else self.name

    @property
    def tag_prefix(self) -> str:
        """What the tags of its published models begin with: ``model-v``, or ``NAME-model-v``.

        The first, of a project that has or had a repository of its own.
        """
        return f"{self.label}-model-v" if self.label and not self.moved else "model-v"

    @property
    def tags(self) -> str:
        """The pattern of these tags, for git."""
        return f"{self.tag_prefix}*"

    def path(self, path: Path | str) -> str:
        """Return the path, from git's root, of what the project calls ``path``."""
        return (self.folder / PurePosixPath(path)).as_posix()

    @cached_property
    def _content(self) -> dict[str, Any]:
        file = self.root / self.folder / PROJECT
        return parse_project(file.read_text(encoding="utf-8"), str(file)) if file.is_file() else {}


def parse_project(text: str, where: str) -> dict[str, Any]:
    """Return what the text of a ``pyproject.toml`` says.

    Raises
    ------
    InputError
        It is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: is no TOML ({error}). Put it right.") from None


def this_project() -> Project:
    """Return the project of the current folder; outside git it is taken for a repository."""
    said = attempt("git", "rev-parse", "--show-toplevel", "--show-prefix")
    root, folder = said.decode(errors="surrogateescape").split("\n")[:2] if said else (".", "")
    return Project(Path(root).absolute(), PurePosixPath(folder))


def all_projects() -> list[Project]:
    """Return every project of this repository that git tracks, this one among them."""
    root = this_project().root
    listed = output("git", "ls-files", "-z", "--", MARK, f"*/{MARK}", cwd=root)
    folders = [PurePosixPath(path).parent.parent for path in listed.split("\0") if path]
    return [Project(root, folder) for folder in folders]


def require_own_tags() -> None:
    """Refuse a name that another project of this repository has, too.

    Raises
    ------
    InputError
        The tags of both would begin in the same way.
    """
    here = this_project()
    for other in all_projects():
        if other.folder != here.folder and other.tag_prefix == here.tag_prefix:
            raise InputError(
                f"{here.path(PROJECT)} and {other.path(PROJECT)}: the tags of both models begin "
                f"with {here.tag_prefix}, expected names of their own. Change `name` in one."
            )


def folder_at(commit: str) -> PurePosixPath:
    """Return where this project lay in a commit: where it lies now, or at the root before that."""
    here = this_project()
    if here.folder == ROOT or _has(commit, here.folder):
        return here.folder
    return ROOT if here.moved else here.folder


def _has(commit: str, folder: PurePosixPath) -> bool:
    return attempt("git", "cat-file", "-e", f"{commit}:{folder}") is not None


def is_release(tag: str) -> bool:
    """Tell whether a tag is that of a published model, of any project."""
    return _RELEASE.fullmatch(tag) is not None
