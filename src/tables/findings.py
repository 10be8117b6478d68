"""What is suspicious about a table and its split though it breaks no rule of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from src.base.contract import Contract, Warned
from src.tables.equal_rows import EqualRows
from src.tables.stability import LARGE, chance, stability_index
from src.target_leakage.find import find
from src.target_leakage.single import discretize

MIN_CLASS_ROWS = 10
"""Rows of a class below which folds and test set cannot all hold some of it."""

MINORITY = 0.1
NEARLY_ALL = 0.999
MIN_DUPLICATES = 0.01
"""Share of rows that equal another from which there is a warning."""

MIN_STEPS = 10
"""Different times that a column needs before its order means something."""

BINS = 10
CHANCE = 4.5
"""Standard deviations above its mean from which an index is no chance: many columns are tested."""


@dataclass(frozen=True)
class Finding:
    """One warning; it stays open until the contract acknowledges it with a reason."""

    warning: Warned
    column: str
    message: str
    reason: str = ""

    def __str__(self) -> str:
        """Return the finding as one line of a list."""
        return f"{self.warning}: {self.column}: {self.message}"


@dataclass(frozen=True)
class Looked:
    """What is known of the training and the test set.

    Attributes
    ----------
    train, test
        Rows of each in random order, as :func:`src.target_leakage.find.sample` draws them.
    rows
        The numbers of rows of both.
    classes
        Training rows of each class; of a number, all in one.
    equal
        What the equal rows of both sets say.
    ordered
        Times among the features in whose order the training rows come.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    rows: tuple[int, int]
    classes: pd.Series[Any]
    equal: EqualRows
    ordered: tuple[str, ...]


def findings(
    sets: Looked, contract: Contract, by: Literal["row", "group", "time"]
) -> list[Finding]:
    """Return all findings, those the contract acknowledges with their reason."""
    found = [
        *_leaks(sets.train, contract),
        *_uninformative(sets.train, contract),
        *_classes(sets.classes, contract),
        *_straddling(sets, contract),
        *_equal_features(sets, contract),
        *_order(sets.ordered, contract, by),
        *_shifts(sets.train, sets.test, contract, by),
    ]
    reasons = {(known.warning, known.column): known.reason for known in contract.acknowledged}
    return [
        replace(finding, reason=reasons.get((finding.warning, finding.column), ""))
        for finding in found
    ]


def listed(found: Iterable[Finding]) -> list[str]:
    """Return the lines to print: open warnings, how to settle them, and how many are settled."""
    found = list(found)
    open_ones = [finding for finding in found if not finding.reason]
    lines = []
    if open_ones:
        lines += [f"{len(open_ones)} warning{'s' * (len(open_ones) > 1)}:"]
        lines += [f"  {finding}" for finding in open_ones]
        lines += [
            "Fix what is wrong; acknowledge what is right in data/schema.yaml, for example\n"
            f"  acknowledged: [{{warning: {open_ones[0].warning}, column: "
            f"{_quoted(open_ones[0].column)}, reason: why}}]"
        ]
    if len(open_ones) < len(found):
        lines += [f"{len(found) - len(open_ones)} acknowledged in data/schema.yaml"]
    return lines


def _quoted(name: str) -> str:
    return name if name.isidentifier() else "'" + name.replace("'", "''") + "'"


def _leaks(drawn: pd.DataFrame, contract: Contract) -> Iterator[Finding]:
    for leak in find(drawn[contract.features], drawn[contract.target]):
        others = ", ".join(leak.columns)
        for name in leak.columns:
            shown = leak.evidence if len(leak.columns) == 1 else f"{others}: {leak.evidence}"
            yield Finding("target_leakage", name, f"{leak.grade}: {shown}")


def _uninformative(drawn: pd.DataFrame, contract: Contract) -> Iterator[Finding]:
    for name in contract.features:
        cells = drawn[name]
        counts = cells.value_counts(dropna=False)
        if len(counts) and counts.iloc[0] >= NEARLY_ALL * len(cells):
            value = "null" if pd.isna(counts.index[0]) else shown(counts.index[0])
            share = 100 * counts.iloc[0] / len(cells)
            yield Finding("near_constant", name, f"{share:.4g} % of the cells are {value}")
        elif contract.columns[name].kind == "categorical" and len(counts) > 0.9 * max(
            50, len(cells)
        ):
            yield Finding(
                "near_unique", name,
                f"{len(counts):,} levels in {len(cells):,} rows; give it role id or kind text",
            )  # fmt: skip


