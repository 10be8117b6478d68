"""What steps have in common that make a column of each pair of columns."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted


class OfPairs(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Add a column for each pair of columns, on the right of the table.

    Parameters
    ----------
    pairs
        Pairs of column names.
    """

    called: ClassVar[str]
    """The name of a column that is made, with ``{}`` for the first and the second of its pair."""

    def __init__(self, pairs: list[list[str]]) -> None:
        self.pairs = pairs

    @abstractmethod
    def make(self, first: pd.Series[Any], second: pd.Series[Any]) -> pd.Series[Any]:
        """Return the new column, of as many rows."""

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: N803, ARG002 - scikit-learn's
        """Remember the columns.

        Raises
        ------
        ValueError
            A pair names a column that is not there.
        """
        missing = sorted({name for pair in self.pairs for name in pair} - set(X))
        if missing:
            raise ValueError(f"{type(self).__name__}: no column {missing[0]!r}, found {list(X)}")
        self.feature_names_in_ = np.array(list(X), dtype=object)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803 - scikit-learn's name
        """Return the table with the new columns on its right."""
        check_is_fitted(self)
        added = {
            self.called.format(first, second): self.make(X[first], X[second])
            for first, second in self.pairs
        }
        return X.assign(**added)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:  # noqa: ANN401, ARG002 - scikit-learn's
        """Return the names of the columns that transform returns."""
        added = [self.called.format(*pair) for pair in self.pairs]
        return np.array([*self.feature_names_in_, *added], dtype=object)
