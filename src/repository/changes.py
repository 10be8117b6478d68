"""What differs between two revisions of a file of keys and values; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """A value that differs, as text; None where one revision does not have the key."""

    key: str
    base: str | None
    new: str | None


def changes(new: Mapping[str, Any], base: Mapping[str, Any], prefix: str = "") -> list[Change]:
    """Return the leaves whose values differ, with their dotted paths; lists are leaves.

    A mapping is a leaf where the other revision has a single value in its place.
    """
    found = []
    for key in dict.fromkeys([*base, *new]):
        sides = [side[key] for side in (new, base) if key in side]
        if all(isinstance(value, Mapping) for value in sides) and any(sides):
            found += changes(new.get(key, {}), base.get(key, {}), f"{prefix}{key}.")
            continue
        before, after = (_text(side[key]) if key in side else None for side in (base, new))
        if before != after:
            found.append(Change(f"{prefix}{key}", before, after))
    return found


def flatten(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each leaf with its dotted path; lists are leaves."""
    for key, value in content.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{path}.")
        else:
            yield path, _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
