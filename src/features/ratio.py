"""Ratios of two numbers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted


class Ratio(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Add a column for each pair: the first divided by the second, null where that is zero.

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
            raise ValueError(f"Ratio: no column {missing[0]!r}, found {list(X)}")
        self.feature_names_in_ = np.array(list(X), dtype=object)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803 - scikit-learn's name
        """Return the table with the ratios on its right."""
        check_is_fitted(self)
        ratios = {
            f"{over} / {under}": X[over].astype("float64") / X[under].where(X[under] != 0)
            for over, under in self.pairs
        }
        return X.assign(**ratios)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:  # noqa: ANN401, ARG002
        """Return the names of the columns that transform returns."""
        added = [f"{over} / {under}" for over, under in self.pairs]
        return np.array([*self.feature_names_in_, *added], dtype=object)
