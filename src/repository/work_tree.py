"""The files of this clone against its commit."""

from __future__ import annotations

from src.base.errors import InputError
from src.repository.commands import output


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
