"""Whether the target can be computed from a few numbers or times, exactly up to rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.target_leakage.single import Codes, Floats, is_number

ROWS = 2_000
"""Rows that a formula is sought on."""

PAIRS_OF = 100
"""Columns of which all pairs are tried."""

MOST_CLASSES = 10

MIN_ROWS = 100
"""Rows of which fewer would be met by chance."""

DAY = 86_400e6
"""Microseconds."""


@dataclass(frozen=True)
class Formula:
    """Columns from which the target can be computed, and how."""

    columns: tuple[str, ...]
    text: str


def formulas(features: pd.DataFrame, target: pd.Series[Any]) -> list[Formula]:
    """Find sums, differences, products and ratios that give the target.

    A number must follow from a weighted sum of columns, or from a product or ratio of two, up to a
    factor and the rounding of the target. Classes must follow from thresholds of a sum, difference,
    product or ratio of two columns.

    Parameters
    ----------
    features
        Rows in random order; numbers and times count, in days.
    """
    numbers = _numbers(features)
    if is_number(target):
        numbers, truth = numbers.head(ROWS), target.head(ROWS).to_numpy(np.float64)
        return _weighted_sum(numbers, truth) or _product_or_ratio(numbers, truth)
    codes, levels = pd.factorize(target.head(ROWS))
    return _thresholds(numbers.head(ROWS), codes) if len(levels) <= MOST_CLASSES else []


def _numbers(features: pd.DataFrame) -> pd.DataFrame:
    found = {}
    for name in features:
        cells = features[name]
        if pd.api.types.is_datetime64_any_dtype(cells):
            days = cells.astype("datetime64[us]").astype("int64") / DAY
            found[str(name)] = days.where(cells.notna())
        elif pd.api.types.is_float_dtype(cells):
            found[str(name)] = cells.astype("float64")
    return pd.DataFrame(found, index=features.index)


def _step(truth: Floats) -> float:
    """Return what the target is rounded to: the largest power of ten that divides all values."""
    for step in (1.0, 0.1, 0.01, 0.001):
        units = truth / step
        if (np.abs(units - np.round(units)) < 1e-6 * np.maximum(1.0, np.abs(units))).all():
            return step
    return 0.0


def _exact(computed: Floats, truth: Floats) -> bool:
    """Tell whether numbers agree up to the rounding of the second, which must vary far more."""
    step = _step(truth)
    allowed = max(
        1e-6 * float(np.abs(truth).max()), 0.51 * step if np.std(truth) > 20 * step else 0
    )
    return bool(np.abs(computed - truth).max() <= allowed)


def _weighted_sum(numbers: pd.DataFrame, truth: Floats) -> list[Formula]:
    """Solve by least squares on one half of the rows, and verify on the other."""
    usable = numbers.loc[:, (numbers.notna().mean() > 0.5) & (numbers.std() > 0)]
    complete = usable.notna().all(axis=1).to_numpy()
    if complete.sum() < max(MIN_ROWS, 11 * usable.shape[1]):
        usable = usable.loc[:, usable.notna().all()]
        complete = np.ones(len(usable), dtype=bool)
    design, truth = usable[complete].to_numpy(), truth[complete]
    half = len(truth) // 2
    if len(truth) < MIN_ROWS or not 2 <= design.shape[1] < half / 5 or np.ptp(truth) == 0:
        return []
    middle, scale = design.mean(axis=0), np.maximum(design.std(axis=0), 1e-300)
    centred = np.column_stack([(design - middle) / scale, np.ones(len(design))])
    solution = np.linalg.lstsq(centred[:half], truth[:half], rcond=None)[0]
    if not _exact(centred[half:] @ solution, truth[half:]):
        return []
    strong = np.abs(solution[:-1]) > 1e-3 * truth.std()
    columns = tuple(str(name) for name, used in zip(usable, strong, strict=True) if used)
    weights = (solution[:-1] / scale)[strong]
    if not np.allclose(np.abs(weights), 1, atol=1e-3):
        return [Formula(columns, f"is a weighted sum of {', '.join(columns)}")]
    signs = ["- " if weight < 0 else "+ " for weight in weights]
    text = " ".join(sign + name for sign, name in zip(signs, columns, strict=True))
    rest = float(solution[-1] - middle[strong] @ np.round(weights))
    constant = "" if abs(rest) <= 1e-3 * max(1.0, truth.std()) else f" + {rest:.6g}"
    return [Formula(columns, f"is {text.removeprefix('+ ')}{constant}")]


def _product_or_ratio(numbers: pd.DataFrame, truth: Floats) -> list[Formula]:
    """Find pairs by the covariances of logarithms, and verify on the numbers themselves."""
    usable = numbers.loc[:, (numbers.abs() > 0).mean() > 0.8].iloc[:, :PAIRS_OF]
    columns = [str(name) for name in usable]
    kept = ((usable.abs() > 0).all(axis=1) & (truth != 0)).to_numpy()
    if kept.sum() < MIN_ROWS or usable.shape[1] < 2:
        return []
    values, aim = usable[kept].to_numpy(), truth[kept]
    logs = np.log(np.abs(np.column_stack([values, aim])))
    covariance = np.cov(logs.T)
    own, with_aim = np.diag(covariance)[:-1], covariance[:-1, -1]
    size = own[:, None] + own[None, :] + covariance[-1, -1]
    between = covariance[:-1, :-1]
    rest = {
        "product": size - 2 * with_aim[:, None] - 2 * with_aim[None, :] + 2 * between,
        "ratio": size - 2 * with_aim[:, None] + 2 * with_aim[None, :] - 2 * between,
    }
    for what, variance in rest.items():
        np.fill_diagonal(variance, np.inf)
        first, second = np.unravel_index(int(np.argmin(variance)), variance.shape)
        if variance[first, second] > 1e-2 * covariance[-1, -1]:
            continue
        a, b = values[:, first], values[:, second]
        computed = a * b if what == "product" else a / b
        factor = float(np.median(aim / computed))
        if _exact(factor * computed, aim):
            names = columns[int(first)], columns[int(second)]
            sign = "*" if what == "product" else "/"
            times = "" if abs(factor - 1) < 1e-3 else f"{factor:.4g} * "
            return [Formula(names, f"is {times}{names[0]} {sign} {names[1]}")]
    return []


def _thresholds(numbers: pd.DataFrame, classes: Codes) -> list[Formula]:
    usable = numbers.loc[:, numbers.notna().mean() > 0.5].iloc[:, :PAIRS_OF]
    if np.bincount(classes).min() < MIN_ROWS / 4 or usable.shape[1] < 2:
        return []
    values, columns = usable.to_numpy(), [str(name) for name in usable]
    found: list[Formula] = []
    for place in range(values.shape[1] - 1):
        own, others = values[:, place, None], values[:, place + 1 :]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            tried = {"-": own - others, "+": own + others, "*": own * others, "/": own / others}
        for sign, computed in tried.items():
            for at in np.flatnonzero(_separates(computed, classes)):
                names = columns[place], columns[place + 1 + int(at)]
                found.append(Formula(names, f"follows from {names[0]} {sign} {names[1]}"))
    alone = {name for name, single in zip(columns, _separates(values, classes), strict=True)
             if single}  # fmt: skip
    return [formula for formula in found if not set(formula.columns) & alone][:1]


def _separates(computed: Floats, classes: Codes) -> npt.NDArray[np.bool_]:
    """Tell of each column whether every class has a range of its own, half of the rows known."""
    known = np.isfinite(computed)
    members = [known & (classes == k)[:, None] for k in range(int(classes.max()) + 1)]
    low = np.stack([np.where(rows, computed, np.inf).min(axis=0) for rows in members])
    high = np.stack([np.where(rows, computed, -np.inf).max(axis=0) for rows in members])
    order = np.argsort(low, axis=0)
    low, high = (np.take_along_axis(ends, order, axis=0) for ends in (low, high))
    separate: npt.NDArray[np.bool_] = (high[:-1] < low[1:]).all(axis=0) & (known.mean(axis=0) > 0.5)
    return separate
