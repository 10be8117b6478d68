"""A clone of this repository in an empty folder, with an empty cache and the same remote."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from src.base.errors import InputError
from src.repository.commands import output

LOCAL = Path(".dvc/config.local")
"""Where DVC keeps what is not for git: credentials, a remote of one's own."""


@contextlib.contextmanager
def temporary_clone(revision: str) -> Iterator[Path]:
    """Yield the folder of a clone in which ``revision`` is checked out; it is deleted afterwards.

    Its cache is its own even where the user shares one between projects, so that what it pulls
    can come from the remote only.
    """
    name, url = default_remote()
    with tempfile.TemporaryDirectory(prefix="clone-") as folder:
        clone = Path(folder, "clone")
        output("git", "clone", "--quiet", "--shared", "--no-checkout", ".", str(clone))
        output("git", "checkout", "--quiet", "--detach", revision, cwd=clone)
        if LOCAL.is_file():
            shutil.copy(LOCAL, clone / LOCAL)
        output("dvc", "remote", "modify", "--local", name, "url", url, cwd=clone)
        output("dvc", "config", "--local", "cache.dir", str(clone / ".dvc/cache"), cwd=clone)
        yield clone


def default_remote() -> tuple[str, str]:
    """Return the name and the address of the remote that DVC pushes to.

    Raises
    ------
    InputError
        There is no default remote.
    """
    for line in output("dvc", "remote", "list").splitlines():
        if line.endswith("(default)"):
            name, url = line.removesuffix("(default)").split(maxsplit=1)
            return name, url.strip()
    raise InputError(
        ".dvc/config: no default remote. Set one with `make remote URL=s3://bucket/path`."
    )
