"""Make an older model the current one again, or list the versions there are."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from src.base.command import run
from src.base.errors import InputError
from src.base.files import temporary_folder
from src.release.models import learn_releases, print_models
from src.release.storage import remote
from src.repository.cache import damaged_in_cache
from src.repository.clone import default_remote, temporary_clone
from src.repository.commands import TEMPORARY, attempt, call, output
from src.repository.dvc_lock import Entry, differences, outputs, results
from src.repository.project import this_project
from src.repository.revisions import Revision, find, releases
from src.repository.work_tree import require_clean_tree

MODEL_FILES = (
    "dvc.yaml", "dvc.lock", "params.yaml", "data", "metrics", "src", "requirements.lock",
    *(f"requirements-{extra}.lock" for extra in ("search", "xgboost", "lightgbm", "catboost")),
)  # fmt: skip
"""What makes a model and is made with it: ``dvc.lock`` belongs to exactly these."""

BEGUN = TEMPORARY / "rollback"
"""Says, while files are being changed, from which commit; a killed rollback leaves it."""


@dataclass(frozen=True)
class Arguments:
    """Which model, and what the list tells of each."""

    details: Path
    to: str = field(default="", metadata={"help": "tag of the model; without it they are listed"})


def main(arguments: Arguments) -> None:
    """Fetch the older model first; only when all of it is here, change files."""
    learn_releases()
    if not arguments.to:
        print_models(arguments.details)
        for tag in releases()[:2][-1:]:
            print(f"Bring one back with: make rollback TO={tag}")
        return
    if BEGUN.exists():
        _put_back()
    require_clean_tree()
    revision = _find(arguments.to)
    _fetch(revision)
    with _all_or_nothing():
        source = _placed(revision)
        paths = _paths(source, "HEAD")
        output("git", "restore", "--source", source, "--staged", "--worktree", "--", *paths)
        output("dvc", "checkout", "--force")
    print(f"{revision.name} is back. See it with 'git diff --cached --stat', then commit it; what "
          "is published then is a new version.")  # fmt: skip


def _find(name: str) -> Revision:
    try:
        return find(name)
    except InputError as error:
        raise InputError(f"{error} List the versions with `make rollback`.") from None


def _fetch(revision: Revision) -> None:
    """Bring the model's objects into the cache, and prove by a checkout elsewhere that all are."""
    advice = f"Nothing was changed. Then run `make rollback TO={revision.name}` again."
    with temporary_clone(revision.commit, Path(output("dvc", "cache", "dir"))) as clone:
        entries = outputs(clone)
        failure = None
        try:
            call("dvc", "fetch", cwd=clone, advice=advice)
            call("dvc", "checkout", "--quiet", cwd=clone, advice=advice)
        except InputError as error:
            failure = error
        lacking = differences(entries, clone)
        made = {entry.path for entry in results(clone)}
        try:
            lost = [_lost(entry, revision, is_made=entry.path in made)
                    for entry in entries if entry.path in lacking]  # fmt: skip
        except InputError as error:  # the storage does not answer
            raise failure or error from None
        if lost:
            raise InputError("\n  ".join([f"not all of {revision.name} is here", *lost, advice]))
        if failure is not None:
            raise failure


def _lost(entry: Entry, revision: Revision, *, is_made: bool) -> str:
    """Say why a file of a version cannot be had, and what to do."""
    if damaged := damaged_in_cache(entry):
        return f"{entry.path}: damaged in the cache: `rm -f {shlex.join(map(str, damaged))}`."
    wrong = remote(Path(), default_remote()[0]).damaged(entry.md5)
    if not wrong:
        return f"{entry.path}: intact in the storage, but it did not arrive."
    what = f"{entry.path}: missing or damaged in the storage ({', '.join(wrong)})."
    if not is_made:
        return f"{what} Delete it there, then `dvc push` in a clone that still has the file."
    again = f"git switch --detach {revision.name} && dvc repro --force && git switch -"
    return f"{what} Make it again: `{again} && dvc checkout`; publishing it stores it again."


def _placed(revision: Revision) -> str:
    """Return the revision, as a tree in which the project lies where it lies now."""
    here = this_project().folder
    if revision.folder == here:
        return revision.commit
    tree = output("git", "rev-parse", revision.tree)
    with temporary_folder(TEMPORARY, "tree-") as folder:
        for name in reversed(here.parts):  # a folder of one entry, see git-mktree
            (folder / "tree").write_bytes(b"40000 %b\0" % name.encode() + bytes.fromhex(tree))
            tree = output("git", "hash-object", "-t", "tree", "-w", str(folder / "tree"))
    return tree


def _paths(*commits: str) -> list[str]:
    """Return which of the model's files there are in any of the commits."""
    listed = [output("git", "ls-tree", "--name-only", commit, *MODEL_FILES) for commit in commits]
    return sorted({path for lines in listed for path in lines.splitlines()})


@contextlib.contextmanager
def _all_or_nothing() -> Iterator[None]:
    """Put all files back if the block does not end well."""
    TEMPORARY.mkdir(parents=True, exist_ok=True)
    BEGUN.write_text(output("git", "rev-parse", "HEAD"), encoding="utf-8")
    try:
        yield
    except BaseException:
        _put_back()
        raise
    BEGUN.unlink()


def _put_back() -> None:
    """Return to the commit that a rollback has begun from; what lies here stays as a stash."""
    begun = BEGUN.read_text(encoding="utf-8")
    if begun and begun == output("git", "rev-parse", "HEAD"):
        Path(output("git", "rev-parse", "--git-path", "index.lock")).unlink(missing_ok=True)
        kept = attempt("git", "stash", "create", "interrupted rollback")
        output("git", "restore", "--source", "HEAD", "--staged", "--worktree", "--",
               *_paths("HEAD"))  # fmt: skip
        output("dvc", "checkout", "--force")
        if kept:
            print("A rollback did not end. Everything is as before it; what it left can be seen "
                  f"with `git stash show --stat {kept.decode().strip()[:12]}`.")  # fmt: skip
    BEGUN.unlink()


if __name__ == "__main__":
    run(main, Arguments)
