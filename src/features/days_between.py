"""Days from one date to another."""

from __future__ import annotations

from typing import Any

import pandas as pd

from src.features.pairs import OfPairs

DAY = 86_400.0
"""Seconds of a day."""


class DaysBetween(OfPairs):
    """Add the days from the first date of each pair to the second, with a fraction."""

    called = "{} to {}"

    def make(self, first: pd.Series[Any], second: pd.Series[Any]) -> pd.Series[Any]:
        """Subtract."""
        return (second - first).dt.total_seconds() / DAY
