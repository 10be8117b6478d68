"""The next version and what its tag says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from src.repository.revisions import version

Bump = Literal["major", "minor", "patch"]

FIRST = "1.0.0"


def following(tag: str | None, bump: Bump, prefix: str) -> str:
    """Return the version after ``tag`` (https://semver.org); the first one after None.

    Parameters
    ----------
    prefix
        What the project's tags begin with.
    """
    if tag is None:
        return f"{prefix}{FIRST}"
    major, minor, patch = version(tag)
    raised = {
        "major": (major + 1, 0, 0),
        "minor": (major, minor + 1, 0),
        "patch": (major, minor, patch + 1),
    }
    return prefix + ".".join(map(str, raised[bump]))


def message(
    tag: str, details: dict[str, Any], published: Mapping[str, str], repeats: str | None, notes: str
) -> str:
    """Return the tag's message: scores with their intervals, the hash of every output, the report.

    Parameters
    ----------
    published
        The md5 of every file by its path from git's root, where a consumer finds it.
    repeats
        The earlier version that has the same model, as after a rollback.
    notes
        What the report says of it; may be empty.
    """
    test = details["test"]
    scores = [
        f"  {name:25} {_number(test[name])}  [{_number(bounds['low'])}, {_number(bounds['high'])}]"
        for name, bounds in test["interval"].items()
    ]
    hashes = [f"  {md5:36}  {path}" for path, md5 in published.items()]
    again = [f"Repeats {repeats}: the same model is in force again.", ""] if repeats else []
    rows = f"Test set of {test['rows']:,} rows, {test['hash']}"
    return "\n".join([tag, "", *again, rows, *scores, "", "md5", *hashes, "", notes]).rstrip()


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"
