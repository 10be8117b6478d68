"""What a version of the template asks of the files that a team owns: one module a version."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from src.upgrade.migrations import v0_3_0


class Owned(NamedTuple):
    """The texts of the files that a migration may change."""

    params: str
    contract: str


OLDEST = (0, 2, 0)
"""The first version that a project can be upgraded from."""

MIGRATIONS: dict[tuple[int, int, int], Callable[[str, str], tuple[str, str]]] = {
    (0, 3, 0): v0_3_0.migrate,
}
"""By version: from the texts of the version before to its own."""


def migrated(owned: Owned, since: tuple[int, ...], until: tuple[int, ...]) -> Owned:
    """Return the texts as the version ``until`` wants them, from those of the version ``since``."""
    for version in sorted(MIGRATIONS):
        if since < version <= until:
            owned = Owned(*MIGRATIONS[version](*owned))
    return owned
