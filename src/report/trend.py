"""The published versions, and the leading score over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from src.modelling.metrics import find
from src.report.snapshot import DETAILS, Content
from src.repository.revisions import releases
from src.repository.versions import (
    LeadingScore,
    PublishedModel,
    leading_score,
    model_bytes,
    published_models,
)

VERSIONS = 20
"""Published versions shown, the latest ones."""


@dataclass(frozen=True)
class Version:
    """A version that has a leading score, and its model's size in bytes."""

    name: str
    score: LeadingScore
    model_bytes: int | None

    @property
    def label(self) -> str:
        """What people call the score."""
        return label(self.score.metric)


def label(metric: str) -> str:
    """Return what people call a score."""
    known = find(metric)
    return known.label if known else metric


def published() -> list[PublishedModel]:
    """Read the published versions, the newest first, as ``make models`` lists them."""
    return published_models(Path(DETAILS), VERSIONS)


def ancestors(models: Sequence[PublishedModel]) -> list[Version]:
    """Return the versions with a score that this commit descends from, the oldest first."""
    merged = set(releases("--merged", "HEAD"))
    found = [_version(one.version, one.score, one.model_bytes)
             for one in reversed(models) if one.version in merged]  # fmt: skip
    return [one for one in found if one is not None]


def version(name: str, details: Content, lock: Content) -> Version | None:
    """Take a version's figures from its files; None where it has no leading score."""
    return _version(name, leading_score(details), model_bytes(lock))


def _version(name: str, score: LeadingScore | None, size: int | None) -> Version | None:
    return None if score is None or find(score.metric) is None else Version(name, score, size)
