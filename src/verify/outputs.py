"""What differs between an output that a commit names and the one that was built."""

from __future__ import annotations

import difflib
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa

from src.base.errors import InputError
from src.base.files import parse_json
from src.repository.cache import cached
from src.repository.dvc_lock import Entry, md5_of
from src.repository.revisions import Revision
from src.verify.model import model_differences
from src.verify.numbers import json_differences
from src.verify.tables import table_differences

SHOWN = 5
"""Differences that are told of one file."""

Compare = Callable[[bytes, bytes], Iterator[str]]


def output_differences(commit: Revision, expected: list[Entry]) -> Iterator[str]:
    """Say of each output that is another file now where it differs.

    Parameters
    ----------
    expected
        The outputs as the commit's ``dvc.lock`` names them.
    """
    for entry in expected:
        if md5_of(entry.path) == entry.md5:
            continue
        for path in _files(commit, entry):
            before, now = (
                _content(commit, entry, path),
                path.read_bytes() if path.is_file() else None,
            )
            if before != now:
                yield from _shown(path, before, now)


def _files(commit: Revision, entry: Entry) -> list[Path]:
    """Return the files of an output, as it was and as it is."""
    if not entry.md5.endswith(".dir"):
        return [entry.path]
    return sorted({path for path in entry.path.rglob("*") if path.is_file()}
                  | set(commit.files(entry.path)))  # fmt: skip


def _content(commit: Revision, entry: Entry, path: Path) -> bytes | None:
    """Return a file as the commit has it: from git, else from the cache; None where neither has."""
    tracked = commit.read(path.as_posix())
    if tracked is not None or entry.md5.endswith(".dir"):
        return tracked
    place = cached(entry.md5)
    return place.read_bytes() if place is not None and place.is_file() else None


def _shown(path: Path, before: bytes | None, now: bytes | None) -> Iterator[str]:
    """Tell the first differences of one file, and how many more there are."""
    if before is None or now is None:
        yield f"{path}: " + ("was built, but is not in this commit's git, cache or storage"
                             if before is None else "is not built any more")  # fmt: skip
        return
    try:
        found = list(_comparison(path)(before, now))
    except (InputError, ValueError, OSError, pa.ArrowException) as error:
        found = [f"cannot be read ({error}); {next(bytes_differences(before, now))}"]
    if not found:
        found = [f"holds the same, written in other bytes; {next(bytes_differences(before, now))}"]
    yield from (f"{path}: {line}" for line in itertools.islice(found, SHOWN))
    if len(found) > SHOWN:
        yield f"{path}: and {len(found) - SHOWN} more differences"


def _comparison(path: Path) -> Compare:
    kinds: dict[str, Compare] = {
        ".skops": model_differences,
        ".json": lambda a, b: json_differences(parse_json(a, "committed"), parse_json(b, "built")),
        ".parquet": lambda a, b: table_differences(_parquet(a), _parquet(b)),
        ".csv": lambda a, b: table_differences(_csv(a), _csv(b)),
        ".md": text_differences,
    }
    return kinds.get(path.suffix, bytes_differences)


def _parquet(content: bytes) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(content))


def _csv(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content))


def text_differences(before: bytes, now: bytes) -> Iterator[str]:
    """Return the lines that went and came."""
    old, new = (content.decode(errors="replace").splitlines() for content in (before, now))
    for line in difflib.unified_diff(old, new, lineterm="", n=0):
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            yield line


def bytes_differences(before: bytes, now: bytes) -> Iterator[str]:
    """Return where the first of two different contents is another."""
    first = next((place for place, (a, b) in enumerate(zip(before, now, strict=False)) if a != b),
                 min(len(before), len(now)))  # fmt: skip
    yield f"{len(before):,} and {len(now):,} bytes, the first difference at byte {first:,}"
