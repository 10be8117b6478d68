"""Which files the team owns, and what a merge of the template must therefore see on either side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple


class TreeFile(NamedTuple):
    """A file as git has it."""

    mode: str
    blob: str


Tree = Mapping[str, TreeFile]
"""The files of a version by path, from the project's folder."""

BUILT = ("dvc.lock", "metrics/", "src/models/")
"""What a stage writes: `dvc repro` writes it anew."""

OWNED = ("params.yaml", "data/", "src/features/", ".dvc/config")
"""What a team changes: a project keeps it as it is; the template adds only what nobody has yet."""

KEPT = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE")
"""What a team may write anew: if it has, it keeps its own."""


class Sides(NamedTuple):
    """Two trees whose difference is what an upgrade brings.

    Attributes
    ----------
    kept
        Files that the template has changed and the team keeps as its own.
    locks
        Lock files of which the template's replaces the team's: to be locked again.
    """

    base: dict[str, TreeFile]
    target: dict[str, TreeFile]
    kept: list[str]
    locks: list[str]


def sides(ours: Tree, base: Tree, target: Tree) -> Sides:
    """Return both versions of the template as they would be if it had what the team owns.

    Merging their difference then touches nothing that the team owns, and brings nothing back that
    it has deleted. Where both have changed another file, the merge decides line by line.

    Parameters
    ----------
    ours
        The project.
    base, target
        The template's version that the project has, and the one it shall have.
    """
    made = Sides({}, {}, [], [])
    folders = set(_folders(base)) - set(_folders(ours))
    for path in sorted({*ours, *base, *target}):
        mine, before, after = ours.get(path), base.get(path), target.get(path)
        if _is_in(path, BUILT) or (_is_in(path, OWNED) and (mine or before)):
            before = after = mine
        elif mine is None and (before or not folders.isdisjoint(_above(path))):
            before = after = None
        elif before not in {mine, after} and path in KEPT:
            made.kept.append(path)
            before = after = mine
        elif mine not in (before, after) and after != before and path.endswith(".lock"):
            made.locks.append(path)
            before = mine
        if before:
            made.base[path] = before
        if after:
            made.target[path] = after
    return made


def _is_in(path: str, names: tuple[str, ...]) -> bool:
    return any(path == name or (name.endswith("/") and path.startswith(name)) for name in names)


def _above(path: str) -> list[str]:
    return [parent.as_posix() for parent in PurePosixPath(path).parents if parent.name]


def _folders(tree: Tree) -> Iterator[str]:
    for path in tree:
        yield from _above(path)
