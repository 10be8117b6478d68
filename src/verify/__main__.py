"""Does this commit build what it says? Build it, and compare every byte."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from src.base.command import run
from src.base.cpu import missing_instructions
from src.base.errors import InputError
from src.repository.clone import temporary_clone
from src.repository.commands import call, output
from src.repository.dvc_lock import data, of_stage, results
from src.repository.pipeline import queries, stages
from src.repository.revisions import find
from src.repository.work_tree import require_clean_tree
from src.verify.lock import lock_differences
from src.verify.outputs import output_differences
from src.verify.patch import write_patch

Answer = Literal["yes", "no"]


@dataclass(frozen=True)
class Arguments:
    """What is built again, and where."""

    rebuild: Answer = field(
        default="yes", metadata={"help": "no: run only what dvc.lock does not account for"}
    )
    fresh: Answer = field(
        default="no", metadata={"help": "yes: in an empty folder, with a fresh environment"}
    )


def main(arguments: Arguments) -> int:
    """Build, compare with the commit, and keep what was built as a patch."""
    require_clean_tree()
    commit = find("HEAD")
    if arguments.fresh == "yes":
        return _elsewhere(arguments.rebuild)
    _fetch()
    expected = results()
    everything = _everything() if arguments.rebuild == "yes" else ()
    call("dvc", "repro", *everything, advice="See above for what the stage says.")
    found = [*lock_differences(commit), *output_differences(commit, expected)]
    changed = write_patch(commit)
    if not (found or changed):
        built = "built anew" if everything else "as dvc.lock says, what was missing built"
        print(f"{commit.commit[:12]}: {len(expected)} outputs, {built}: the same bytes.")
        return 0
    said = "error: this commit does not build what it says:"
    lines = found or [f"{path}: changed" for path in changed]
    print(said, *lines, *_advice(), sep="\n  ", file=sys.stderr)
    return 1


def _everything() -> tuple[str, ...]:
    """Return what lets `dvc repro` build all but answers: a server may give another by now."""
    built = [name for name in stages() if name not in queries()]
    return "--force", "--no-run-cache", *(("--downstream", *built) if queries() else ())


def _fetch() -> None:
    """Bring what the storage has, and imported data from its source where it has not."""
    try:
        output("dvc", "pull", "--allow-missing", "--quiet")
    except InputError as error:
        print(f"Not all was pulled; what is missing is built. ({error})", flush=True)
    for entry in data():
        record = f"{entry.path.as_posix()}.dvc"
        if not entry.path.exists() and b"frozen: true" in (find("HEAD").read(record) or b""):
            call("dvc", "update", record)
    for name in queries():
        if any(not entry.path.exists() for entry in of_stage(name).values()):
            call("dvc", "repro", "--single-item", name)


def _advice() -> Iterator[str]:
    if missing := missing_instructions():
        yield (
            f"This CPU has no {' and '.join(missing)}, which every other supported one has: "
            "linear models, networks and text columns come out differently here, see "
            "docs/reproducibility.md."
        )
    yield "Run `dvc repro` and commit; after a merge, `make merge`."
    job = os.environ.get("CI_JOB_URL")
    yield "Or take what was built here: " + (f"`make take JOB={job}`." if job else "commit it.")


def _elsewhere(rebuild: Answer) -> int:
    """Do the same in an empty folder, with an environment made from the lock."""
    with temporary_clone("HEAD") as clone:
        call("make", "verify", "VENV=.venv", "FRESH=no", f"REBUILD={rebuild}", cwd=clone,
             advice="That was in an empty folder, with a fresh environment.")  # fmt: skip
    return 0


if __name__ == "__main__":
    run(main, Arguments)
