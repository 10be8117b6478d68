"""Move to another storage, with every object that anybody needs."""

from __future__ import annotations

import importlib.util
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import track

from src.base.command import run
from src.base.errors import InputError, did_you_mean
from src.base.files import replacing, temporary_folder
from src.release.references import needed
from src.release.storage import Storage, cache, expanded, remote
from src.repository.clone import (
    LOCAL,
    configure,
    default_remote,
    every_revision,
    temporary_clone,
)
from src.repository.project import all_projects, is_release, this_project
from src.repository.server import find_server

CONFIG = Path(".dvc/config")
THREADS = 16

PACKAGES = {
    "s3": "dvc-s3",
    "azure": "dvc-azure",
    "gs": "dvc-gs",
    "ssh": "dvc-ssh",
    "webdav": "dvc-webdav",
    "webdavs": "dvc-webdav",
    "hdfs": "dvc-hdfs",
    "oss": "dvc-oss",
    "gdrive": "dvc-gdrive",
}
"""The package that each kind of address needs; a folder needs none."""


@dataclass(frozen=True)
class Arguments:
    """The new storage."""

    url: str = field(metadata={"help": "s3://bucket/path, azure://…, gs://…, ssh://…, a folder"})
    endpoint: str = field(default="", metadata={"help": "https:// address of an S3 server"})
    missing: Literal["stop", "leave"] = field(
        default="stop", metadata={"help": "what to do where published objects are lost already"}
    )


def main(arguments: Arguments) -> None:
    """Copy what branches, tags and experiments need, prove every copy, then change .dvc/config."""
    require_package(arguments.url)
    name, _ = default_remote()
    old, here = remote(Path(), name), cache(Path())
    server = find_server()
    with temporary_clone("HEAD") as clone, every_revision(server) as repository:
        config = clone / CONFIG
        shutil.copy(CONFIG, config)
        _point(config, name, arguments, CONFIG.parent)
        _point(clone / LOCAL, name, arguments, clone / CONFIG.parent)
        wanted = expanded(needed(repository, experiments=True), old, here)
        _copy(wanted, [old, here], remote(clone, name), clone.parent, arguments.missing)
        with replacing(CONFIG) as (new,):
            shutil.copy(config, new)
    print(f"{name}: {arguments.url}. Commit .dvc/config; the old storage is as it was.")
    own = this_project().folder
    if others := [str(one.folder) for one in all_projects() if one.folder != own]:
        print(f"The objects of {', '.join(others)} are there, too; `make remote` in these folders "
              "changes their .dvc/config.")  # fmt: skip


def _point(config: Path, name: str, arguments: Arguments, folder: Path) -> None:
    """Write the new address into a configuration file; one of a folder, as DVC writes it."""
    url = arguments.url
    if "://" not in url and not Path(url).is_absolute():
        url = os.path.relpath(url, folder)
    section = f"'remote \"{name}\"'"
    configure(config, {section: {"url": url, "endpointurl": arguments.endpoint}})


def _copy(
    wanted: dict[str, str], sources: list[Storage], target: Storage, folder: Path, missing: str
) -> None:
    """Copy objects that the target has not, or not intact, and read back each of them.

    Raises
    ------
    InputError
        An object of a published model is nowhere, or what was copied is not what is read back.
    """
    known = [(source, source.objects()) for source in sources]
    there = target.objects()
    lost = [md5 for md5 in wanted if md5 not in there and not any(md5 in has for _, has in known)]
    published = sorted({wanted[md5] for md5 in lost if is_release(wanted[md5])})
    if published and missing == "stop":
        raise InputError(
            f"objects of {', '.join(published)} are neither in the storage nor in the cache. Fetch "
            "them in a clone that has them (`dvc push`), or move without them: MISSING=leave. "
            "Nothing was changed."
        )
    if lost:
        needing = ", ".join(sorted({wanted[md5] for md5 in lost}))
        print(f"{len(lost)} objects were never pushed and are not brought along ({needing}).")

    def bring(md5: str) -> bool:
        """Copy an object unless it is there; tell whether it was copied."""
        if md5 in there and target.is_intact(md5):
            return False
        with temporary_folder(folder, "object-") as own:
            for source, has in known:
                if md5 in has and source.is_intact(md5):
                    source.get(md5, own / md5)
                    target.put(own / md5, md5)
                    break
        if not target.is_intact(md5):
            raise InputError(f"{target.path(md5)}: what was copied for {wanted[md5]} is damaged. "
                             "Run the same again; nothing else was changed.")  # fmt: skip
        return True

    console = Console(stderr=True)
    objects = [md5 for md5 in wanted if md5 not in lost]
    with ThreadPoolExecutor(THREADS) as threads:
        copied = sum(track(threads.map(bring, objects), "Moving", len(objects), console=console,
                           disable=not console.is_terminal))  # fmt: skip
    print(f"{copied} objects copied, {len(objects)} read back and compared.")


def require_package(url: str) -> None:
    """Refuse an address whose package is not installed.

    Raises
    ------
    InputError
        Names the package and how to add it, so that the locks keep it.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        return
    if scheme not in PACKAGES:
        raise InputError(
            f"{url}: DVC knows no storage {scheme}://{did_you_mean(scheme, PACKAGES)} Known are "
            f"{', '.join(f'{known}://' for known in PACKAGES)} and folders."
        )
    package = PACKAGES[scheme]
    if importlib.util.find_spec(package.replace("-", "_")) is None:
        raise InputError(
            f"{url}: {scheme}:// needs the package {package}, which is not in requirements.lock. "
            f'Add `"{package}",` to dependencies in pyproject.toml, run `make lock`, then this '
            "again, and commit the locks with .dvc/config."
        )


if __name__ == "__main__":
    run(main, Arguments)
