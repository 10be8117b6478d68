"""Delete from the remote what no branch and no tag refers to."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from src.base.command import run
from src.base.errors import InputError
from src.repository.clone import default_remote, temporary_clone
from src.repository.commands import call, output

REFS = (
    "+refs/heads/*:refs/heads/*", "+refs/remotes/*:refs/heads/remotes/*",
    "+refs/tags/*:refs/tags/*",
)  # fmt: skip
NEEDED = ("--workspace", "--all-branches", "--all-tags")


@dataclass(frozen=True)
class Arguments:
    """Whether to delete."""

    apply: bool = field(default=False, metadata={"help": "delete, instead of listing"})


def main(arguments: Arguments) -> None:
    """List what ``dvc gc`` would delete from the remote; delete it with ``--apply``."""
    if os.environ.get("CI"):
        raise InputError("CI is set: storage is cleaned by people only, never by a pipeline.")
    if output("git", "rev-parse", "--is-shallow-repository") == "true":
        raise InputError(
            "this clone is shallow and does not know every tag. Run `git fetch --unshallow --tags`."
        )
    advice = "Without it, what others have pushed would look like garbage."
    for remote in output("git", "remote").splitlines():
        output("git", "fetch", "--quiet", "--tags", remote, advice=advice)
    name, _ = default_remote()
    with temporary_clone("HEAD") as clone:
        # `dvc gc --all-branches` knows local branches only: make every branch one of them.
        output("git", "fetch", "--quiet", "origin", *REFS, cwd=clone)
        if not arguments.apply:
            print("This is what would be removed:", flush=True)
        extent = "--force" if arguments.apply else "--dry"
        call("dvc", "gc", *NEEDED, "--cloud", "--remote", name, extent, cwd=clone)
    if not arguments.apply:
        print("Nothing was deleted. To delete: make clean-storage APPLY=yes")


if __name__ == "__main__":
    run(main, Arguments)
