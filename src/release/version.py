"""The next version and what its tag says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from src.repository.dvc_lock import Entry
from src.repository.revisions import RELEASE_PREFIX

Bump = Literal["major", "minor", "patch"]

FIRST = f"{RELEASE_PREFIX}1.0.0"

_TAG = re.compile(rf"{RELEASE_PREFIX}(\d+)\.(\d+)\.(\d+)")


def latest(tags: Iterable[str]) -> str | None:
    """Return the highest version among the tags, None where none is a version."""
    versions = [(_numbers(tag), tag) for tag in tags if _TAG.fullmatch(tag)]
    return max(versions)[1] if versions else None


def following(tag: str | None, bump: Bump) -> str:
    """Return the version after ``tag`` (https://semver.org); the first one after None."""
    if tag is None:
        return FIRST
    major, minor, patch = _numbers(tag)
    raised = {
        "major": (major + 1, 0, 0),
        "minor": (major, minor + 1, 0),
        "patch": (major, minor, patch + 1),
    }
    return RELEASE_PREFIX + ".".join(map(str, raised[bump]))


def message(tag: str, metrics: dict[str, Any], published: Iterable[Entry]) -> str:
    """Return the tag's message: scores with their intervals, and the hash of every output."""
    test = metrics["test"]
    scores = [
        f"  {name:25} {_number(test[name])}  [{_number(bounds['low'])}, {_number(bounds['high'])}]"
        for name, bounds in test["interval"].items()
    ]
    hashes = [f"  {entry.md5:36}  {entry.path.as_posix()}" for entry in published]
    return "\n".join(
        [tag, "", f"Test set of {test['rows']:,} rows, {test['hash']}", *scores, "", "md5", *hashes]
    )


def _numbers(tag: str) -> tuple[int, ...]:
    return tuple(map(int, tag.removeprefix(RELEASE_PREFIX).split(".")))


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"
