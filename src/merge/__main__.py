"""Merge a branch, or finish a merge or rebase, and build its results anew.

Those of the models beside this one are built by their own `make merge`, with their own environment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from src.base.command import run
from src.base.errors import InputError
from src.merge.answers import take_newer
from src.merge.built import build, built, require_data, take_whole
from src.merge.difference import difference
from src.repository.commands import attempt, call, output
from src.repository.project import Project, all_projects, this_project
from src.repository.revisions import Revision, find
from src.repository.server import find_server
from src.repository.work_tree import UNFINISHED, require_clean_tree, unfinished


@dataclass(frozen=True)
class Arguments:
    """What to merge."""

    source: str = field(default="", metadata={"help": "branch; else the server's default branch"})
    commit: Literal["yes", "no"] = field(
        default="yes", metadata={"help": "no: build this model's part of an unfinished merge only"}
    )


def main(arguments: Arguments) -> int:
    """Merge; leave what people edit to them; build, check and commit the rest."""
    step, here = unfinished(), this_project()
    if step is None:
        require_clean_tree(":/")
        theirs = _merge(arguments.source)
        step = unfinished()
    else:
        theirs = find(UNFINISHED[step])
    while True:
        ours = find("HEAD")
        results = built(ours, theirs)
        take_whole(results, ours, theirs if step else ours)
        others = [project for project in all_projects() if project.folder != here.folder]
        if conflicts := _conflicts(others):
            print(f"Conflicts in {', '.join(conflicts)}: edit and `git add` them, then run `make "
                  "merge` again; the results are then built anew.")  # fmt: skip
            return 1
        take_newer(ours, theirs)
        require_data(ours, theirs)
        build(results)
        for side in (ours, theirs):
            print(*difference(side), sep="\n", flush=True)
        if arguments.commit == "no":
            return 0
        _build_beside(others, ours, theirs)
        tree = output("git", "write-tree")
        if _commit(step):
            step = unfinished()
            theirs = find(UNFINISHED[str(step)])
        elif tree != output("git", "rev-parse", "HEAD^{tree}"):
            # Git has gone on with commits that conflict with nothing: the last one is built, too.
            step, theirs = None, find("HEAD")
        else:
            print(f"Done: {output('git', 'log', '-1', '--format=%h %s')}")
            return 0


def _merge(source: str) -> Revision:
    """Begin the merge; return the other side."""
    server = find_server()
    if server is not None:
        output("git", "fetch", "--quiet", server.name, advice=server.ADVICE)
    if not source and server is None:
        raise InputError("there is no git remote. Say what to merge: `make merge FROM=branch`.")
    if not source and server is not None:
        head = attempt("git", "symbolic-ref", "--short", f"refs/remotes/{server.name}/HEAD")
        source = head.decode().strip() if head else f"{server.name}/main"
    theirs = find(source)
    if attempt("git", "merge-base", "--is-ancestor", theirs.commit, "HEAD") is not None:
        print(f"{source} is merged already; what its results are is checked.")
    elif attempt("git", "merge-base", "HEAD", theirs.commit) is None:
        raise InputError(f"{source} has no commit in common with this branch.")
    elif attempt("git", "merge", "--no-commit", "--no-ff", source) is None and not unfinished():
        call("git", "merge", "--no-commit", "--no-ff", source)  # once more, for its own message
    return theirs


def _conflicts(others: list[Project]) -> list[str]:
    """Return the files in which git asks for a decision, or in which its markers were left.

    Those of other projects are not among them.
    """
    but = [":/", *(f":(top,exclude){project.folder}" for project in others)]
    diff = ("git", "diff", "--name-only")
    unmerged = output(*diff, "--diff-filter=U", "--", *but).splitlines()
    changed = output(*diff, "--diff-filter=d", "HEAD", "--", *but).splitlines()
    markers = ("git", "grep", "--full-name", "--name-only", "-E", "^(<<<<<<<|>>>>>>>) ", "--")
    marked = attempt(*markers, *(f":(top){path}" for path in changed)) if changed else None
    return sorted({*unmerged, *(marked or b"").decode(errors="surrogateescape").splitlines()})


def _build_beside(others: list[Project], *sides: Revision) -> None:
    """Build the other projects of which what was merged is neither side's."""
    diff = ("git", "diff", "--cached", "--quiet")
    for project in others:
        folder = f":(top){project.folder}"
        if all(attempt(*diff, side.commit, "--", folder) is None for side in sides):
            print(f"In {project.folder}, which both sides have changed, too:", flush=True)
            call("make", "merge", "COMMIT=no", cwd=project.root / project.folder,
                 advice="That was there; then run `make merge` here again.")  # fmt: skip


def _commit(step: str | None) -> bool:
    """Commit what was merged; tell whether another commit of a rebase waits to be built."""
    is_same = attempt("git", "diff", "--cached", "--quiet", "HEAD") is not None
    if step == "merge":
        output("git", "commit", "--quiet", "--no-edit")
    elif step is not None:
        how = "--skip" if is_same else "--continue"
        done = attempt("git", "-c", "core.editor=true", step, how)
        if done is None and not unfinished():
            raise InputError(f"`git {step} {how}` failed. See `git status`.")
    elif not is_same:
        output("git", "commit", "--quiet", "--message", "Build the results of the merge anew")
    return step is not None and unfinished() is not None


if __name__ == "__main__":
    run(main, Arguments)
