"""What the gate finds: a list of checks, and the verdict that follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from src.params import Gate

Status = Literal["passed", "failed", "undecided"]

EXIT = {"passed": 0, "failed": 1, "undecided": 3}
"""Exit status of each verdict; 2 is for a gate that could not run."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    observed, bound
        What was found and what was allowed, where these can be said in short.
    sentence
        What it means, for a reader who knows the model and not the gate.
    warning
        Something a person should look at, though the check passed.
    """

    name: str
    status: Status
    observed: float | str | None
    bound: str | None
    sentence: str
    warning: bool = False


def passed(name: str, sentence: str) -> Check:
    """Make a check of something that is right or wrong and was right."""
    return Check(name, "passed", None, None, sentence)


def failed(name: str, sentence: str) -> Check:
    """Make a check of something that is right or wrong and was wrong."""
    return Check(name, "failed", None, None, sentence)


def undecided(name: str, sentence: str) -> Check:
    """Make a check of something that could not be told."""
    return Check(name, "undecided", None, None, sentence)


def verdict(checks: Iterable[Check], settings: Gate) -> Status:
    """Return the worst status: one failed check fails the gate, as does a gate without checks."""
    found = {check.status for check in checks}
    if "failed" in found or not found:
        return "failed"
    return "undecided" if "undecided" in found and settings.undecided == "fail" else "passed"
