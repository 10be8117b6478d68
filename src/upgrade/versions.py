"""Versions of the template: its tags, and the one that a project has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from src.base.errors import InputError
from src.repository.commands import attempt, output
from src.repository.project import PROJECT, parse_project

PREFIX = "template-v"
_TAG = re.compile(rf"{PREFIX}(\d+)\.(\d+)\.(\d+)")


def dotted(numbers: tuple[int, ...]) -> str:
    """Return a version as the changelog has it."""
    return ".".join(map(str, numbers))


class TemplateVersion(NamedTuple):
    """A version of the template."""

    numbers: tuple[int, ...]
    commit: str

    def __str__(self) -> str:
        """Return it as the changelog has it."""
        return dotted(self.numbers)


def numbers_of(text: str, where: str) -> tuple[int, ...]:
    """Return the version that the text of a ``pyproject.toml`` says.

    Raises
    ------
    InputError
        It says none, or is no TOML.
    """
    found = str(parse_project(text, where).get("project", {}).get("version", ""))
    match = _TAG.fullmatch(f"{PREFIX}{found}")
    if not match:
        raise InputError(f"{where}: `version` is {found!r}, expected the template's version, such "
                         "as 0.2.0. Put back the one that the project was made from.")  # fmt: skip
    return tuple(map(int, match.groups()))


def find_target(template: Path, tag: str) -> TemplateVersion:
    """Return the version to upgrade to: that of a tag, or the newest.

    Raises
    ------
    InputError
        The template has no such tag, or its commit is of another version.
    """
    tags = output("git", "tag", "--list", f"{PREFIX}*", cwd=template).split()
    known = {name: tuple(map(int, match.groups())) for name in tags
             if (match := _TAG.fullmatch(name))}  # fmt: skip
    newest = max(known, key=lambda name: known[name], default="")
    name = tag or newest
    if name not in known:
        what = f"no tag {tag}" if tag else f"no tag {PREFIX}…"
        have = f"; it has {', '.join(sorted(known, key=lambda one: known[one]))}" if known else ""
        raise InputError(
            f"the template has {what}{have}. Say which: TO={newest or f'{PREFIX}1.0.0'}."
        )
    said = _at(template, f"{name}^{{commit}}")
    if said != known[name]:
        raise InputError(
            f"{name}: its {PROJECT} has the version {dotted(said)}, expected that of the tag. The "
            "tag is wrong: ask who has put it."
        )
    return TemplateVersion(known[name], _commit(template, name))


def find_base(
    template: Path, head: str, numbers: tuple[int, ...], target: TemplateVersion
) -> TemplateVersion:
    """Return the commit of the template that a project was made from, or last upgraded to.

    It is the last commit that both have in common, if it has the project's version. A project that
    was upgraded before, or was copied without the template's history, has a version that is
    tagged.

    Parameters
    ----------
    template
        A clone of the template that has the project's commit ``head``, too.
    numbers
        The version that the project's ``pyproject.toml`` says.

    Raises
    ------
    InputError
        Neither is so.
    """
    common = attempt("git", "merge-base", head, target.commit, cwd=template)
    parted = (common or b"").decode().strip()
    if parted and _at(template, parted) == numbers:
        return TemplateVersion(numbers, parted)
    name = f"{PREFIX}{dotted(numbers)}"
    if not output("git", "tag", "--list", name, cwd=template):
        raise InputError(
            f"{PROJECT}: `version` says {dotted(numbers)}, of which the template has no "
            f"tag {name}, and no commit in common with this project. Put back the version that the "
            "project was made from."
        )
    return TemplateVersion(numbers, _commit(template, name))


def _commit(template: Path, name: str) -> str:
    return output("git", "rev-parse", f"{name}^{{commit}}", cwd=template)


def _at(template: Path, commit: str) -> tuple[int, ...]:
    where = f"{PROJECT} of {commit.removesuffix('^{commit}')[:24]}"
    return numbers_of(output("git", "cat-file", "blob", f"{commit}:{PROJECT}", cwd=template), where)
