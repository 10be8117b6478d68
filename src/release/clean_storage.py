"""Delete from the storage what no branch, no tag and no experiment needs any more."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import track

from src.base.command import run
from src.base.errors import InputError
from src.release.references import needed, origins
from src.release.storage import Storage, Stored, cache, expanded, remote, sizes
from src.repository.clone import default_remote, every_revision
from src.repository.server import Server, find_server

BATCH = 500
"""Objects deleted at once; before each batch the server is asked whether anything was pushed."""


@dataclass(frozen=True)
class Arguments:
    """Whether to delete, and what to spare."""

    apply: bool = field(default=False, metadata={"help": "delete, instead of listing"})
    days: float = field(default=14, metadata={"help": "keep what was stored less than this ago"})
    experiments: Literal["yes", "no"] = field(
        default="yes", metadata={"help": "whether pushed DVC experiments count as needed"}
    )


def main(arguments: Arguments) -> None:
    """Compare every branch and tag of the server with the storage; delete with ``--apply``."""
    if os.environ.get("CI"):
        raise InputError("CI is set: storage is cleaned by people only, never by a pipeline.")
    if not arguments.days >= 0:
        raise InputError(f"--days: found {arguments.days}, expected 0 or more.")
    server = find_server()
    if server is None:
        print("There is no git remote: what counts are the branches and tags of this clone.")
    before = server.refs() if server else {}
    name, url = default_remote()
    storage = remote(Path(), name)
    with every_revision(server) as repository:
        wanted = expanded(needed(repository, experiments=arguments.experiments == "yes"),
                          storage, cache(Path()))  # fmt: skip
        unneeded = [stored for md5, stored in storage.objects().items() if md5 not in wanted]
        old, young = _by_age(unneeded, timedelta(days=arguments.days))
        known = origins(repository, [stored.md5 for stored in old])
    for line in _lines(old, known):
        print(line)
    if young:
        print(f"Kept, though nothing needs them: {len(young)} objects ({sizes(young)}) of less "
              f"than {arguments.days:g} days or of unknown age.")  # fmt: skip
    if not arguments.apply:
        print(f"{url}: {len(old)} objects ({sizes(old)}) would go. Nothing was deleted. To delete: "
              "make clean-storage APPLY=yes")  # fmt: skip
    elif old:
        _delete(storage, old, known, server, before)
    else:
        print(f"{url}: nothing to delete.")


def _by_age(objects: list[Stored], least: timedelta) -> tuple[list[Stored], list[Stored]]:
    """Divide objects into those old enough to go and the others, oldest first."""
    now = datetime.now(UTC)
    old = [item for item in objects if item.modified and now - item.modified >= least]
    old.sort(key=lambda item: (item.modified or now, item.md5))
    kept = {item.md5 for item in old}
    return old, [item for item in objects if item.md5 not in kept]


def _lines(objects: list[Stored], known: dict[str, str]) -> Iterator[str]:
    now = datetime.now(UTC)
    for item in objects:
        age = (now - item.modified).days if item.modified else 0
        what = known.get(item.md5, "unknown to every branch and tag")
        yield f"  {item.md5:36}  {sizes([item]):>10}  {age:>5} days  {what}"


def _delete(
    storage: Storage, objects: list[Stored], known: dict[str, str], server: Server | None,
    before: dict[str, str],
) -> None:  # fmt: skip
    """Write down what goes, delete it, and stop as soon as anybody pushes."""
    now = datetime.now(UTC)
    record = [
        {"md5": item.md5, "size": item.size, "stored": f"{item.modified}",
         "was": known.get(item.md5)} for item in objects
    ]  # fmt: skip
    place = storage.write(
        f"removed/{now:%Y-%m-%dT%H-%M-%SZ}.json", json.dumps(record, indent=1).encode()
    )
    batches = [objects[start : start + BATCH] for start in range(0, len(objects), BATCH)]
    console, done = Console(stderr=True), 0
    for batch in track(batches, "Deleting", console=console, disable=not console.is_terminal):
        if server is not None and server.refs() != before:
            raise InputError(
                f"{server.url}: somebody has pushed meanwhile, {done} objects were deleted before. "
                "Run the same again: it asks the server anew."
            )
        storage.delete([item.path for item in batch])
        done += len(batch)
    print(f"Deleted {done} objects ({sizes(objects)}). Their hashes are in {place}")


if __name__ == "__main__":
    run(main, Arguments)
