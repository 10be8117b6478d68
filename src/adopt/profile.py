"""What the cells of one column are: a kind, the rules they keep, and why."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.tseries.api import guess_datetime_format

from src.base.contract import Column
from src.base.kinds import Kind
from src.tables.convert import convert

SAMPLE_CELLS = 1_000
"""Distinct cells on which a kind is tried before all cells are."""

MOST_LEVELS = 20
"""A categorical column of more levels gets no list of them in the contract."""

SEEN_OFTEN = 5
"""Rows each level needs before the contract lists them: then a new level is news, not chance."""

ROWS_A_CODE = 10
MOST_CODES = 50


@dataclass(frozen=True)
class ColumnProfile:
    """What one column holds.

    Attributes
    ----------
    cells
        The converted cells, null where the table has null.
    levels
        Number of distinct cells, nulls aside.
    nulls
        Number of null cells.
    why
        What the kind was told by.
    """

    name: str
    kind: Kind
    cells: pd.Series[Any]
    levels: int
    nulls: int
    why: str
    format: str | None = None

    @property
    def rows(self) -> int:
        """The number of rows, nulls included."""
        return len(self.cells)

    @property
    def constant(self) -> bool:
        """Whether all cells are alike: of one value, or of none."""
        return not self.levels or (self.levels == 1 and not self.nulls)

    @property
    def distinct(self) -> bool:
        """Whether no two cells are equal and none is null."""
        return self.levels == self.rows and not self.nulls


def profile(cells: pd.Series[Any], decimal: str) -> ColumnProfile:
    """Tell a column's kind by converting it as prepare will.

    A kind is proposed only if every cell that is not null converts to it.
    """
    name, nulls = str(cells.name), int(cells.isna().sum())
    if nulls == len(cells):
        return ColumnProfile(name, "text", cells, 0, nulls, "no value at all")
    try:
        first = pd.Series(cells.dropna().head(100 * SAMPLE_CELLS).unique()[:SAMPLE_CELLS])
    except TypeError:
        return ColumnProfile(name, "text", cells, 0, nulls, "cells are lists or other containers")
    for kind, wanted, why in _candidates(first):
        column = Column(kind=kind, role="feature", format=wanted)
        if _fits(first, column, decimal):
            converted = convert(cells, column, decimal)
            if int(converted.isna().sum()) == nulls:
                levels = int(converted.nunique())
                return ColumnProfile(name, kind, converted, levels, nulls, why, wanted)
    converted = convert(cells, Column(kind="text", role="feature"), decimal)
    return _text_or_levels(name, converted, nulls)


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


def _text_or_levels(name: str, cells: pd.Series[Any], nulls: int) -> ColumnProfile:
    """Tell levels from free text: many levels, most of them seldom or of many words, are text."""
    levels = int(cells.nunique())
    known = len(cells) - nulls
    words = float(cells.dropna().head(10_000).str.count(r"\s+").mean() + 1)
    if levels > 255 and (words >= 3 or levels > known / 2):
        return ColumnProfile(name, "text", cells, levels, nulls, f"{words:.1f} words a cell")
    return ColumnProfile(name, "categorical", cells, levels, nulls, "words")


def as_codes(found: ColumnProfile, raw: pd.Series[Any]) -> ColumnProfile:
    """Turn numbers that name something into categories; return others as they are.

    The rule: two numbers are two names; whole numbers are names where their name says code, or
    where they leave gaps, so that the median step from one to the next is more than 1 and the steps
    are not all multiples of 5 (as in 10, 20, 50).
    """
    if found.kind != "numeric" or not 2 <= found.levels <= found.rows / ROWS_A_CODE:
        return found
    values = np.sort(found.cells.dropna().unique())
    if len(values) == 2:
        why = f"two values, {values[0]:g} and {values[1]:g}"
    elif len(values) > MOST_CODES or (values != np.trunc(values)).any() or values[0] < 0:
        return found
    elif _says_code(found.name):
        why = "whole numbers whose name says code"
    elif _leaves_gaps(values):
        why = "whole numbers with gaps between them: codes"
    else:
        return found
    column = Column(kind="categorical", role="feature")
    cells = convert(raw, column, ".")  # as written: a level of a CSV file may be 1.0
    if cells.nunique() != found.levels:
        return found
    return ColumnProfile(found.name, "categorical", cells, found.levels, found.nulls, why)


def _says_code(name: str) -> bool:
    return bool(re.search(r"(?:^|[\W_])(?:code|zip|zipcode|postcode|plz)$", name.lower()))


def _leaves_gaps(values: npt.NDArray[np.float64]) -> bool:
    steps = np.diff(values).astype(np.int64)
    return bool(np.median(steps) > 1 and np.gcd.reduce(steps) % 5 > 0)


def rules(found: ColumnProfile) -> dict[str, Any]:
    """Return the rules that the cells keep and that the next data should keep, too."""
    kept: dict[str, Any] = {}
    if found.nulls:
        kept["nullable"] = True
    if found.format:
        kept["format"] = found.format
    if found.kind == "numeric" and found.levels:
        values = found.cells.to_numpy(dtype=np.float64)
        values = values[~np.isnan(values)]
        low, high = float(values.min()), float(values.max())
        if low >= 0 and (values == np.trunc(values)).all():
            kept["min"] = 0
        if (low, high) == (0, 1) and found.levels > 2:
            kept |= {"min": 0, "max": 1}
    if found.kind == "categorical" and 0 < found.levels <= MOST_LEVELS:
        counts = found.cells.value_counts()
        if counts.min() >= SEEN_OFTEN:
            kept["levels"] = sorted(map(str, counts.index))
    return kept
