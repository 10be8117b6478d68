"""What git and DVC know of other revisions, by their command lines."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from src.commands import attempt, output
from src.errors import InputError
from src.gate.integrity import md5

RELEASES = "model-v*"
"""The tags of published models."""


@dataclass(frozen=True)
class Revision:
    """A revision of this repository: as it was named, and its commit."""

    name: str
    commit: str

    def text(self, path: Path) -> str:
        """Return a file that git tracks.

        Raises
        ------
        InputError
            The revision has no such file.
        """
        shown = _git("show", f"{self.commit}:./{path.as_posix()}")
        if shown is None:
            raise InputError(f"{self.name} has no {path}")
        return shown

    def fetch(self, path: Path, folder: Path) -> Path:
        """Get a file that DVC tracks from its cache or remote, and prove that it is that file.

        Raises
        ------
        InputError
            Neither has it, or its hash is not the one in the revision's ``dvc.lock``.
        """
        target = folder / path.name
        try:
            output("dvc", "get", "--rev", self.commit, ".", str(path), "--out", str(target))
        except InputError as error:
            raise InputError(f"{path} of {self.name} cannot be fetched ({error})") from None
        if not target.is_file() or md5(target) != self._recorded(path):
            raise InputError(f"{path} of {self.name} is not the file that its dvc.lock records")
        return target

    def _recorded(self, path: Path) -> str | None:
        try:
            lock: Any = YAML(typ="safe").load(self.text(Path("dvc.lock")))
        except YAMLError:
            raise InputError(f"dvc.lock of {self.name} is no YAML") from None
        for stage in lock["stages"].values():
            for entry in stage.get("outs", []):
                if entry["path"] == path.as_posix():
                    return str(entry.get("md5"))
        return None


def _git(*arguments: str) -> str | None:
    """Return what git prints, or None where it fails."""
    printed = attempt("git", *arguments)
    return None if printed is None else printed.decode()


def require_repository() -> None:
    """Refuse to run where there is no git history.

    Raises
    ------
    InputError
        This is no git repository with a commit.
    """
    if _git("rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
        raise InputError(
            "git: found no commit here, expected a git repository: the gate compares with earlier "
            "revisions. Run it from a clone."
        )


def find(name: str) -> Revision:
    """Find a revision by any name git knows.

    Raises
    ------
    InputError
        Git does not know it, or the clone lacks its commit.
    """
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None or _git("cat-file", "-e", commit.strip()) is None:
        shallow = " This clone is shallow: fetch all of it (GIT_DEPTH: 0)." if is_shallow() else ""
        raise InputError(f"git does not know the revision {name!r}.{shallow}")
    return Revision(name, commit.strip())


def last_release() -> Revision | None:
    """Find the last published model that this commit descends from; None before the first.

    Raises
    ------
    InputError
        Whether there is one cannot be told: the clone is shallow, or has releases elsewhere only.
    """
    tag = _git("describe", "--tags", "--abbrev=0", "--match", RELEASES)
    if tag is not None:
        return find(tag.strip())
    if is_shallow():
        raise InputError(
            f"no tag {RELEASES} is reachable, and this clone is shallow: fetch all of it and its "
            "tags (GIT_DEPTH: 0)."
        )
    elsewhere = (_git("tag", "--list", RELEASES) or "").split()
    if elsewhere:
        raise InputError(
            f"{elsewhere[-1]} exists but this commit does not descend from it: merge it, or name "
            "the baseline."
        )
    return None


def is_shallow() -> bool:
    """Tell whether the clone's history is cut off."""
    return (_git("rev-parse", "--is-shallow-repository") or "true").strip() == "true"


def decisions(metrics: Path, test_hash: str) -> int:
    """Count the commits of the main line that changed the metrics on this test set.

    Each of them, a merge in most cases, was a decision made with this test set in view.
    """
    log = _git("log", "--first-parent", "--format=%H", "--", str(metrics)) or ""
    if not log:
        return 0
    queries = "".join(f"{commit}:./{metrics.as_posix()}\n" for commit in log.split())
    with tempfile.TemporaryFile("w+b") as written:
        subprocess.run(
            ["git", "cat-file", "--batch"],  # noqa: S607 - the user's own git
            input=queries.encode(), stdout=written, check=True,
        )  # fmt: skip
        written.seek(0)
        count = 0
        for _ in log.split():
            header = written.readline().split()
            if len(header) == 3:  # else the commit deleted the file
                content = written.read(int(header[2]))
                written.read(1)
                count += _hash_of(content) == test_hash
    return count


def _hash_of(content: bytes) -> object:
    """Return the hash of the test set that a metrics file names, if it is one."""
    try:
        return json.loads(content)["test"]["hash"]
    except (ValueError, KeyError, TypeError):
        return None
