"""Drop the rows no model should see twice or cannot learn from."""

from __future__ import annotations

import pandas as pd


def drop_duplicates(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the first of the rows that are equal in every column, ignored ones included."""
    return frame.drop_duplicates(ignore_index=True)


def drop_missing_target(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    """Drop the rows whose target is null."""
    return frame.dropna(subset=[target], ignore_index=True)
