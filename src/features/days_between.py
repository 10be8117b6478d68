"""Days from one date to another."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

DAY = 86_400.0
"""Seconds of a day."""


class DaysBetween(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Add a column for each pair of dates: the days from the first to the second, with a fraction.

    Parameters
    ----------
    pairs
        Pairs of column names.
    """

    def __init__(self, pairs: list[list[str]]) -> None:
        self.pairs = pairs

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: N803, ARG002 - scikit-learn's
        """Remember the columns.

        Raises
        ------
        ValueError
            A pair names a column that is not there.
        """
        missing = sorted({name for pair in self.pairs for name in pair} - set(X))
        if missing:
            raise ValueError(f"DaysBetween: no column {missing[0]!r}, found {list(X)}")
        self.feature_names_in_ = np.array(list(X), dtype=object)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803 - scikit-learn's name
        """Return the table with the days on its right."""
        check_is_fitted(self)
        days = {
            f"{start} to {end}": (X[end] - X[start]).dt.total_seconds() / DAY
            for start, end in self.pairs
        }
        return X.assign(**days)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:  # noqa: ANN401, ARG002
        """Return the names of the columns that transform returns."""
        added = [f"{start} to {end}" for start, end in self.pairs]
        return np.array([*self.feature_names_in_, *added], dtype=object)
