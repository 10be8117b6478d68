"""The files of this clone against its commit, and what git waits for there."""

from __future__ import annotations

from pathlib import Path

from src.base.errors import InputError
from src.repository.commands import attempt, output

UNFINISHED = {
    "merge": "MERGE_HEAD",
    "rebase": "REBASE_HEAD",
    "cherry-pick": "CHERRY_PICK_HEAD",
    "revert": "REVERT_HEAD",
}
"""What git can be in the middle of, and the reference that names the other side."""


def require_clean_tree(paths: str = ".") -> None:
    """Refuse a project that differs from its commit.

    Parameters
    ----------
    paths
        For git; ``:/`` is the whole repository, with the projects beside this one.

    Raises
    ------
    InputError
        Names the first files that differ, or that git does not know.
    """
    changed = output("git", "status", "--porcelain", "--", paths).splitlines()
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise InputError(
            f"the work tree is not clean: {', '.join(line[3:] for line in changed[:3])}{more}. "
            "Commit or remove these files."
        )


def unfinished() -> str | None:
    """Return what git is in the middle of."""
    for step, head in UNFINISHED.items():
        folder = Path(output("git", "rev-parse", "--git-path", "rebase-merge"))
        if step == "rebase" and not folder.is_dir():
            continue  # git forgets to delete the reference
        if attempt("git", "rev-parse", "--verify", "--quiet", head) is not None:
            return step
    return None
