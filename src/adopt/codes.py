"""Numbers that name something: categories, not quantities."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.adopt.facts import Facts
from src.adopt.profile import ColumnProfile
from src.base.contract import Column
from src.tables.convert import convert

ROWS_A_CODE = 10
"""Rows that a code stands in, on average: numbers that occur less often are quantities."""

MOST_CODES = 50
"""Distinct codes that a column has: numbers of which there are more are quantities."""


def as_codes(
    found: ColumnProfile, raw: pd.Series[Any], others: pd.Series[Any] | None = None
) -> ColumnProfile:
    """Turn numbers that name something into categories; return others as they are.

    The rule: two numbers are two names; whole numbers are names where their name says code, or
    where they leave gaps, so that the median step from one to the next is more than 1 and the steps
    are not all multiples of 5 (as in 10, 20, 50). ``others`` are cells of rows that are not held.
    """
    if found.kind != "numeric" or not 2 <= found.levels <= found.rows / ROWS_A_CODE:
        return found
    values = found.cells.dropna().unique()
    if others is not None:
        numbers = convert(others, Column(kind="numeric", role="feature"), ".")
        values = np.concatenate([values, numbers.to_numpy()])
    values = np.unique(values)
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
    known = cells if others is None else pd.concat([cells, convert(others, column, ".")])
    return replace(
        found, kind="categorical", cells=cells, facts=Facts.of(cells), why=why,
        codes=frozenset(known.dropna()),
    )  # fmt: skip


def _says_code(name: str) -> bool:
    return bool(re.search(r"(?:^|[\W_])(?:code|zip|zipcode|postcode|plz)$", name.lower()))


def _leaves_gaps(values: npt.NDArray[np.float64]) -> bool:
    steps = np.diff(values).astype(np.int64)
    return bool(np.median(steps) > 1 and np.gcd.reduce(steps) % 5 > 0)
