"""The objects in DVC's remote: what is there, how old it is, and what it holds."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dvc.repo import Repo

from src.base.errors import InputError
from src.repository.commands import site_cache

_PLACE = re.compile(r"/([0-9a-f]{2})/([0-9a-f]{30}(?:\.dir)?)$")
_TIMES = ("LastModified", "mtime", "last_modified", "updated", "modified")
"""What the file systems under DVC call the time of an object's last change."""


@dataclass(frozen=True)
class Stored:
    """An object in the storage.

    Attributes
    ----------
    size
        Bytes.
    modified
        When it was stored; None where the storage does not say.
    """

    md5: str
    path: str
    size: int
    modified: datetime | None


class Storage:
    """A place where DVC keeps objects by their md5: a remote, or the cache."""

    def __init__(self, name: str, odb: Any) -> None:  # noqa: ANN401 - DVC has no types
        self.name = name
        self._odb = odb
        self._fs = odb.fs.fs

    def objects(self) -> dict[str, Stored]:
        """List all objects by their md5; files of other names are passed over.

        Raises
        ------
        InputError
            The storage does not answer or refuses.
        """
        with self._told("listed"):
            self._fs.invalidate_cache()
            try:
                found = self._odb.fs.find(self._odb.path, detail=True)
            except FileNotFoundError:
                found = {}
            if not isinstance(found, dict):
                found = {path: self._odb.fs.info(path) for path in found}
            listed = {}
            for path, info in found.items():
                if place := _PLACE.search(path):
                    md5 = "".join(place.groups())
                    listed[md5] = Stored(md5, path, int(info.get("size") or 0), _time(info))
            return listed

    def read(self, md5: str) -> bytes:
        """Return what an object holds.

        Raises
        ------
        InputError
            It is not there, or holds something else than its name says.
        """
        with self._told("read"):
            content: bytes = self._fs.cat_file(self.path(md5))
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if found != md5.removesuffix(".dir"):
            raise InputError(f"{self.path(md5)}: damaged, its md5 is {found}.")
        return content

    def is_intact(self, md5: str) -> bool:
        """Tell whether an object holds what its name says, however large it is."""
        digest = hashlib.md5(usedforsecurity=False)
        with self._told("read"), self._fs.open(self.path(md5), "rb") as stream:
            while block := stream.read(2**22):
                digest.update(block)
        return digest.hexdigest() == md5.removesuffix(".dir")

    def damaged(self, md5: str) -> list[str]:
        """Return where objects of a file or folder are missing or not what their names say."""
        there = self.objects()
        wrong, waiting = [], [md5]
        while waiting:
            name = waiting.pop()
            if name not in there or not self.is_intact(name):
                wrong.append(self.path(name))
            elif name.endswith(".dir"):
                waiting += self.listing(name)
        return wrong

    def listing(self, md5: str) -> list[str]:
        """Return the md5 of every file in a folder, from the object that lists them."""
        return [str(entry["md5"]) for entry in json.loads(self.read(md5))]

    def put(self, file: Path, md5: str) -> None:
        """Store a file as an object, in the place of what is there."""
        with self._told("written"):
            self._odb.fs.put_file(str(file), self.path(md5))

    def get(self, md5: str, file: Path) -> None:
        """Fetch an object into a file."""
        with self._told("read"):
            self._fs.get_file(self.path(md5), str(file))

    def write(self, place: str, content: bytes) -> str:
        """Write a file beside the objects; return where it is."""
        path = f"{self._odb.path.removesuffix('/files/md5')}/{place}"
        with self._told("written"):
            self._odb.fs.makedirs(path.rpartition("/")[0])
            self._fs.pipe_file(path, content)
        return path

    def delete(self, paths: list[str]) -> None:
        """Delete objects."""
        with self._told("cleaned"):
            self._odb.fs.remove(paths)

    def path(self, md5: str) -> str:
        """Return where an object is, or would be."""
        return str(self._odb.oid_to_path(md5))

    @contextlib.contextmanager
    def _told(self, done: str) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except Exception as error:  # each kind of storage raises errors of its own
            raise InputError(
                f"{self.name}: cannot be {done} ({type(error).__name__}: {error}). Check address "
                "and keys with `dvc status --cloud`."
            ) from None


def expanded(wanted: dict[str, str], *places: Storage) -> dict[str, str]:
    """Add the files of every folder among the needed objects.

    Raises
    ------
    InputError
        What a folder holds cannot be told, because no place has its listing.
    """
    every = dict(wanted)
    folders = [md5 for md5 in wanted if md5.endswith(".dir")]
    known = [(place, set(place.objects())) for place in places] if folders else []
    for md5 in folders:
        holding = [place for place, objects in known if md5 in objects]
        if not holding:
            asked = " or ".join(place.name for place in places)
            raise InputError(
                f"{wanted[md5]}: nothing can be done before it is known which files the folder "
                f"{md5} holds, and its listing is not in {asked}. Run `dvc push` "
                "where it was added, or delete that branch."
            )
        every |= dict.fromkeys(holding[0].listing(md5), wanted[md5])
    return every


def remote(folder: Path, name: str) -> Storage:
    """Open a remote of a clone."""
    return Storage(name, _repo(folder).cloud.get_remote_odb(name))


def cache(folder: Path) -> Storage:
    """Open the cache of a clone."""
    return Storage("the cache", _repo(folder).cache.local)


def _repo(folder: Path) -> Any:  # noqa: ANN401 - DVC has no types
    try:
        return Repo(str(folder), config={"core": {"site_cache_dir": str(site_cache(folder))}})
    except Exception as error:
        raise InputError(f"DVC cannot open {folder} ({error}).") from None


def _time(info: dict[str, Any]) -> datetime | None:
    for key in _TIMES:
        value = info.get(key)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
    return None


def sizes(objects: Iterable[Stored]) -> str:
    """Return how much space objects take, for people."""
    total = float(sum(stored.size for stored in objects))
    units = ("bytes", "kB", "MB", "GB", "TB")
    power = min(len(units) - 1, int(math.log(max(total, 1), 1000)))
    return f"{total / 1000**power:,.{0 if power == 0 else 1}f} {units[power]}"