def _classes(classes: pd.Series[Any], contract: Contract) -> Iterator[Finding]:
    if contract.task == "regression":
        return
    counts = classes.sort_values(ascending=False, kind="stable")
    for level, count in counts[counts < MIN_CLASS_ROWS].items():
        yield Finding("rare_class", contract.target, f"class {str(level)!r} has {count} training "
                      f"row{'s' * (count > 1)}; folds without it cannot score it")  # fmt: skip
    share = counts.iloc[-1] / counts.sum()
    if contract.task == "binary" and share < MINORITY:
        yield Finding(
            "imbalance", contract.target,
            f"{100 * share:.2g} % of the rows are {str(counts.index[-1])!r}; accuracy says little, "
            "look at average_precision",
        )  # fmt: skip


def _straddling(sets: Looked, contract: Contract) -> Iterator[Finding]:
    """Name the test rows that training rows equal in all but their id, time and group."""
    if not contract.names("id", "group", "time"):
        return  # then equal rows have equal keys, and one side
    twice, test = sets.equal.straddling, sets.rows[1]
    if twice >= MIN_DUPLICATES * test:
        share = 100 * twice / test
        yield Finding("duplicates", contract.target, f"{twice:,} test rows ({share:.2g} %) equal a "
                      "training row in every feature and the target")  # fmt: skip


def _equal_features(sets: Looked, contract: Contract) -> Iterator[Finding]:
    """Say how good a model can be at best, where it cannot tell some rows apart."""
    found, rows = sets.equal, sum(sets.rows)
    if found.rows >= MIN_DUPLICATES * rows:
        score = "R²" if contract.task == "regression" else "accuracy"
        meaning = (
            f"{found.disagreeing:,} of them differ in {contract.target}, so no model can exceed an "
            f"{score} of {found.ceiling:.3f} on this table"
            if found.disagreeing else f"those with equal features agree in {contract.target}"
        )  # fmt: skip
        yield Finding(
            "equal_features", contract.target,
            f"{found.rows:,} of {rows:,} rows have features that another row has, too; {meaning}",
        )  # fmt: skip


def _order(ordered: Iterable[str], contract: Contract, by: str) -> Iterator[Finding]:
    for name in contract.names("group"):
        if by != "group":
            yield Finding("group_leakage", name, f"rows of one {name} stand in both sets; set "
                          "prepare.split.by to group")  # fmt: skip
    if by == "time":
        return
    for name in contract.names("time"):
        yield Finding("time_order", name, "is the time, but the split ignores it; set "
                      "prepare.split.by to time")  # fmt: skip
    for name in ordered:
        yield Finding("time_order", name, "rows come in its order, and a random split lets the "
                      "model see the future; give it role time and split by time")  # fmt: skip


def shown(cell: object) -> str:
    """Write a cell as people do: texts in quotes, numbers without their type."""
    return repr(cell) if isinstance(cell, str) else str(cell)


def in_order(times: pd.Series[pd.Timestamp]) -> bool:
    """Tell whether rows come in the order of a time, up or down, with more than a few steps."""
    sorted_ = times.is_monotonic_increasing or times.is_monotonic_decreasing
    return bool(times.notna().all() and sorted_ and times.nunique() > MIN_STEPS)


def _shifts(
    train: pd.DataFrame, test: pd.DataFrame, contract: Contract, by: str
) -> Iterator[Finding]:
    for name in [*contract.features, contract.target]:
        if contract.columns[name].kind == "text":
            continue
        index, noise = stability(train[name], test[name])
        if index > LARGE + noise:
            yield Finding("shift", name, f"has another distribution in the test set (population "
                          f"stability index {index:.2g}, the split is by {by})")  # fmt: skip


def stability(old: pd.Series[float], new: pd.Series[float]) -> tuple[float, float]:
    """Return the population stability index of two samples, and what chance alone makes of it.

    Bins are the deciles of both, or the levels, rare ones pooled.
    """
    codes = discretize(pd.concat([old, new], ignore_index=True), BINS)
    frequent = pd.Series(codes[: len(old)]).value_counts().index[: BINS + 1]
    pooled = frequent.get_indexer(pd.Index(codes)) + 1
    counts = [np.bincount(part, minlength=len(frequent) + 1) + 0.5
              for part in np.split(pooled, [len(old)])]  # fmt: skip
    before, after = (count / count.sum() for count in counts)
    noise = chance(len(frequent) + 1, len(old), len(new), CHANCE)
    return stability_index(after, before), noise
