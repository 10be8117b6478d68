"""What the cells of one column are: a kind, the rules they keep, and why."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from pandas.tseries.api import guess_datetime_format

from src.adopt.facts import Facts
from src.base.contract import Column
from src.base.kinds import Kind
from src.tables.convert import convert

SAMPLE_CELLS = 1_000
"""Distinct cells on which a kind is tried before all cells are."""

MOST_LEVELS = 20
"""A categorical column of more levels gets no list of them in the contract."""

SEEN_OFTEN = 5
"""Rows each level needs before the contract lists them: then a new level is news, not chance."""

NOTHING = "no value at all"
CONTAINERS = "cells are lists or other containers"


@dataclass(frozen=True)
class ColumnProfile:
    """What one column holds.

    Attributes
    ----------
    cells
        The converted cells that are held, null where the table has null.
    facts
        What is counted over all rows, or at first over those that are held.
    why
        What the kind was told by.
    words
        Of free text and levels, which differ by it: the words in a cell.
    codes
        Levels that are written as numbers, all that are known; of other columns none.
    """

    name: str
    kind: Kind
    cells: pd.Series[Any]
    facts: Facts
    why: str
    format: str | None = None
    words: float | None = None
    codes: frozenset[str] = frozenset()

    @property
    def levels(self) -> int:
        """The number of distinct cells, nulls aside."""
        return self.facts.levels

    @property
    def nulls(self) -> int:
        """The number of null cells."""
        return self.facts.nulls

    @property
    def rows(self) -> int:
        """The number of rows, nulls included."""
        return self.facts.rows

    @property
    def constant(self) -> bool:
        """Whether all cells are alike: of one value, or of none."""
        return not self.levels or (self.levels == 1 and not self.nulls)

    @property
    def counts(self) -> pd.Series[int]:
        """The rows of each level; there may not be more of them than are counted.

        Raises
        ------
        ValueError
            There are.
        """
        if self.facts.counts is None:
            raise ValueError(f"{self.name}: {self.levels} levels are not counted")
        return self.facts.counts


def profile(
    cells: pd.Series[Any], decimal: str, others: pd.Series[Any] | None = None
) -> ColumnProfile:
    """Tell a column's kind by converting it as prepare will.

    A kind is proposed only if every cell that is not null converts to it, and every one of
    ``others``, which are cells of rows that are not held.
    """
    name, nulls = str(cells.name), int(cells.isna().sum())
    known = cells.dropna().head(100 * SAMPLE_CELLS)
    if others is not None:
        known = pd.concat([others, known]) if len(known) else others
    unknown = Facts.unknown(len(cells), nulls)
    if not len(known):
        return ColumnProfile(name, "text", cells, unknown, NOTHING)
    try:
        first = pd.Series(known.unique()[:SAMPLE_CELLS])
    except TypeError:
        return ColumnProfile(name, "text", cells, unknown, CONTAINERS)
    for kind, wanted, why in _candidates(first):
        column = Column(kind=kind, role="feature", format=wanted)
        if _fits(first, column, decimal):
            converted = convert(cells, column, decimal)
            if int(converted.isna().sum()) == nulls:
                return ColumnProfile(name, kind, converted, Facts.of(converted), why, wanted)
    converted = convert(cells, Column(kind="text", role="feature"), decimal)
    words = float(converted.dropna().head(10_000).str.count(r"\s+").mean() + 1)
    return text_or_levels(
        ColumnProfile(name, "text", converted, Facts.of(converted), "", words=words)
    )


def _fits(cells: pd.Series[Any], column: Column, decimal: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a format that does not fit is what is asked here
        return bool(convert(cells, column, decimal).notna().all())


def _candidates(first: pd.Series[Any]) -> Iterator[tuple[Kind, str | None, str]]:
    """Yield kinds to try in turn, with the format of times, and what speaks for them."""
    if pd.api.types.is_bool_dtype(first):
        yield "boolean", None, "booleans"
        return
    if pd.api.types.is_datetime64_any_dtype(first):
        yield "datetime", None, "times"
        return
    texts = first.map(str).str.strip()
    if len(texts) == 2 and _two_truths(set(texts.str.lower())):
        yield "boolean", None, f"two values, {' and '.join(sorted(texts))}"
    written = pd.api.types.is_string_dtype(first)
    if written and texts.str.fullmatch(r"(?:19|20)\d{6}").all() and len(texts) > 2:
        yield "datetime", "%Y%m%d", "eight digits that are all dates"
    if not (written and _codes(texts)):
        yield "numeric", None, "numbers"
    if pd.api.types.is_numeric_dtype(first) or texts.str.fullmatch(r"[+-]?\d*[.,]?\d*").all():
        return
    if texts.str.fullmatch(r"\d{4}-\d\d(?:-\d\d.*)?").all():
        yield "datetime", None, "times as ISO 8601 writes them"
    for wanted in _formats(texts):
        yield "datetime", wanted, f"times in the format {wanted}"


def _two_truths(texts: set[str]) -> bool:
    return texts in ({"0", "1"}, {"0.0", "1.0"}, {"true", "false"}, {"t", "f"}, {"yes", "no"},
                     {"y", "n"})  # fmt: skip


def _codes(texts: pd.Series[str]) -> bool:
    """Tell whether digits are names: leading zeros, or more of them than a float can hold."""
    whole = texts[texts.str.fullmatch(r"\d+")]
    zeros = whole.str.fullmatch(r"0\d+")
    return bool(len(whole) and (zeros.any() or (whole.str.len() > 15).any()))


def _formats(texts: pd.Series[str]) -> list[str]:
    """Return the formats that pandas guesses from the cells, month before day first."""
    found: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas says when a guess goes against dayfirst
        for dayfirst in (False, True):
            for text in texts.head(50):
                guess = guess_datetime_format(text, dayfirst=dayfirst)
                complete = guess and all(
                    re.search(part, guess) for part in ("%[yY]", "%[mbB]", "%d")
                )
                if complete and guess not in found:
                    found.append(str(guess))
    return found


def text_or_levels(found: ColumnProfile) -> ColumnProfile:
    """Tell levels from free text: many levels, most of them seldom or of many words, are text."""
    if found.words is None:
        return found
    known = found.rows - found.nulls
    if found.levels > 255 and (found.words >= 3 or found.levels > known / 2):
        return replace(found, kind="text", why=f"{found.words:.1f} words a cell")
    return replace(found, kind="categorical", why="words")


def rules(found: ColumnProfile) -> dict[str, Any]:
    """Return the rules that the cells keep and that the next data should keep, too."""
    kept: dict[str, Any] = {}
    if found.nulls:
        kept["nullable"] = True
    if found.format:
        kept["format"] = found.format
    low, high = found.facts.low, found.facts.high
    if found.kind == "numeric" and found.levels:
        if low >= 0 and found.facts.integers:
            kept["min"] = 0
        if (low, high) == (0, 1) and found.levels > 2:
            kept |= {"min": 0, "max": 1}
    few = found.kind == "categorical" and 0 < found.levels <= MOST_LEVELS
    if few and found.counts.min() >= SEEN_OFTEN:
        kept["levels"] = sorted(map(str, found.counts.index))
    return kept
