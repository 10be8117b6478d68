"""Bring the project to a later version of the template, as one commit to review.

What a version changes in the files that a team owns, the version itself knows: its own code is run,
with the environment that is there.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from src.base.command import run
from src.base.errors import InputError
from src.base.files import temporary_folder
from src.repository.clone import include_settings
from src.repository.commands import TEMPORARY, output, status_of
from src.repository.project import PROJECT, this_project
from src.repository.work_tree import require_clean_tree, unfinished
from src.upgrade.finish import finish
from src.upgrade.versions import dotted, find_base, find_target, numbers_of


@dataclass(frozen=True)
class Arguments:
    """Which version, from where."""

    source: str = field(
        metadata={"help": "address or path of the template; '' finishes an upgrade"}
    )
    to: str = field(default="", metadata={"help": "its tag, else the newest template-v…"})


def main(arguments: Arguments) -> int:
    """Commit the merged files, or say which conflict; build what is stale with the new code."""
    _require_no_merge()
    if not arguments.source:
        finish()
        return 0
    require_clean_tree(":/")
    numbers = numbers_of(Path(PROJECT).read_text(encoding="utf-8"), PROJECT)
    with temporary_folder(TEMPORARY, "upgrade-") as folder:
        template = (folder / "template").absolute()
        _clone(arguments.source, template)
        target = find_target(template, arguments.to)
        if target.numbers == numbers:
            print(f"The project has version {target} of the template already.")
            return 0
        if target.numbers < numbers:
            raise InputError(
                f"{PROJECT}: found version {dotted(numbers)}, which is later than {target}. Only a "
                "later one can be upgraded to."
            )
        head = output("git", "rev-parse", "HEAD")
        base = find_base(template, head, numbers, target)
        output("git", "checkout", "--quiet", "--detach", target.commit, cwd=template)
        versions = [f"{version}={version.commit}" for version in (base, target)]
        theirs = ("env", f"PYTHONPATH={template}", sys.executable, "-P", "-m", "src.upgrade.apply")
        if status := status_of(*theirs, str(template), head, *versions):
            return status
    # In the environment of now, and without what the make that may have called this was given.
    return status_of("make", "--no-print-directory", "upgrade", "FROM=", "TO=")


def _require_no_merge() -> None:
    """Refuse to begin, or to finish, while git waits for the user: its end would take the rest."""
    step = unfinished()
    if step is not None:
        raise InputError(f"a {step} is not finished: `git {step} --continue`, or "
                         f"`git {step} --abort`.")  # fmt: skip


def _clone(source: str, template: Path) -> None:
    """Clone the template, with the project's commit beside it and its settings of git."""
    advice = "FROM names the repository of the template, or a folder with a clone of it."
    output("git", "clone", "--quiet", "--no-checkout", "--", source, str(template), advice=advice)
    include_settings(template)
    root = str(this_project().root)
    output("git", "fetch", "--quiet", "--no-tags", "--update-shallow", root, "HEAD", cwd=template)


if __name__ == "__main__":
    run(main, Arguments)
