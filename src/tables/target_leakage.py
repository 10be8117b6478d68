"""Find target leakage: cheap tests on a sample, with numpy and pandas only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

TOO_GOOD = 0.98
"""Share of the target's variance above which one feature alone explains too much to be true."""

SAMPLE_ROWS = 20_000
SAMPLE_CELLS = 4_000_000
"""Cells that are looked at; rows are drawn so that a wide table costs no more than a long one."""

BINS = 100
_KNOWN_LATER = {
    "outcome",
    "resolution",
    "settlement",
    "chargeback",
    "aftermath",
    "duration",
    "elapsed",
}


def sample(frame: pd.DataFrame, rows: int = SAMPLE_ROWS) -> pd.DataFrame:
    """Return rows drawn without replacement, in random order, the same ones every time."""
    count = min(len(frame), rows, max(200, SAMPLE_CELLS // max(1, frame.shape[1])))
    chosen = np.random.default_rng(0).permutation(len(frame))[:count]
    return frame.iloc[chosen].reset_index(drop=True)


def discretize(cells: pd.Series[Any], bins: int = BINS) -> Codes:
    """Give each level of a column a number, or each quantile where there are more than ``bins``.

    Nulls are a level of their own. Shape ``(rows,)``, from 0.
    """
    codes, levels = pd.factorize(cells, use_na_sentinel=True)
    times = pd.api.types.is_datetime64_any_dtype(cells)
    numbers = pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
    if (numbers or times) and len(levels) > bins:
        ranks = cells.rank(method="max", pct=True).fillna(0).to_numpy(dtype=np.float64)
        codes = np.where(ranks > 0, np.ceil(ranks * bins), -1).astype(np.intp)
    return np.asarray(codes, dtype=np.intp) + 1


def univariate_r2(features: pd.DataFrame, target: pd.Series[Any]) -> dict[str, float]:
    """Return the share of the target that each feature alone explains, on rows it has not seen.

    Bin means of one half predict the other half. The share of variance explained is R² for a
    number; for classes, taken as 0/1 columns, it is Goodman and Kruskal's tau. For numbers the
    squared rank correlation counts where it is higher, so that no monotone copy hides.

    Parameters
    ----------
    features
        Rows in random order, as :func:`sample` returns them.
    target
        A number, or classes in any other dtype; without nulls.
    """
    number = pd.api.types.is_float_dtype(target)
    truth = target.to_numpy(dtype=np.float64)[:, None] if number else _indicators(target)
    half = len(truth) // 2
    if half < 10:
        return {}
    mean = truth[:half].mean(axis=0)
    total = float(((truth[half:] - mean) ** 2).sum())
    if total == 0:
        return {}
    found = {}
    for name in features:
        cells = features[name]
        codes = discretize(cells)
        bins = int(codes.max()) + 1
        counts = np.bincount(codes[:half], minlength=bins)[:, None]
        sums = np.stack([np.bincount(codes[:half], column, bins) for column in truth[:half].T], 1)
        means = np.where(counts > 0, sums / np.maximum(counts, 1), mean)
        share = 1 - float(((truth[half:] - means[codes[half:]]) ** 2).sum()) / total
        if number and pd.api.types.is_float_dtype(cells) and cells.nunique() > 2:
            correlation = cells.rank().corr(target.rank())
            share = max(share, 0.0 if pd.isna(correlation) else float(correlation) ** 2)
        found[str(name)] = max(0.0, share)
    return found


def _indicators(target: pd.Series[Any], most: int = 20) -> Floats:
    """Return a 0/1 column for each of the most frequent classes, shape ``(rows, classes)``."""
    frequent = target.value_counts().index[:most]
    return np.stack([(target == level).to_numpy(dtype=np.float64) for level in frequent], axis=1)


def parts_of_sum(features: pd.DataFrame, target: pd.Series[Any]) -> list[str]:
    """Return the numeric features that add up to the target, exactly; none if there are no such.

    Least squares on one half gives the coefficients; they must be 0 or 1 (or -1, for a difference)
    and hold on the other half.
    """
    numbers = features.select_dtypes("float64").dropna(axis="columns")
    numbers = numbers.loc[:, numbers.std() > 0]
    half = len(numbers) // 2
    if not pd.api.types.is_float_dtype(target) or numbers.shape[1] < 2:
        return []
    numbers = numbers.iloc[:, : max(2, half // 5)]
    design, truth = numbers.to_numpy(), target.to_numpy(dtype=np.float64)
    scale = np.abs(design).max(axis=0)
    solution = np.linalg.lstsq(design[:half] / scale, truth[:half], rcond=None)[0] / scale
    whole = np.round(solution)
    if np.abs(whole).max() > 1 or np.abs(whole).sum() < 2:
        return []
    missed = np.abs(design[half:] @ whole - truth[half:]).max()
    exact = missed <= 1e-6 * max(1.0, float(np.abs(truth).max()))
    return [str(name) for name, part in zip(numbers, whole, strict=True) if part] if exact else []


def named_after(name: str, others: Iterable[str]) -> str | None:
    """Return the one of ``others`` that a name extends, as ``status_date`` extends ``status``."""
    own = _words(name)
    for other in others:
        words = _words(other)
        longer = len(own) > len(words) > 0 and sum(map(len, words)) > 3
        if longer and any(own[at : at + len(words)] == words for at in range(len(own))):
            return other
    return None


def known_later(name: str) -> str | None:
    """Return the word of a name that speaks of what is known only after the event."""
    return next((word for word in _words(name) if word in _KNOWN_LATER), None)


def _words(name: str) -> list[str]:
    separated = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[\W_]+", separated.lower()) if word]
