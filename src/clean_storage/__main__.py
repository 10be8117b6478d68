"""Collect garbage in the remote.

Usage: python -m src.clean_storage [--apply]
"""

from __future__ import annotations

import argparse
import os

from src.clone import default_remote, temporary_clone
from src.commands import call, output
from src.errors import InputError, run


def main() -> None:
    """List what ``dvc gc`` would delete from the remote; delete it with ``--apply``."""
    parser = argparse.ArgumentParser(prog="python -m src.clean_storage", description=__doc__)
    parser.add_argument("--apply", action="store_true", help="delete, instead of listing")
    arguments = parser.parse_args()
    if os.environ.get("CI"):
        raise InputError("CI is set: storage is cleaned by people only, never by a pipeline.")
    if output("git", "rev-parse", "--is-shallow-repository") == "true":
        raise InputError(
            "this clone is shallow and does not know every tag. Run `git fetch --unshallow --tags`."
        )
    for remote in output("git", "remote").splitlines():
        output(
            "git",
            "fetch",
            "--quiet",
            "--tags",
            remote,
            advice="Without it, what others have pushed would look like garbage.",
        )
    name, _ = default_remote()
    with temporary_clone("HEAD") as clone:
        # `dvc gc --all-branches` knows local branches only: make every branch one of them.
        output(
            "git",
            "fetch",
            "--quiet",
            "origin",
            "+refs/heads/*:refs/heads/*",
            "+refs/remotes/*:refs/heads/remotes/*",
            "+refs/tags/*:refs/tags/*",
            cwd=clone,
        )
        if not arguments.apply:
            print("This is what would be removed:", flush=True)
        extent = ["--force"] if arguments.apply else ["--dry"]
        call(
            "dvc",
            "gc",
            "--workspace",
            "--all-branches",
            "--all-tags",
            "--cloud",
            "--remote",
            name,
            *extent,
            cwd=clone,
        )
    if not arguments.apply:
        print("Nothing was deleted. To delete: make clean-storage APPLY=yes")


if __name__ == "__main__":
    run(main)
