"""Build what an upgrade has made stale, and put it into the upgrade's commit."""

from __future__ import annotations

from src.base.errors import InputError
from src.merge.built import build
from src.merge.difference import difference
from src.repository.commands import attempt, output
from src.repository.revisions import find

SUBJECT = "Upgrade the template"


def finish() -> None:
    """Run the pipeline, amend the commit, say how the scores changed and how to undo it all.

    Raises
    ------
    InputError
        The last commit is no upgrade.
    """
    subject = output("git", "log", "-1", "--format=%s")
    if not subject.startswith(SUBJECT):
        raise InputError(
            f"the last commit is {subject!r}, no upgrade that could be finished. Say from where: "
            "`make upgrade FROM=address-or-path`."
        )
    before = find("HEAD~1")
    undo = f"git reset --hard {before.commit[:12]} && make checkout"
    print(f"{subject}: building what is stale. To undo it: {undo}", flush=True)
    build([], advice="The files are merged and committed. Fix the cause, then run `make upgrade`.")
    if attempt("git", "diff", "--cached", "--quiet", "HEAD") is None:
        output("git", "commit", "--quiet", "--amend", "--no-edit")
    print(*difference(before), sep="\n")
    print(f"See it with `git show --stat`, judge it with `make gate`. To undo it: {undo}")
