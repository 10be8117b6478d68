"""The sizes of both models and training sets; pure."""

from __future__ import annotations

from pathlib import Path

from src.pages import text
from src.report.snapshot import Content, Snapshot
from src.repository.changes import Change
from src.repository.dvc_lock import made

MODEL, TRAIN = Path("src/models/model.skops"), Path("data/prepared/train.parquet")


def sizes(new: Snapshot, base: Snapshot | None) -> list[Change]:
    """Compare the sizes that ``dvc.lock`` records."""
    found = []
    for label, path in (("model file", MODEL), ("training set", TRAIN)):
        before, after = (size(one.lock, path) if one else None for one in (base, new))
        if after is not None:
            known = None if before is None else text.size(before)
            found.append(Change(label, known, text.size(after)))
    return found


def size(lock: Content, path: Path) -> int | None:
    """Return the size of an output in bytes, from ``dvc.lock``."""
    entry = made(lock).get(path.as_posix())
    return None if entry is None else int(entry["size"])
