"""A quick model on all features: how much they explain together, and without some of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from src.target_leakage.single import Floats, is_number, truth_of

ROWS = 8_000
MOST_CLASSES = 6
MOST_LEVELS = 255


class QuickModel:
    """Boosted trees on a sample, each half predicted by a model of the other.

    What least squares make of the features is one feature more, since trees add up numbers badly.

    Parameters
    ----------
    features
        Rows in random order, of which the first ``ROWS`` count.
    """

    def __init__(self, features: pd.DataFrame, target: pd.Series[Any]) -> None:
        rows = slice(0, ROWS)
        self._number = is_number(target)
        self._truth = truth_of(target.iloc[rows], MOST_CLASSES)
        self._columns = {str(name): self._encoded(features[name].iloc[rows]) for name in features}
        self._known: dict[frozenset[str], Floats] = {}

    def explained(self, without: Collection[str] = ()) -> float:
        """Return the share of the target's variance that the rest explains, at least 0."""
        predicted = self._predicted(without)
        errors = float(((self._truth - predicted) ** 2).sum())
        total = float(((self._truth - self._truth.mean(axis=0)) ** 2).sum())
        return max(0.0, 1 - errors / total) if total else 0.0

    def score(self, without: Collection[str] = ()) -> str:
        """Return what people read: R² or the area under the ROC curve, mean of the classes."""
        if self._number:
            return f"R² {self.explained(without):.3f}"
        predicted, truth = self._predicted(without), self._truth
        areas = [roc_auc_score(truth[:, k], predicted[:, k]) for k in range(truth.shape[1])]
        return f"ROC AUC {np.mean(areas):.3f}"

    def weighty(self) -> list[str]:
        """Return the columns by their weight in a linear model, the heaviest first."""
        features = np.column_stack(list(self._columns.values()))
        weights = np.abs(_weights(_scaled(features, slice(None)), self._truth[:, 0]))
        order = np.argsort(-weights, kind="stable")
        return [list(self._columns)[place] for place in order]

    def _predicted(self, without: Collection[str]) -> Floats:
        key = frozenset(without)
        if key not in self._known:
            kept = [cells for name, cells in self._columns.items() if name not in key]
            self._known[key] = (
                self._out_of_fold(np.column_stack(kept))
                if kept
                else np.broadcast_to(self._truth.mean(axis=0), self._truth.shape)
            )
        return self._known[key]

    def _out_of_fold(self, features: Floats) -> Floats:
        half, classes = len(features) // 2, self._truth.shape[1]
        predicted = np.empty_like(self._truth)
        for fit, held in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
            wide = np.column_stack([features, _least_squares(features, fit, self._truth[fit])])
            for k in range(1 if classes == 2 else classes):
                # So small a fit gains nothing by more threads, and beside a busy core they wait for
                # one another: 24 s instead of 0.7.
                with threadpool_limits(1, "openmp"):
                    predicted[held, k] = self._fitted(wide[fit], self._truth[fit, k], wide[held])
        if classes == 2:
            predicted[:, 1] = 1 - predicted[:, 0]
        return predicted

    def _fitted(self, features: Floats, truth: Floats, held: Floats) -> Floats:
        known = ~np.isnan(features).all(axis=0)  # the others cannot be fitted
        features, held = features[:, known], held[:, known]
        settings: dict[str, Any] = {"max_iter": 40, "early_stopping": False, "random_state": 0}
        if self._number:
            model = HistGradientBoostingRegressor(**settings).fit(features, truth)
            return np.asarray(model.predict(held), dtype=np.float64)
        if np.ptp(truth) == 0:
            return np.full(len(held), truth[0])
        model = HistGradientBoostingClassifier(**settings).fit(features, truth)
        return np.asarray(model.predict_proba(held)[:, 1], dtype=np.float64)

    @staticmethod
    def _encoded(cells: pd.Series[Any]) -> Floats:
        """Return numbers and times as they are, levels numbered by how often they occur."""
        if pd.api.types.is_datetime64_any_dtype(cells):
            times = cells.astype("int64").where(cells.notna())
            return np.asarray(times, dtype=np.float64)
        if pd.api.types.is_numeric_dtype(cells):
            return np.asarray(cells.astype("float64"), dtype=np.float64)
        frequent = cells.value_counts().index[:MOST_LEVELS]
        codes = pd.Index(frequent).get_indexer(pd.Index(cells)).astype(np.float64)
        codes[cells.isna().to_numpy()] = np.nan
        return np.asarray(codes, dtype=np.float64)


def _least_squares(features: Floats, fit: slice, truth: Floats) -> Floats:
    """Predict all rows by linear models of some of them, one a column of the truth."""
    scaled = _scaled(features, fit)
    return np.asarray(scaled @ _weights(scaled[fit], truth), dtype=np.float64)


def _scaled(features: Floats, fit: slice) -> Floats:
    """Return columns of mean 0 and variance 1 in the rows ``fit``; nulls and constants are 0."""
    known = ~np.isnan(features[fit]).all(axis=0)
    middle, spread = np.zeros(features.shape[1]), np.zeros(features.shape[1])
    middle[known] = np.nanmean(features[fit][:, known], axis=0)
    spread[known] = np.nanstd(features[fit][:, known], axis=0)
    return np.nan_to_num((features - middle) / np.where(spread > 0, spread, np.inf))


def _weights(scaled: Floats, truth: Floats) -> Floats:
    return np.asarray(np.linalg.lstsq(scaled, truth - truth.mean(axis=0), rcond=None)[0])
