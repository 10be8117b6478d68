"""Publish the model of the current commit.

Usage: python -m src.publish GATE METRICS [--bump major|minor|patch]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from src import lock
from src.clone import default_remote, temporary_clone
from src.commands import attempt, call, output
from src.errors import InputError, run
from src.files import read_json
from src.publish import version
from src.publish.requirements import require_clean_tree, require_gate, require_reproduced


def main() -> None:
    """Check, push, pull into an empty clone, compare, tag; every step can be repeated."""
    parser = argparse.ArgumentParser(prog="python -m src.publish", description=__doc__)
    parser.add_argument("gate", type=Path)
    parser.add_argument("metrics", type=Path)
    parser.add_argument("--bump", choices=["major", "minor", "patch"], default="minor")
    arguments = parser.parse_args()

    print("1/4 check: work tree, dvc.lock, gate", flush=True)
    require_clean_tree()
    require_reproduced()
    require_gate(arguments.gate)
    commit = output("git", "rev-parse", "HEAD")
    name, url = default_remote()

    print(f"2/4 push to {name} ({url})", flush=True)
    call("dvc", "push", advice="Nothing was tagged. Mend the cause and publish again.")

    print("3/4 verify: pull into an empty clone and compare every hash", flush=True)
    published = _verify(commit, url)

    print("4/4 tag", flush=True)
    tag = _tag(commit, arguments.bump, read_json(arguments.metrics), published)
    print(f"{tag}: {len(published)} outputs published, pulled and compared.")


def _verify(commit: str, url: str) -> list[lock.Entry]:
    """Prove that the remote gives back what ``dvc.lock`` names: only a pull does."""
    with temporary_clone(commit) as clone:
        entries = lock.outputs(clone)
        failure = None
        try:
            call("dvc", "pull", cwd=clone)
        except InputError as error:
            failure = error
        differences = lock.differences(entries, clone)
    if in_git := [path for path in differences if output("git", "ls-files", "--", str(path))]:
        raise InputError(
            f"the commit does not hold what dvc.lock names: {', '.join(map(str, in_git))}. git "
            f"missed a change: run `git rm -rq --cached {in_git[0]}`, `git add {in_git[0]}` and "
            "commit. Nothing was tagged."
        )
    if differences:
        raise InputError(
            "the remote does not give back what dvc.lock names:\n  "
            + "\n  ".join(
                f"{path}: {what}; object {_object(url, path, entries)}"
                for path, what in differences.items()
            )
            + "\nNothing was tagged. Publish again, which pushes missing objects; a damaged one "
            "DVC takes for pushed: delete it in the remote first."
        )
    if failure is not None:
        raise failure
    return entries


def _object(url: str, path: Path, entries: list[lock.Entry]) -> str:
    """Return where the remote keeps what a path holds."""
    digest = next(entry.md5 for entry in entries if entry.path == path)
    return f"{url.rstrip('/')}/files/md5/{digest[:2]}/{digest[2:]}"


def _tag(
    commit: str, bump: version.Bump, metrics: dict[str, object], published: list[lock.Entry]
) -> str:
    """Create the annotated tag, unless there is one that names this very ``dvc.lock``."""
    tags = output("git", "tag", "--list", f"{version.PREFIX}*").splitlines()
    diff = ("git", "diff", "--quiet", commit)
    same = [tag for tag in tags if attempt(*diff, tag, "--", "dvc.lock") is not None]
    if known := version.latest(same):
        print(f"{known} already names this dvc.lock.")
        return known
    tag = version.following(version.latest(tags), bump)
    text = version.message(tag, metrics, published)
    output(
        "git",
        "tag",
        "--annotate",
        tag,
        commit,
        "--cleanup=verbatim",
        "--message",
        text,
        advice="The push is complete and verified; publish again to tag it.",
    )
    print(f"Tell others: git push origin {tag}")
    return tag


if __name__ == "__main__":
    run(main)
