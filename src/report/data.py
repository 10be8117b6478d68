"""What changed in the data between two revisions; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from src.pages.text import number, percent
from src.report.drift import Drift, drift, shares
from src.report.snapshot import Snapshot
from src.repository.changes import Change, changes, flatten

TYPICAL = 3
"""Levels shown of a category."""


@dataclass(frozen=True)
class ComparedColumn:
    """One column of the training set in both revisions; empty texts where one lacks it.

    Attributes
    ----------
    typical
        Median and the range of the middle 80 % of numbers, the most frequent levels of a category.
    drift
        None where it cannot be computed, see ``note``.
    shares
        Both distributions, where they can be compared.
    came, went
        Levels that only this revision, or only the base, has.
    """

    name: str
    kind: str
    role: str
    null: str
    base_null: str
    typical: str
    base_typical: str
    drift: Drift | None
    note: str
    shares: list[dict[str, Any]]
    came: list[str]
    went: list[str]


@dataclass(frozen=True)
class Data:
    """Counts of rows, the contract's changes, and the columns, those that moved most first."""

    rows: list[Change]
    changed_rows: list[Change]
    contract: list[Change]
    columns: list[ComparedColumn]

    @property
    def drifted(self) -> list[ComparedColumn]:
        """The columns that have moved by more than the rule of thumb and noise."""
        return [column for column in self.columns if column.drift and column.drift.level != "none"]

    @property
    def relevelled(self) -> list[ComparedColumn]:
        """The columns whose contract names other levels."""
        return [column for column in self.columns if column.came or column.went]

    @property
    def is_unchanged(self) -> bool:
        """Whether rows, contract and distributions are those of the base."""
        return not (self.changed_rows or self.contract or self.drifted)


def data(new: Snapshot, base: Snapshot | None) -> Data:
    """Compare the data of two revisions by what git tracks of it."""
    counts = new.counts.get("rows", {})
    before = base.counts.get("rows", {}) if base else {}
    kept = dict(flatten(before))
    private = _private(new, base)
    contracts = [_rules(revision, private) for revision in (new, base)]
    return Data(
        rows=[Change(key, kept.get(key), value) for key, value in flatten(counts)],
        changed_rows=changes(counts, before) if before else [],
        contract=changes(contracts[0], contracts[1]) if base and base.schema else [],
        columns=_columns(new, base),
    )


def _columns(new: Snapshot, base: Snapshot | None) -> list[ComparedColumn]:
    after = new.profile.get("columns", {})
    before = base.profile.get("columns", {}) if base else {}
    sizes = new.profile.get("rows", 0), base.profile.get("rows", 0) if base else 0
    roles = {
        name: rules.get("role", "") for revision in (base, new) if revision
        for name, rules in revision.schema.get("columns", {}).items()
    }  # fmt: skip
    private = _private(new, base)
    levels = [_levels(revision, private) for revision in (new, base)]
    columns = []
    for name in dict.fromkeys([*after, *before]):
        mine, theirs = after.get(name), before.get(name)
        moved = drift(mine, theirs, *sizes) if mine and theirs else None
        columns.append(
            ComparedColumn(
                name=name,
                kind=(mine or theirs or {})["kind"],
                role=roles.get(name, ""),
                null=percent(mine["null"]) if mine else "",
                base_null=percent(theirs["null"]) if theirs else "",
                typical="private" if mine and name in private else _typical(mine),
                base_typical="private" if theirs and name in private else _typical(theirs),
                drift=moved,
                note=_note(mine, theirs, moved) if before else "",
                shares=shares(mine, theirs) if moved and mine and theirs else [],
                came=_missing(levels[0].get(name), levels[1].get(name)),
                went=_missing(levels[1].get(name), levels[0].get(name)),
            )
        )
    return sorted(columns, key=_attention)


OF_CELLS = ("levels", "min", "max", "positive")
"""Rules of the contract that say what stands in a column's cells."""


def _private(*revisions: Snapshot | None) -> set[str]:
    """Return the columns that are private in one of the revisions: so they are in both."""
    return {
        name for revision in revisions if revision
        for name, rules in revision.schema.get("columns", {}).items() if rules.get("private")
    }  # fmt: skip


def _rules(revision: Snapshot | None, private: set[str]) -> dict[str, Any]:
    """Return the contract's rules of each column, without what tells cells of private ones."""
    columns = revision.schema.get("columns", {}) if revision else {}
    return {
        name: {key: "private" if name in private and key in OF_CELLS else rule
               for key, rule in rules.items()}
        for name, rules in columns.items()
    }  # fmt: skip


def _levels(revision: Snapshot | None, private: set[str]) -> dict[str, list[str]]:
    """Return the levels that the contract names, of columns that are not private."""
    columns = revision.schema.get("columns", {}) if revision else {}
    return {
        name: [str(level) for level in rules["levels"]] for name, rules in columns.items()
        if rules.get("levels") and name not in private
    }  # fmt: skip


def _missing(levels: list[str] | None, others: list[str] | None) -> list[str]:
    """Return the levels that the others lack; none where one side names none."""
    return [level for level in levels if level not in others] if levels and others else []


def _note(mine: object, theirs: object, moved: Drift | None) -> str:
    """Say why a column has no index."""
    if moved is not None:
        return ""
    if theirs is None:
        return "new column"
    if mine is None:
        return "removed"
    private = any(isinstance(one, Mapping) and one.get("private") for one in (mine, theirs))
    return "private" if private else "not comparable"


def _attention(column: ComparedColumn) -> tuple[bool, float]:
    """Sort key: columns that cannot be compared, then by index, descending."""
    return not column.note, -column.drift.index if column.drift else 0.0


def _typical(profile: Mapping[str, Any] | None) -> str:
    if profile is None:
        return ""
    if "levels" in profile:
        top = list(profile["levels"].items())[:TYPICAL]
        named = [f"{level} {percent(share)}" for level, share in top]
        rest = 1 - sum(share for _, share in top)
        return ", ".join([*named, f"others {percent(rest)}"] if rest > 5e-4 else named)
    if profile.get("private"):
        return "private"
    values, shares = profile.get("values", []), profile.get("at_most", [])
    if not values:
        return "all null"
    low, middle, high = (
        next(value for value, share in zip(values, shares, strict=True) if share >= wanted - 1e-6)
        for wanted in (0.1, 0.5, 0.9)
    )
    if isinstance(middle, str):  # a time: the day is enough
        return f"{middle[:10]} ({low[:10]}–{high[:10]})"
    unit = " characters" if profile["kind"] == "text" else ""
    return f"{number(middle)} ({number(low)}–{number(high)}){unit}"
