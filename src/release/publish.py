"""Publish the model of the current commit: push it, prove that it can be pulled, tag it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import track

from src.base.command import run
from src.base.errors import InputError
from src.release import gitlab_release, tag
from src.release.requirements import require_gate, require_reproduced
from src.release.storage import remote
from src.release.version import Bump
from src.repository.cache import cached
from src.repository.clone import default_remote, temporary_clone
from src.repository.commands import attempt, call, output
from src.repository.dvc_lock import Entry, differences, md5_of, of_stage, outputs
from src.repository.gitlab_api import job_account
from src.repository.revisions import find
from src.repository.server import current_branch, find_server
from src.repository.work_tree import require_clean_tree


@dataclass(frozen=True)
class Arguments:
    """What it reads, and what it makes of it."""

    decision: Path
    details: Path
    bump: Bump = field(default="minor", metadata={"help": "part of the version to raise"})
    branch: str = field(
        default="", metadata={"help": "branch of the commit, where none is checked out, as in CI"}
    )


def main(arguments: Arguments) -> None:
    """Check, push, pull into an empty clone, compare, tag; every step can be repeated."""
    print("1/4 check: server, work tree, dvc.lock, gate", flush=True)
    server, branch = find_server(), arguments.branch or current_branch()
    commit = output("git", "rev-parse", "HEAD")
    if server is None:
        print("There is no git remote: the tag will be in this clone only.")
    else:
        tag.require_current(server, branch, commit)
    require_clean_tree()
    require_reproduced()
    require_gate(arguments.decision)
    name, url = default_remote()

    print(f"2/4 push to {name} ({url})", flush=True)
    call("dvc", "push", advice="Nothing was tagged. Fix the cause and publish again.")

    print("3/4 verify: pull into an empty clone and compare every hash", flush=True)
    with temporary_clone(commit) as clone:
        published = _verify(clone, name)
        require_gate(arguments.decision, clone)
        contract = of_stage("train", clone)["schema.yaml"]

    print("4/4 tag", flush=True)
    details = find(commit).details(arguments.details)
    release = tag.make(commit, arguments.bump, details, [*published, contract])
    account = job_account(os.environ)
    if server is not None and account is not None:
        release = gitlab_release.publish(server, account, branch, release)
    elif server is not None:
        tag.push(server, branch, commit, release)
    tag.keep(release)
    # Who cleaned the storage in between did not know this tag; from now on everybody does.
    call("dvc", "push", "--quiet", advice=f"{release.name} is tagged: run `dvc push` again.")
    print(f"{release.name}: {len(published)} outputs published, pulled and compared.")


def _verify(clone: Path, name: str) -> list[Entry]:
    """Prove that the remote gives back what ``dvc.lock`` names: only a pull does.

    An object that is damaged in the storage is stored again, from the file in the work tree: DVC
    takes it for pushed, because its name is there.
    """
    entries = outputs(clone)
    failure, missing = _pull(clone, entries)
    here = [entry for entry in entries if entry.path in missing and entry.md5 == md5_of(entry.path)]
    single = [entry for entry in here if not entry.md5.endswith(".dir")]
    if failure is not None and missing and len(single) == len(missing):
        storage, console = remote(Path(), name), Console(stderr=True)
        for entry in track(single, "Storing again", console=console,
                           disable=not console.is_terminal):  # fmt: skip
            print(f"{entry.path}: damaged in the storage, stored again ({storage.path(entry.md5)})")
            storage.put(entry.path, entry.md5)
        failure, missing = _pull(clone, entries)
    if in_git := [path for path in missing if attempt("git", "ls-files", "--", str(path))]:
        raise InputError(
            f"the commit does not hold what dvc.lock names: {', '.join(map(str, in_git))}. git "
            f"missed a change: run `git rm -rq --cached {in_git[0]}`, `git add {in_git[0]}` and "
            "commit. Nothing was tagged."
        )
    if missing:
        storage, md5s = remote(Path(), name), {entry.path: entry.md5 for entry in entries}
        raise InputError(
            "the remote does not give back what dvc.lock names:\n  "
            + "\n  ".join(
                f"{path}: {what}; object {storage.path(md5s[path])}; cached as "
                f"{cached(md5s[path])}. If that is damaged: `rm {cached(md5s[path])}` and `dvc "
                f"commit --force {path}`."
                for path, what in missing.items()
            )
            + "\nNothing was tagged. Publish again, which pushes missing objects."
        )
    if failure is not None:
        raise failure
    return entries


def _pull(clone: Path, entries: list[Entry]) -> tuple[InputError | None, dict[Path, str]]:
    """Pull; return why it failed, if it did, and what is not as it should be."""
    failure = None
    try:
        call("dvc", "pull", cwd=clone)
    except InputError as error:
        failure = error
    return failure, differences(entries, clone)


if __name__ == "__main__":
    run(main, Arguments)
