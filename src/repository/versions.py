"""The published versions of this project's model: when, how good, how large, what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from src.base.errors import InputError
from src.base.settings import PARAMS, parse_yaml
from src.repository.changes import changes
from src.repository.commands import output
from src.repository.dvc_lock import LOCK, made
from src.repository.revisions import Revision, find, releases

MODEL = "src/models/model.skops"

PARTS = {
    "data": ("data", "*.dvc"),
    "code": ("src", "dvc.yaml"),
    "packages": ("requirements*.lock",),
}
"""What besides parameters a model follows from, and where that stands."""

MADE = "src/models"
"""What is no code, though it lies among it."""

MOST_CHANGES = 3
"""Parameters that are named of a version; of more, their number is told."""


@dataclass(frozen=True)
class LeadingScore:
    """The first score of the test set, with its interval.

    Attributes
    ----------
    rows
        Of the test set.
    test_hash
        Versions with the same are scored on the same rows; empty of versions that did not tell.
    """

    metric: str
    value: float
    low: float
    high: float
    rows: int
    test_hash: str


@dataclass(frozen=True)
class PublishedModel:
    """A published version.

    Attributes
    ----------
    date
        Of its tag, as in 2024-01-31.
    score, model_bytes
        None where it has none on record.
    changed
        What it has that the version before has not.
    """

    version: str
    date: str
    score: LeadingScore | None
    model_bytes: int | None
    changed: str


def published_models(details: Path, most: int | None = None) -> list[PublishedModel]:
    """Return the published models, the highest version first: that one is in force.

    Parameters
    ----------
    details
        Where a version has the details of its scores.
    most
        How many of the highest versions; None for all.
    """
    tags = releases()
    found = [find(tag) for tag in (tags if most is None else tags[: most + 1])]
    changed = [_changed(new, old) for new, old in pairwise(found)]
    if len(found) == len(tags):
        changed += ["the first"][: len(found)]
    shown = zip(found, changed, strict=False)
    return [_model(one, details, what) for one, what in shown][:most]


def leading_score(details: Mapping[str, Any]) -> LeadingScore | None:
    """Return the leading score in the details of a version's scores; None where it has none."""
    try:
        test = details["test"]
        metric, bounds = next(iter(test["interval"].items()))
        value, low, high = (float(one) for one in (test[metric], bounds["low"], bounds["high"]))
        rows = int(test["rows"])
        return LeadingScore(metric, value, low, high, rows, test.get("hash", ""))
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration):
        return None


def model_bytes(lock: Mapping[str, Any]) -> int | None:
    """Return the size of the model's file that a ``dvc.lock`` records; None where it does not."""
    try:
        return int(made(lock)[MODEL]["size"])
    except (InputError, KeyError, TypeError, AttributeError):
        return None


def _model(revision: Revision, details: Path, changed: str) -> PublishedModel:
    form = "--format=%(creatordate:short)"
    date = output("git", "for-each-ref", form, f"refs/tags/{revision.name}")
    return PublishedModel(revision.name, date, _score(revision, details), _size(revision),
                          changed)  # fmt: skip


def _score(revision: Revision, details: Path) -> LeadingScore | None:
    try:
        return leading_score(revision.details(details))
    except InputError:
        return None


def _size(revision: Revision) -> int | None:
    try:
        return model_bytes(parse_yaml(revision.text(LOCK), f"{LOCK} of {revision.name}"))
    except InputError:
        return None


def _changed(new: Revision, old: Revision) -> str:
    """Say what a version has that the one before has not."""
    named = [f"{one.key} {one.base or 'none'} → {one.new or 'none'}"
             for one in changes(_params(new), _params(old))]  # fmt: skip
    if len(named) > MOST_CHANGES:
        named = [f"{len(named)} parameters"]
    parts = [part for part, paths in PARTS.items() if not new.has_same(old, *paths, but=[MADE])]
    return "; ".join([*named, *parts]) or "nothing: the same model again"


def _params(revision: Revision) -> dict[str, Any]:
    try:
        content = parse_yaml(revision.text(PARAMS), f"{PARAMS} of {revision.name}")
    except InputError:
        return {}
    return {name: part for name, part in content.items() if name != "gate"}
