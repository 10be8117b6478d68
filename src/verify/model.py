"""What differs between two saved models: which attribute, in which member of the archive."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from src.saving.model_file import SCHEMA, UNREADABLE

NUMBERS = {"__id__", "file"}
"""Of a node of skops' JSON: what only numbers it."""

LONGEST = 60
"""Characters of a value that are told."""


class Archive:
    """The members of a model's file, of which nothing is loaded.

    Attributes
    ----------
    damage
        By member, why it cannot be read.
    """

    def __init__(self, content: bytes) -> None:
        self.members: dict[str, bytes] = {}
        self.damage: dict[str, str] = {}
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                try:
                    self.members[name] = archive.read(name)
                except UNREADABLE as error:
                    self.damage[name] = str(error)


def model_differences(before: bytes, now: bytes) -> Iterator[str]:
    """Return the attributes that are another, by their path from the pipeline on.

    Arrays are read as numbers, all else as JSON.
    """
    committed, built = Archive(before), Archive(now)
    for side, archive in {"committed": committed, "built": built}.items():
        for member, why in archive.damage.items():
            yield f"the {side} file is damaged: {member}: {why}"
    if SCHEMA in committed.members and SCHEMA in built.members:
        old, new = (json.loads(archive.members[SCHEMA]) for archive in (committed, built))
        for path, first, second in _values(old, new, "model"):
            yield from _told(path, first, second, committed, built)


def _values(before: Any, now: Any, path: str) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - JSON
    """Walk two nodes side by side; yield the values that differ, and all pairs of members."""
    if isinstance(before, dict) and isinstance(now, dict) and _kind(before) == _kind(now):
        if "file" in before and "file" in now:
            yield path, before, now
        for key in dict.fromkeys([*before, *now]):
            if key not in NUMBERS:
                inner = path if key.startswith("__") or key == "content" else f"{path}.{key}"
                yield from _values(before.get(key), now.get(key), inner)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for place, (first, second) in enumerate(zip(before, now, strict=True)):
            yield from _values(first, second, f"{path}[{place}]")
    elif before != now:
        yield path, before, now


def _kind(node: dict[str, Any]) -> str:
    return f"{node.get('__module__')}.{node.get('__class__')}"


def _told(
    path: str,
    before: Any,  # noqa: ANN401 - JSON
    now: Any,  # noqa: ANN401 - JSON
    committed: Archive,
    built: Archive,
) -> Iterator[str]:
    """Say what differs; nothing for members that are the same, or damaged and told already."""
    if isinstance(before, dict) and isinstance(now, dict) and _kind(before) == _kind(now):
        first = committed.members.get(before["file"])
        second = built.members.get(now["file"])
        if first is not None and second is not None and first != second:
            yield from _arrays(f"{path} ({before['file']})", first, second)
        return
    texts = [_kind(value) if isinstance(value, dict) else str(value) for value in (before, now)]
    short = [text if len(text) <= LONGEST else f"{text[:LONGEST]}…" for text in texts]
    yield f"{path}: committed {short[0]}, built {short[1]}"


def _arrays(path: str, before: bytes, now: bytes) -> Iterator[str]:
    """Compare two members: arrays value by value, by their fields where they have some."""
    try:
        a, b = (np.load(io.BytesIO(member), allow_pickle=False) for member in (before, now))
    except UNREADABLE:
        yield f"{path}: other bytes"
        return
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):  # an archive of arrays
        yield f"{path}: other values"
    elif a.shape != b.shape or a.dtype != b.dtype:
        yield f"{path}: committed {a.dtype} {a.shape}, built {b.dtype} {b.shape}"
    elif a.dtype.names is None:
        yield from _cells(path, a, b)
    else:
        for field in a.dtype.names:
            yield from _cells(f"{path}.{field}", a[field], b[field])


def _cells(path: str, a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Iterator[str]:
    differs = np.atleast_1d((a != b) & ~((a != a) & (b != b)))  # noqa: PLR0124 - NaN equals NaN here
    if differs.any():
        place = [int(index) for index in np.unravel_index(int(differs.argmax()), differs.shape)]
        first, second = (np.atleast_1d(array)[tuple(place)] for array in (a, b))
        yield (
            f"{path}: {differs.sum():,} of {differs.size:,} values, the first at {place}: "
            f"committed {first}, built {second}"
        )
