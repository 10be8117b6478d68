"""What one column alone tells of the target: by its values, by its nulls, by its rare levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

BINS = 100

MIN_LEVEL_ROWS = 3
"""Rows of one half from which a level that has one class only says something."""


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


def is_number(target: pd.Series[Any]) -> bool:
    """Tell whether a target is a number to predict; all else is classes."""
    return bool(pd.api.types.is_float_dtype(target))


def truth_of(target: pd.Series[Any], most: int = 20) -> Floats:
    """Return the target as numbers, shape ``(rows, columns)``.

    A number is one column; of classes each of the most frequent has a column of 0 and 1.
    """
    if is_number(target):
        return target.to_numpy(dtype=np.float64)[:, None]
    frequent = target.value_counts().index[:most]
    return np.stack([(target == level).to_numpy(dtype=np.float64) for level in frequent], axis=1)


def explained(features: pd.DataFrame, target: pd.Series[Any]) -> dict[str, float]:
    """Return the share of the target that each feature alone explains, on rows it has not seen.

    Bin means of one half predict the other half. The share of variance explained is R² for a
    number; for classes, taken as 0/1 columns, it is Goodman and Kruskal's tau. For numbers the
    squared rank correlation counts where it is higher, so that no monotone copy hides.

    Parameters
    ----------
    features
        Rows in random order.
    target
        A number, or classes in any other dtype; without nulls.
    """
    truth = truth_of(target)
    if not _two_halves(truth):
        return {}
    found = {}
    for name in features:
        cells = features[name]
        share = share_of_bins(discretize(cells), truth)
        if is_number(target) and pd.api.types.is_float_dtype(cells) and cells.nunique() > 2:
            correlation = cells.rank().corr(target.rank())
            share = max(share, 0.0 if pd.isna(correlation) else float(correlation) ** 2)
        found[str(name)] = share
    return found


def explained_by_nulls(features: pd.DataFrame, target: pd.Series[Any]) -> dict[str, float]:
    """Return the share of the target that follows from whether each feature is null."""
    truth = truth_of(target)
    if not _two_halves(truth):
        return {}
    nulls = {str(name): features[name].isna().to_numpy() for name in features}
    return {
        name: share_of_bins(null.astype(np.intp), truth)
        for name, null in nulls.items() if 0 < null.mean() < 1
    }  # fmt: skip


def cut_by_levels(cells: pd.Series[Any], target: pd.Series[Any]) -> float:
    """Return the smaller share of rows on either side of a value that no level crosses.

    Such as a reason that is given only where a number to predict is high: all rows with a reason
    lie above all that have none. 0 where there is no such value.
    """
    if not is_number(target) or pd.api.types.is_float_dtype(cells):
        return 0.0
    ranges = target.groupby(cells.astype("object").where(cells.notna(), "")).agg(
        ["min", "max", "size"]
    )
    if not 2 <= len(ranges) <= len(target) / MIN_LEVEL_ROWS:
        return 0.0
    ranges = ranges.sort_values("min")
    below = ranges["max"].cummax().to_numpy()[:-1]
    free = below < ranges["min"].to_numpy()[1:]
    rows = ranges["size"].cumsum().to_numpy()[:-1] / len(target)
    return float(np.minimum(rows, 1 - rows)[free].max()) if free.any() else 0.0


def pure_levels(cells: pd.Series[Any], target: pd.Series[Any]) -> float:
    """Return the share of rows whose level occurs with one class only, as far as chance allows.

    Levels that are pure in one half of the rows must be so in the other half, too, on more rows
    than chance would leave pure. Codes that are different in every row count by what they have in
    common: the cell without its digits.
    """
    if is_number(target) or pd.api.types.is_float_dtype(cells):
        return 0.0
    half = len(target) // 2
    if pd.api.types.is_string_dtype(cells) and cells.nunique() > half:
        cells = cells.str.replace(r"\d+", "", regex=True)
    levels, classes = (pd.factorize(part)[0] for part in (cells, target))
    counts = pd.crosstab(levels[:half], classes[:half])
    total, most = counts.sum(axis=1), counts.max(axis=1)
    pure = counts.index[(most == total) & (total >= MIN_LEVEL_ROWS) & (counts.index >= 0)]
    answers = counts.loc[pure].idxmax(axis=1).reindex(levels[half:])
    covered = answers.notna().to_numpy()
    if not covered.any():
        return 0.0
    predicted = answers.to_numpy()[covered].astype(np.intp)
    wrong = float((predicted != classes[half:][covered]).mean())
    by_chance = float(np.log(np.bincount(classes) / len(classes))[predicted].sum())
    return float(covered.mean()) if wrong < 0.005 and by_chance < np.log(1e-6) else 0.0


def share_of_bins(codes: Codes, truth: Floats) -> float:
    """Return the share of variance that the bins' means of one half explain of the other."""
    half = len(truth) // 2
    mean = truth[:half].mean(axis=0)
    total = float(((truth[half:] - mean) ** 2).sum())
    if total == 0:
        return 0.0
    bins = int(codes.max()) + 1
    counts = np.bincount(codes[:half], minlength=bins)[:, None]
    sums = np.stack([np.bincount(codes[:half], column, bins) for column in truth[:half].T], 1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), mean)
    return max(0.0, 1 - float(((truth[half:] - means[codes[half:]]) ** 2).sum()) / total)


def _two_halves(truth: Floats) -> bool:
    return len(truth) >= 20 and bool((np.ptp(truth[: len(truth) // 2], axis=0) > 0).any())
