"""Move a model from the root of its repository into a folder, so that others can lie beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from src.base.command import run
from src.base.errors import InputError
from src.new_model.copy import MOVED_BLOCK
from src.new_model.place import cache_of, local_paths, repoint, require_name
from src.new_model.shared import ModelEntry, entered, write
from src.repository.commands import output
from src.repository.project import PROJECT, ROOT, this_project
from src.repository.work_tree import require_clean_tree

STAY = {".git", ".gitlab", ".venv", ".storage"}
"""What is not moved: GitLab's, an environment, which knows its place, the storage of all models."""

OWN_CACHE, CACHE = Path(".dvc/cache"), Path(".cache/dvc")
"""From git's root: where DVC's cache is unless it was configured, and where all models share it."""


@dataclass(frozen=True)
class Arguments:
    """The folder."""

    name: str = field(metadata={"help": "of the folder, such as churn"})


def main(arguments: Arguments) -> None:
    """Move everything, with what git does not know, and let DVC find storage and cache again."""
    here = this_project()
    if here.folder != ROOT:
        raise InputError(
            f"this model lies in the folder {here.folder} already. `make new-model NAME=name` lays "
            "another one beside it."
        )
    require_clean_tree()
    folder, cache = require_name(arguments.name, here.root), cache_of(here)
    stay = STAY | {path.parts[0] for path in local_paths(here)} - {".dvc"}
    files = [path for path in here.root.iterdir() if path.name not in stay]
    moves = [(file, folder / file.name) for file in files]
    if cache == OWN_CACHE:
        cache = CACHE
        if (here.root / OWN_CACHE).is_dir():
            moves.append((folder / OWN_CACHE, here.root / CACHE))
    model = ModelEntry(PurePosixPath(folder.name), cache)
    texts = entered({}, [model])
    with _all_or_nothing(folder, moves):
        with (folder / PROJECT).open("a", encoding="utf-8") as stream:
            stream.write(MOVED_BLOCK)
        repoint(folder, before=here.root, cache=here.root / cache)
        write(here.root, texts)
    output("git", "add", "--all")
    print(f"{folder.name}: the model lies there now, with its data; its tags begin with "
          f"{here.tag_prefix} as before. See it with `git status`, commit it, and work there. "
          ".venv can be deleted: make makes a new one in the folder.")  # fmt: skip


@contextlib.contextmanager
def _all_or_nothing(folder: Path, moves: list[tuple[Path, Path]]) -> Iterator[None]:
    """Move files, and back if the block does not end well; git had nothing else to tell."""
    done: list[tuple[Path, Path]] = []
    folder.mkdir()
    try:
        for before, now in moves:
            now.parent.mkdir(parents=True, exist_ok=True)
            before.replace(now)
            done.append((before, now))
        yield
    except BaseException:
        for before, now in reversed(done):
            now.replace(before)
        folder.rmdir()
        output("git", "restore", "--", ".")
        raise


if __name__ == "__main__":
    run(main, Arguments)
