"""The scores of a search that was interrupted: the same search takes them up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from src.base.files import replacing
from src.search.candidates import Candidate, Scores

FOLDER = Path(".cache/search")
PACKAGES = ("numpy", "optuna", "pandas", "scikit-learn", "skrub")


Entry = tuple[list[dict[str, Any]], list[list[float]]]
"""The candidates of a batch, and the scores of each."""


class Journal:
    """Remembers the scores of each batch in a file.

    Parameters
    ----------
    identity
        All that the scores follow from; another one has another file.
    """

    def __init__(self, identity: Iterable[bytes], folder: Path = FOLDER) -> None:
        digest = hashlib.sha256()
        for part in identity:
            digest.update(hashlib.sha256(part).digest())
        self.path = folder / f"{digest.hexdigest()[:32]}.json"

    def remembering(self, scores: Scores) -> Scores:
        """Return the same function, which asks the file first and adds what is not there.

        A search asks for the same batches again; from the first that is another, all are scored.
        """
        before, done = self._read(), list[Entry]()

        def remembered(candidates: Sequence[Candidate]) -> list[list[float]]:
            asked = [asdict(one) for one in candidates]
            place = len(done)
            if done == before[:place] and [asked] == [entry[0] for entry in before[place:][:1]]:
                done.append(before[place])
            else:
                done.append((asked, scores(candidates)))
                self._write(done)
            return done[-1][1]

        return remembered

    def _read(self) -> list[Entry]:
        try:
            return [(asked, found) for asked, found in json.loads(self.path.read_bytes())]
        except (OSError, ValueError):
            return []

    def _write(self, entries: Sequence[Entry]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.path) as (path,):
            path.write_text(json.dumps(entries), encoding="utf-8")

    def forget(self) -> None:
        """Delete the file: the search has come to its end."""
        self.path.unlink(missing_ok=True)


def identity(*inputs: Path) -> list[bytes]:
    """Return what scores follow from besides parameters: files, our code, and the packages."""
    code = sorted(Path(__file__).parents[1].rglob("*.py"))
    versions = [f"{name} {version(name)}".encode() for name in PACKAGES]
    return [*(path.read_bytes() for path in (*inputs, *code)), *versions]
