"""Publish the model of the current commit: push it, prove that it can be pulled, tag it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from src.base.command import run
from src.base.errors import InputError
from src.base.files import read_json
from src.release.requirements import require_clean_tree, require_gate, require_reproduced
from src.release.version import Bump, following, latest, message
from src.repository.clone import default_remote, temporary_clone
from src.repository.commands import attempt, call, output
from src.repository.dvc_lock import Entry, differences, outputs
from src.repository.revisions import RELEASES


@dataclass(frozen=True)
class Arguments:
    """What it reads, and which part of the version to raise."""

    decision: Path
    metrics: Path
    bump: Bump = "minor"


def main(arguments: Arguments) -> None:
    """Check, push, pull into an empty clone, compare, tag; every step can be repeated."""
    print("1/4 check: work tree, dvc.lock, gate", flush=True)
    require_clean_tree()
    require_reproduced()
    require_gate(arguments.decision)
    commit = output("git", "rev-parse", "HEAD")
    name, url = default_remote()

    print(f"2/4 push to {name} ({url})", flush=True)
    call("dvc", "push", advice="Nothing was tagged. Fix the cause and publish again.")

    print("3/4 verify: pull into an empty clone and compare every hash", flush=True)
    published = _verify(commit, url)

    print("4/4 tag", flush=True)
    tag = _tag(commit, arguments.bump, read_json(arguments.metrics), published)
    print(f"{tag}: {len(published)} outputs published, pulled and compared.")


def _verify(commit: str, url: str) -> list[Entry]:
    """Prove that the remote gives back what ``dvc.lock`` names: only a pull does."""
    with temporary_clone(commit) as clone:
        entries = outputs(clone)
        failure = None
        try:
            call("dvc", "pull", cwd=clone)
        except InputError as error:
            failure = error
        missing = differences(entries, clone)
    if in_git := [path for path in missing if output("git", "ls-files", "--", str(path))]:
        raise InputError(
            f"the commit does not hold what dvc.lock names: {', '.join(map(str, in_git))}. git "
            f"missed a change: run `git rm -rq --cached {in_git[0]}`, `git add {in_git[0]}` and "
            "commit. Nothing was tagged."
        )
    if missing:
        raise InputError(
            "the remote does not give back what dvc.lock names:\n  "
            + "\n  ".join(
                f"{path}: {what}; object {_object(url, path, entries)}"
                for path, what in missing.items()
            )
            + "\nNothing was tagged. Publish again, which pushes missing objects; a damaged one "
            "DVC takes for pushed: delete it in the remote first."
        )
    if failure is not None:
        raise failure
    return entries


def _object(url: str, path: Path, entries: list[Entry]) -> str:
    """Return where the remote keeps what a path holds."""
    digest = next(entry.md5 for entry in entries if entry.path == path)
    return f"{url.rstrip('/')}/files/md5/{digest[:2]}/{digest[2:]}"


def _tag(commit: str, bump: Bump, metrics: dict[str, object], published: list[Entry]) -> str:
    """Create the annotated tag, unless there is one that names this very ``dvc.lock``."""
    tags = output("git", "tag", "--list", RELEASES).splitlines()
    diff = ("git", "diff", "--quiet", commit)
    same = [tag for tag in tags if attempt(*diff, tag, "--", "dvc.lock") is not None]
    if known := latest(same):
        print(f"{known} already names this dvc.lock.")
        return known
    tag = following(latest(tags), bump)
    create = ("git", "tag", "--annotate", tag, commit, "--cleanup=verbatim", "--message")
    advice = "The push is complete and verified; publish again to tag it."
    output(*create, message(tag, metrics, published), advice=advice)
    print(f"Tell others: git push origin {tag}")
    return tag


if __name__ == "__main__":
    run(main, Arguments)
