"""What a person says about the table, and no table can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import chain

from src.base.contract import Role, Task
from src.base.errors import InputError, did_you_mean


@dataclass(frozen=True)
class Choices:
    """The target, the roles of columns, task and positive class; empty where adopt is to decide.

    The extras are those that the Makefile installs: whose estimators may be proposed.
    """

    target: str
    id: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    weight: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    task: Task | None = None
    positive: str | None = None
    extras: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return what was said, as on the command line."""
        said = {one.name.upper(): getattr(self, one.name) for one in fields(self)[1:]}
        return ", ".join(
            f"{name}={','.join(value) if isinstance(value, tuple) else value}"
            for name, value in said.items() if value
        )  # fmt: skip

    @property
    def roles(self) -> dict[str, Role]:
        """The role of each column that was named."""
        return {name: role for role, names in self._named.items() for name in names}

    @property
    def _named(self) -> dict[Role, tuple[str, ...]]:
        return {
            "ignore": self.ignore, "id": self.id, "group": self.group, "time": self.time,
            "weight": self.weight,
        }  # fmt: skip

    def require_one_role(self) -> None:
        """Refuse a column that is named for two roles.

        Raises
        ------
        InputError
            Names it.
        """
        for name, count in Counter(chain.from_iterable(self._named.values())).items():
            if count > 1:
                raise InputError(f"{self}: {name!r} is named twice. Give it one role.")


def names_in(said: str, known: Iterable[str], option: str, target: str) -> tuple[str, ...]:
    """Split column names at commas, where the whole is not a name itself.

    Raises
    ------
    InputError
        The table has no such column, or it is the target.
    """
    columns = list(known)
    parts = tuple(filter(None, map(str.strip, said.split(","))))
    names = (said,) if said and said in columns else parts
    for name in names:
        if name not in columns:
            raise InputError(
                f"{option}={said}: the table has no column {name!r}{did_you_mean(name, columns)} "
                f"It has {', '.join(columns[:12])}{', …' if len(columns) > 12 else ''}."
            )
        if name == target:
            raise InputError(f"{option}={said}: {name!r} is the target. Name other columns.")
    return names
