"""Where versions come from: a folder that was fetched, or a repository whose newest tag counts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from src.base.errors import InputError
from src.release.fetch import MESSAGE, fetch
from src.repository.commands import output
from src.repository.project import this_project
from src.repository.revisions import published


class ModelSource(Protocol):
    """Where a model comes from."""

    def newest(self) -> str:
        """Return what changes when there is another model to serve."""

    def folder(self, state: str) -> Path:
        """Return the folder of fetched files that :meth:`newest` spoke of."""


@dataclass(frozen=True)
class FetchedFolder:
    """A folder that ``python -m src.release.fetch`` fills, and fills again."""

    path: Path

    def newest(self) -> str:
        """Return a hash of the tag's message, which names the files."""
        return hashlib.sha256((self.path / MESSAGE).read_bytes()).hexdigest()

    def folder(self, state: str) -> Path:
        """Return the folder."""
        del state
        return self.path


@dataclass(frozen=True)
class Repository:
    """A repository, as of ``git clone``.

    Attributes
    ----------
    version
        The tag that is wanted; empty for the highest.
    files
        Where versions are fetched to, each into a folder of its own.
    """

    address: str
    version: str
    files: Path

    def newest(self) -> str:
        """Return the wanted tag, or the highest of this project that the repository has now."""
        if self.version:
            return self.version
        pattern = this_project().tags
        listed = output(
            "git", "ls-remote", "--tags", "--refs", "--", self.address, f"refs/tags/{pattern}",
            advice="Name a repository, or a fetched folder.",
        )  # fmt: skip
        found = published(line.rpartition("/")[2] for line in listed.splitlines())
        if not found:
            raise InputError(f"{self.address}: no tag {pattern}: nothing is published there yet.")
        return found[0]

    def folder(self, state: str) -> Path:
        """Fetch a version, every hash compared with its tag."""
        folder = self.files / state
        fetch(self.address, state, folder)
        return folder


def find_source(place: str, version: str, files: Path) -> ModelSource:
    """Return the source that a place on the command line is.

    Raises
    ------
    InputError
        A version is asked for of a folder that holds one.
    """
    if not is_fetched(place):
        return Repository(place, version, files)
    if version:
        raise InputError(
            f"--version {version}: {place} holds a fetched model; {place}/{MESSAGE} says which. "
            "Leave the option out, or name the repository."
        )
    return FetchedFolder(Path(place))


def is_fetched(place: str) -> bool:
    """Tell whether a place on the command line is a folder that was fetched."""
    return (Path(place) / MESSAGE).is_file()
