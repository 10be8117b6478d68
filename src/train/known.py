"""An estimator of probabilities that are known already, for what scikit-learn fits on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin

from src.modelling.predictions import Floats


class Known(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Takes probabilities that are known already for its features, and predicts them.

    Parameters
    ----------
    classes
        In the order of the probabilities; the rows at hand may lack one.
    """

    def __init__(self, classes: Sequence[Any]) -> None:
        self.classes = classes

    def fit(self, X: Floats, y: object) -> Self:  # noqa: N803, ARG002 - scikit-learn's
        """Know the classes."""
        self.classes_ = np.asarray(self.classes)
        return self

    def predict_proba(self, X: Floats) -> Floats:  # noqa: N803 - scikit-learn's name
        """Return what is given."""
        return X

    def predict(self, X: Floats) -> npt.NDArray[Any]:  # noqa: N803 - scikit-learn's name
        """Return the most probable class of each row."""
        return np.asarray(self.classes_[X.argmax(axis=1)])
