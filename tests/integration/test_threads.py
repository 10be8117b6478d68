"""How many threads an estimator is fitted with."""

from __future__ import annotations

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_info

from src.fitting.fits import Fits
from src.modelling.threads import SMALL, granted, limited

BOOSTING = HistGradientBoostingClassifier(max_iter=2)
MANY = pd.DataFrame({"x": np.arange(SMALL) % 7.0})


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)


def team() -> int:
    """Return how many threads OpenMP may start."""
    found: list[int] = [
        one["num_threads"] for one in threadpool_info() if one["user_api"] == "openmp"
    ]
    return max(found)


class Noting(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A step of one's own, which could use OpenMP in any way."""

    def fit(self, *_: object) -> Noting:
        self.team_ = team()
        return self

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        return features


@pytest.mark.parametrize(("estimator", "expected"), [
    (BOOSTING, 2),
    (VotingClassifier([("one", BOOSTING)]), 2),
    (KMeans(), 1),  # each thread adds up its own rows: another number moves the centers
    (LogisticRegression(), 1),
    (make_pipeline(KMeans(), BOOSTING), 1),
])  # fmt: skip
def test_only_what_is_the_same_from_any_number_has_several(
    estimator: BaseEstimator, expected: int
) -> None:
    with limited(SMALL, estimator):
        assert team() == expected
    with limited(SMALL - 1, estimator):
        assert team() == 1


def test_nothing_takes_more_cores_than_it_is_granted() -> None:
    with granted(1), limited(SMALL, BOOSTING):
        assert team() == 1
    with granted(3), limited(SMALL, BOOSTING):
        assert team() == 3


def test_steps_of_ones_own_have_one_thread_and_the_estimator_its_team(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen, fit = [], HistGradientBoostingClassifier.fit

    def noted(self: BaseEstimator, *given: object, **more: object) -> BaseEstimator:
        seen.append(team())
        return fit(self, *given, **more)

    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", noted)
    truth: npt.NDArray[np.bool_] = (MANY["x"] > 3).to_numpy()
    weight = np.where(truth, 1.0, 0.0)
    fits = Fits([], make_pipeline(Noting(), BOOSTING), MANY, truth, None)
    model = fits.fit(slice(None))
    assert (model[0].team_, seen) == (1, [2])
    weighted = Fits([], make_pipeline(Noting(), BOOSTING), MANY, truth, weight).fit(slice(None))
    assert model.predict(MANY).tolist() == truth.tolist()
    assert weighted.predict(MANY).all()  # only the rows of one class count
