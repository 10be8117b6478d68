"""What was built, as a change of the commit it was built from."""

from __future__ import annotations

from pathlib import Path

from src.base.errors import InputError
from src.repository.commands import attempt, output
from src.repository.dvc_lock import LOCK, results
from src.repository.revisions import Revision

PATCH = Path("report/reproduced.patch")

BUILT_FROM = "Built from "
"""How the patch begins, which `git apply` passes over."""


def write_patch(commit: Revision) -> list[str]:
    """Keep what git has of the results and is another now; return these files."""
    paths = ["data", *dict.fromkeys(str(path) for path in (LOCK, *(e.path for e in results())))]
    output("git", "add", "--intent-to-add", "--", *(path for path in paths if _is_for_git(path)))
    names = ("git", "diff", "--relative", "--name-only")
    changed = output(*names, commit.commit, "--", *paths).splitlines()
    patch = attempt("git", "diff", "--binary", commit.commit, "--", *paths) or b""
    PATCH.parent.mkdir(exist_ok=True)
    PATCH.write_bytes(f"{BUILT_FROM}{commit.commit}\n\n".encode() + patch)
    return changed


def _is_for_git(path: str) -> bool:
    return Path(path).exists() and attempt("git", "check-ignore", "--quiet", path) is None


def commit_of(patch: Path) -> str:
    """Return the commit that a patch was built from.

    Raises
    ------
    InputError
        It does not say it.
    """
    first = patch.read_bytes().partition(b"\n")[0].decode(errors="replace")
    if not first.startswith(BUILT_FROM):
        raise InputError(f"{patch.name}: does not begin with {BUILT_FROM!r} and a commit.")
    return first.removeprefix(BUILT_FROM)
