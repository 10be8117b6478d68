"""Whether a feature step is what one may be: blind to the target, each row for itself."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, clone

from src.base.errors import InputError
from src.fitting.steps import KEY, one_message

ROWS = 1_000
"""Training rows that a step is tried on, besides some of each class, with each null, and alike."""

OF_EACH = 2
"""Rows of each class, with a null in each column, and with one value in each, among them."""

ALONE = 10
"""Rows of each half of these that are transformed one by one."""


def require_honest(
    steps: Sequence[BaseEstimator], features: pd.DataFrame, target: npt.NDArray[Any]
) -> None:
    """Refuse a step that looks at the target, at other rows, or changes the number of rows.

    Each is fitted on a sample of the rows, twice and with the target in another order, and
    transforms the sample in bulk, in reverse, in halves and row by row.

    Raises
    ------
    InputError
        A step does what it may not, or fails.
    """
    if not steps:
        return
    rows = sample(features, target)
    part, truth = features.iloc[rows].reset_index(drop=True), target[rows]
    for place, step in enumerate(steps):
        name = f"{KEY}[{place}]: {type(step).__name__}"
        given = part.copy()
        with one_message(f"{name} fails on {len(part):,} rows of the training set"):
            made = clone(step).fit(part, truth)
            bulk = _transform(name, made, part)
        _require_table(name, bulk, part)
        if not _alike(part, given):
            raise InputError(
                f"{name} changes the table that it is given. Return another, as `X.assign` does."
            )
        with one_message(f"{name} fails on {len(part):,} rows of the training set"):
            _require_blind(name, step, part, truth, bulk)
            _require_rows_apart(name, made, part, bulk)
        part = bulk


def sample(features: pd.DataFrame, target: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the positions of the rows that a step is tried on, in random order.

    A table may be sorted by its target, and nulls or equal values be rare: some rows of each class,
    with a null in each column, and with one value in each are among them.
    """
    order = np.random.default_rng(0).permutation(len(features))
    chosen = [order[:ROWS]]
    if target.dtype.kind != "f":
        chosen += [order[target[order] == level][:OF_EACH] for level in np.unique(target)]
    nulls = features.isna().to_numpy()[order]
    chosen += [order[nulls[:, column]][:OF_EACH] for column in range(nulls.shape[1])]
    shuffled = features.iloc[order]
    for name in features:
        with contextlib.suppress(TypeError):  # cells that are containers
            alike = shuffled[name].duplicated(keep=False).to_numpy()
            first = shuffled[name].to_numpy()[alike][:1]
            chosen += [order[(shuffled[name] == value).to_numpy()][:OF_EACH] for value in first]
    found = np.unique(np.concatenate(chosen))
    return np.asarray(order[np.isin(order, found)])


def _transform(name: str, made: BaseEstimator, part: pd.DataFrame) -> Any:  # noqa: ANN401 - a frame or an array
    """Transform; scikit-learn names the columns by a method that has to fit them."""
    try:
        return made.transform(part)
    except ValueError as error:
        if "Length mismatch" not in str(error) or not hasattr(made, "get_feature_names_out"):
            raise
        raise InputError(
            f"{name}: get_feature_names_out names {len(made.get_feature_names_out())} columns, "
            f"which transform does not return ({error}). Name those it returns, or leave the "
            "method out."
        ) from None


def _require_blind(
    name: str, step: BaseEstimator, part: pd.DataFrame, truth: npt.NDArray[Any], bulk: pd.DataFrame
) -> None:
    """Refuse a step that looks at the target, or is another each time it is fitted."""
    if not _alike(bulk, clone(step).fit(part, truth).transform(part)):
        raise InputError(
            f"{name} gives other values each time it is fitted. Draw random numbers from a "
            "parameter random_state, which train.seed sets."
        )
    shuffled = np.random.default_rng(0).permutation(truth)
    if not _alike(bulk, clone(step).fit(part, shuffled).transform(part)):
        raise InputError(
            f"{name} gives other values where the target is in another order: it looks at the "
            "target, and whether it does so without leaking cannot be checked. Take what it learns "
            "from the features alone."
        )
    if not _alike(bulk, _fit_transform(step, part, truth)):
        raise InputError(
            f"{name} gives other values in fit_transform, which training calls, than in "
            "fit and transform, which gives a consumer's. Make them the same."
        )


def _fit_transform(step: BaseEstimator, part: pd.DataFrame, truth: npt.NDArray[Any]) -> Any:  # noqa: ANN401 - a frame or an array
    """Fit and transform as a Pipeline does."""
    made = clone(step)
    if hasattr(made, "fit_transform"):
        return made.fit_transform(part, truth)
    return made.fit(part, truth).transform(part)


def _require_rows_apart(
    name: str, made: BaseEstimator, part: pd.DataFrame, bulk: pd.DataFrame
) -> None:
    """Refuse a step that makes of a row something else where other rows are beside it."""
    half = len(part) // 2
    with_nulls = np.flatnonzero(part.isna().any(axis=1).to_numpy())[:ALONE]
    alone = sorted({*range(min(ALONE, len(part))), *map(int, with_nulls)})
    others = [
        (bulk[::-1], made.transform(part[::-1])),
        (bulk, pd.concat([made.transform(part[:half]), made.transform(part[half:])])),
        (bulk.iloc[alone], pd.concat([_alone(name, made, part.iloc[[row]]) for row in alone])),
    ]
    for expected, found in others:
        if not _alike(expected, found):
            raise InputError(
                f"{name} gives other values for a row alone than among others, so that a consumer "
                "would get other predictions. Learn in fit what it takes from other rows."
            )


def _alone(name: str, made: BaseEstimator, row: pd.DataFrame) -> Any:  # noqa: ANN401 - a frame or an array
    """Transform one row, as for who asks for one prediction."""
    nulls = list(row.columns[row.isna().any()])
    which = f" whose {', '.join(nulls[:3])}{' …' * (len(nulls) > 3)} is null" if nulls else ""
    with one_message(f"{name} fails on a single row{which}, as when one row is predicted"):
        return made.transform(row)


def _require_table(name: str, made: object, part: pd.DataFrame) -> None:
    if not isinstance(made, pd.DataFrame):
        raise InputError(f"{name} returns {type(made).__name__}, expected a pandas DataFrame.")
    if len(made) != len(part):
        raise InputError(f"{name} makes {len(made)} rows of {len(part)}, expected as many.")


def _alike(first: pd.DataFrame, second: pd.DataFrame) -> bool:
    """Tell whether two tables hold the same values, whatever their row labels."""
    try:
        pd.testing.assert_frame_equal(_plain(first), _plain(second), check_dtype=False)
    except AssertionError:
        return False
    return True


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return the values alone: a category is its level, and every null the same."""
    plain = table.reset_index(drop=True).astype("object")
    return plain.where(plain.notna(), np.nan)
