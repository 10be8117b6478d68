"""Many rows are predicted block by block in threads, to the same bits."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from skrub import tabular_pipeline

from src.modelling import threads
from src.modelling.predictions import predict_raw
from tests.tables import frame, make_contract

CONTRACT = make_contract("binary")
TABLE = frame("binary", 500)
FEATURES = TABLE[list(CONTRACT.features)]
TRUTH = TABLE[CONTRACT.target].astype(str)


class OfOurs(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A step that nobody has said to be thread-safe."""

    def fit(self, *_: object) -> OfOurs:
        return self

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        return features


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "BLOCK", 64)


def blocks_of(model: object, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many rows the model was asked for at a time."""
    asked: list[int] = []
    method = type(model).predict_proba  # type: ignore[attr-defined] # of any model

    def counted(self: object, rows: pd.DataFrame) -> object:
        asked.append(len(rows))
        return method(self, rows)

    monkeypatch.setattr(type(model), "predict_proba", counted)
    predict_raw(model, FEATURES, CONTRACT)
    return sorted(asked, reverse=True)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("estimator", [
    HistGradientBoostingClassifier(max_iter=5), LogisticRegression(),
])  # fmt: skip
def test_any_number_of_threads_gives_the_same_bits(
    estimator: BaseEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tabular_pipeline(estimator).fit(FEATURES, TRUTH)
    found = []
    for cores in (1, 2, 3, 8):
        monkeypatch.setattr(joblib, "cpu_count", lambda cores=cores: cores)
        found.append(predict_raw(model, FEATURES, CONTRACT))
    assert all(np.array_equal(found[0], other) for other in found)
    monkeypatch.setattr(threads, "BLOCK", len(FEATURES))
    np.testing.assert_allclose(found[0], predict_raw(model, FEATURES, CONTRACT), rtol=1e-12)


@pytest.mark.usefixtures("small_blocks")
def test_only_estimators_known_to_be_thread_safe_share_the_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = tabular_pipeline(HistGradientBoostingClassifier(max_iter=2)).fit(FEATURES, TRUTH)
    assert blocks_of(known, monkeypatch) == [64] * 7 + [52]
    own = make_pipeline(OfOurs(), known).fit(FEATURES, TRUTH)
    frozen = VotingClassifier([("one", FrozenEstimator(own))], voting="soft").fit(FEATURES, TRUTH)
    for model in (own, frozen):
        assert blocks_of(model, monkeypatch)[0] == len(FEATURES)


def test_few_rows_are_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tabular_pipeline(LogisticRegression()).fit(FEATURES, TRUTH)
    assert blocks_of(model, monkeypatch) == [len(FEATURES)]
