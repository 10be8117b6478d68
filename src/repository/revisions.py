"""What git and DVC know of other revisions, by their command lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from src.base.contract import Contract, contract_of
from src.base.errors import InputError
from src.base.files import parse_json
from src.base.settings import parse_yaml
from src.repository.cache import bring
from src.repository.commands import attempt
from src.repository.dvc_lock import LOCK, made, md5_of
from src.repository.project import ROOT, folder_at, this_project

EARLIER_DETAILS = "metrics.json"
"""Where the details stood before they had a file of their own."""

_NUMBERS = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True)
class Revision:
    """A revision of this repository: as it was named, and its commit."""

    name: str
    commit: str

    @cached_property
    def folder(self) -> PurePosixPath:
        """Where the project lay then, relative to git's root."""
        return folder_at(self.commit)

    @property
    def has_project(self) -> bool:
        """Whether there was this project, which others may lie beside, already."""
        return self.read("dvc.yaml") is not None

    @property
    def tree(self) -> str:
        """What git calls the project's files then."""
        return f"{self.commit}:{'' if self.folder == ROOT else self.folder}"

    def has_same(self, other: Revision, *paths: str, but: Sequence[str] = ()) -> bool:
        """Tell whether git has the same files of these paths in both, wherever the project lay."""
        top = [f":(top){path}" for path in paths] + [f":(top,exclude){path}" for path in but]
        return attempt("git", "diff", "--quiet", self.tree, other.tree, "--", *top) is not None

    def read(self, path: str) -> bytes | None:
        """Return a file that git tracks; None where the revision has none of this name."""
        return attempt("git", "cat-file", "blob", f"{self.commit}:{self.folder / path}")

    def files(self, folder: Path) -> list[Path]:
        """Return the files of a folder that git tracks."""
        listed = _git("ls-tree", "-r", "-z", "--name-only", self.commit, "--", f"{folder}/")
        return [Path(name) for name in (listed or "").split("\0") if name]

    def text(self, path: Path) -> str:
        """Return the text of a file that git tracks.

        Raises
        ------
        InputError
            The revision has no such file.
        """
        content = self.read(path.as_posix())
        if content is None:
            raise InputError(f"{self.name} has no {path}")
        return content.decode(errors="replace")

    def details(self, path: Path) -> dict[str, Any]:
        """Return the details of the test set's scores, ``metrics/details.json``.

        Before there was this file, the same stood in ``metrics.json`` beside it.

        Raises
        ------
        InputError
            The revision has neither, or it is no JSON.
        """
        earlier = path.with_name(EARLIER_DETAILS)
        found = path if self.read(path.as_posix()) is not None else earlier
        return parse_json(self.text(found), f"{found} of {self.name}")

    def contract(self, path: Path) -> Contract:
        """Return the data contract.

        Raises
        ------
        InputError
            The revision has none, or it breaks a rule.
        """
        where = f"{path} of {self.name}"
        return contract_of(parse_yaml(self.text(path), where), Path(where))

    def fetch(self, path: Path, folder: Path) -> Path:
        """Get a file that DVC tracks from its cache or remote, and prove that it is that file.

        Raises
        ------
        InputError
            Neither has it, or its hash is not the one in the revision's ``dvc.lock``.
        """
        target = folder / path.name
        lock = parse_yaml(self.text(LOCK), f"{LOCK} of {self.name}")
        recorded = made(lock).get(path.as_posix(), {}).get("md5")
        if recorded is None:
            raise InputError(f"{path} is no output of the {LOCK} of {self.name}")
        try:
            bring(recorded, target)
        except InputError as error:
            raise InputError(f"{path} of {self.name} cannot be fetched ({error})") from None
        if md5_of(target) != recorded:
            raise InputError(f"{path} of {self.name} is not the file that its dvc.lock records")
        return target


def find_commit(name: str) -> str:
    """Return the full hash of the commit that a branch, tag or hash names; empty if none."""
    wanted = f"{name}^{{commit}}"
    return _git("rev-parse", "--verify", "--quiet", "--end-of-options", wanted) or ""


def find(name: str) -> Revision:
    """Find a revision by any name git knows.

    Raises
    ------
    InputError
        Git does not know it, or the clone lacks its commit.
    """
    commit = find_commit(name)
    if not commit or attempt("git", "cat-file", "-e", commit) is None:
        shallow = " This clone is shallow: fetch all of it (GIT_DEPTH: 0)." if is_shallow() else ""
        raise InputError(f"git does not know the revision {name!r}.{shallow}")
    return Revision(name, commit)


def releases(*filters: str) -> list[str]:
    """Return the tags of this project's published models, highest version first.

    Parameters
    ----------
    filters
        Options of ``git tag --list``, such as ``--merged HEAD``.
    """
    return published((_git("tag", "--list", this_project().tags, *filters) or "").split())


def published(tags: Iterable[str]) -> list[str]:
    """Return which tags are those of this project's published models, highest version first."""
    prefix = this_project().tag_prefix
    ours = [tag for tag in tags if tag.startswith(prefix)
            and _NUMBERS.fullmatch(tag.removeprefix(prefix))]  # fmt: skip
    return sorted(ours, key=version, reverse=True)


def version(tag: str) -> tuple[int, ...]:
    """Return the numbers of a published model's tag, for comparing."""
    return tuple(map(int, tag.rpartition("v")[2].split(".")))


def last_release() -> Revision | None:
    """Find the last published model before this commit; None before the first.

    It is the highest version that the commit descends from, so that a model that was published
    again after a rollback is the one in force; a tag of the commit itself does not count.

    Raises
    ------
    InputError
        Whether there is one cannot be told: the clone is shallow, or has releases elsewhere only.
    """
    here = releases("--points-at", "HEAD")
    before = [tag for tag in releases("--merged", "HEAD") if tag not in here]
    if before:
        return find(before[0])
    if is_shallow():
        raise InputError(
            f"no tag {this_project().tags} is reachable, and this clone is shallow: fetch all of "
            "it and its tags (GIT_DEPTH: 0)."
        )
    elsewhere = [tag for tag in releases() if tag not in here]
    if elsewhere and not here:
        raise InputError(
            f"{elsewhere[0]} exists but this commit does not descend from it: merge it, or name "
            "the baseline."
        )
    return None


def is_shallow() -> bool:
    """Tell whether the clone's history is cut off."""
    return (_git("rev-parse", "--is-shallow-repository") or "true") == "true"


def is_changed() -> bool:
    """Tell whether files of the project that git tracks differ from the commit."""
    return bool(_git("status", "--porcelain", "--untracked-files=no", "--", "."))


def require_repository() -> None:
    """Refuse to run where there is no git history.

    Raises
    ------
    InputError
        This is no git repository with a commit.
    """
    if not find_commit("HEAD"):
        raise InputError(
            "git: found no commit here, expected a git repository: the gate compares with earlier "
            "revisions. Run it from a clone."
        )


def _git(*arguments: str) -> str | None:
    """Return what git prints, or None where it fails."""
    printed = attempt("git", *arguments)
    return None if printed is None else printed.decode(errors="replace").strip()
