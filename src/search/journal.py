"""The scores of a search that was interrupted: the same search takes them up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from src.base.files import replacing
from src.search.candidates import Configuration, Scores

FOLDER = Path(".cache/search")

Entry = tuple[list[dict[str, Any]], list[list[float]]]
"""The candidates of a batch, and the scores of each."""


class Journals:
    """Files of what some searches have scored so far.

    Parameters
    ----------
    identity
        All that the scores follow from; another one has other files.
    """

    def __init__(self, identity: Iterable[bytes], folder: Path = FOLDER) -> None:
        self._identity = b"".join(hashlib.sha256(part).digest() for part in identity)
        self._folder = folder
        self._used: list[Path] = []

    def remembering(self, search: str, scores: Scores) -> Scores:
        """Return the same function, which asks the search's file first and adds what is not there.

        A search asks for the same batches again; from the first that is another, all are scored.
        """
        digest = hashlib.sha256(self._identity + search.encode()).hexdigest()
        path = self._folder / f"{digest[:32]}.json"
        self._used.append(path)
        before, done = _read(path), list[Entry]()

        def remembered(candidates: Sequence[Configuration]) -> list[list[float]]:
            asked = [asdict(one) for one in candidates]
            place = len(done)
            if done == before[:place] and [asked] == [entry[0] for entry in before[place:][:1]]:
                done.append(before[place])
            else:
                done.append((asked, scores(candidates)))
                _write(done, path)
            return done[-1][1]

        return remembered

    def forget(self) -> None:
        """Delete the files: the searches have come to their end."""
        for path in self._used:
            path.unlink(missing_ok=True)


def _read(path: Path) -> list[Entry]:
    try:
        return [(asked, found) for asked, found in json.loads(path.read_bytes())]
    except (OSError, ValueError):
        return []


def _write(entries: Sequence[Entry], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as (new,):
        new.write_text(json.dumps(entries), encoding="utf-8")


def identity(*inputs: Path) -> list[bytes]:
    """Return what scores follow from besides parameters: files, our code, and the packages."""
    code = sorted(Path(__file__).parents[1].rglob("*.py"))
    packages = sorted(f"{one.name} {one.version}" for one in distributions())
    return [*(path.read_bytes() for path in (*inputs, *code)), "\n".join(packages).encode()]
