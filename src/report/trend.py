"""The leading score over the published versions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from src.base.errors import InputError
from src.base.settings import parse_yaml
from src.modelling.metrics import find
from src.report.cost import MODEL, size
from src.report.snapshot import DETAILS, LOCK, Content
from src.repository.revisions import Revision, releases
from src.repository.revisions import find as find_revision

VERSIONS = 20
"""Published versions shown, the latest ones."""


@dataclass(frozen=True)
class Version:
    """One version's leading score with its interval, its test rows and the model's size in bytes.

    Attributes
    ----------
    test_hash
        Versions with the same are scored on the same rows.
    """

    name: str
    metric: str
    value: float
    low: float
    high: float
    rows: int
    model_bytes: int | None
    test_hash: str

    @property
    def label(self) -> str:
        """What people call the score."""
        known = find(self.metric)
        return known.label if known else self.metric


def trend() -> list[Version]:
    """Read the published versions that this commit descends from, the oldest first."""
    tags = releases("--merged", "HEAD")[:VERSIONS]
    found = [_read(find_revision(tag)) for tag in reversed(tags)]
    return [one for one in found if one is not None]


def _read(revision: Revision) -> Version | None:
    """Read one version; None where its files are not as they should be."""
    try:
        lock = parse_yaml(revision.text(Path(LOCK)), f"{LOCK} of {revision.name}")
        return version(revision.name, revision.details(Path(DETAILS)), lock)
    except InputError:
        return None


def version(name: str, details: Content, lock: Content) -> Version | None:
    """Take a version's figures from its files; None where it has no leading score."""
    try:
        test = details["test"]
        metric = next(iter(test["interval"]))
        bounds = test["interval"][metric]
        if find(metric) is None or None in (test[metric], bounds["low"], bounds["high"]):
            return None
        return Version(name, metric, test[metric], bounds["low"], bounds["high"], test["rows"],
                       size(lock, MODEL), test["hash"])  # fmt: skip
    except (KeyError, TypeError, StopIteration):
        return None
