"""Feature steps that ``params.yaml`` names, and whether they are what a feature step may be."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, clone

from src.base.errors import InputError, did_you_mean
from src.train.dotted import find
from src.train.settings import Step

ROWS = 200
"""Training rows that a step is tried on."""

ALONE = 10
"""Rows of these that are transformed one by one."""

KEY = "params.yaml: train.steps"


def instances(steps: Sequence[Step]) -> list[tuple[str, BaseEstimator]]:
    """Create the steps, each with a name of its own.

    Raises
    ------
    InputError
        A step cannot be found, is no transformer, or does not know a parameter.
    """
    made: list[tuple[str, BaseEstimator]] = []
    for place, step in enumerate(steps):
        key = f"{KEY}[{place}]"
        found = find(step.step, f"{key}.step")
        if not hasattr(found, "transform"):
            raise InputError(f"{key}.step: {step.step} is no transformer (it has no transform).")
        known = inspect.signature(found).parameters
        for name in step.parameters:
            if name not in known:
                raise InputError(
                    f"{key}.parameters.{name}: {step.step} has no such parameter"
                    f"{did_you_mean(name, known)} It has {', '.join(known)}."
                )
        try:
            instance = found(**step.parameters)
            if hasattr(instance, "set_output"):
                instance.set_output(transform="pandas")
        except (TypeError, ValueError) as error:
            raise InputError(f"{key}: {step.step} refuses its parameters: {error}") from None
        made.append((f"step{place}_{found.__name__.lower()}", instance))
    return made


def require_honest(
    steps: Sequence[BaseEstimator], features: pd.DataFrame, target: npt.NDArray[Any]
) -> None:
    """Refuse a step that looks at the target, at other rows, or changes the number of rows.

    Each is fitted on some rows, on the same rows with the target in another order, and transforms
    rows in bulk and one by one.

    Raises
    ------
    InputError
        A step does what it may not, or fails.
    """
    part = features.head(ROWS)
    truth = target[: len(part)]
    shuffled = np.random.default_rng(0).permutation(truth)
    for place, step in enumerate(steps):
        name = f"{KEY}[{place}]: {type(step).__name__}"
        try:
            made = clone(step).fit(part, truth)
            bulk = made.transform(part)
            blind = clone(step).fit(part, shuffled).transform(part)
            alone = [made.transform(part.iloc[[row]]) for row in range(min(ALONE, len(part)))]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(f"{name} fails on the training set: {error}") from None
        _require_table(name, bulk, part)
        if not _alike(bulk, blind):
            raise InputError(
                f"{name} gives other values where the target is in another order: it looks at the "
                "target, which leaks into the folds. Take what it learns from the features alone."
            )
        if any(len(row) != 1 for row in alone) or not _alike(
            bulk.head(len(alone)), pd.concat(alone)
        ):
            raise InputError(
                f"{name} gives other values for a row alone than among others, so that a consumer "
                "would get other predictions. Learn in fit what it takes from other rows."
            )
        part = bulk


def _require_table(name: str, made: object, part: pd.DataFrame) -> None:
    if not isinstance(made, pd.DataFrame):
        raise InputError(f"{name} returns {type(made).__name__}, expected a pandas DataFrame.")
    if len(made) != len(part):
        raise InputError(f"{name} makes {len(made)} rows of {len(part)}, expected as many.")


def _alike(first: pd.DataFrame, second: pd.DataFrame) -> bool:
    """Tell whether two tables hold the same values, whatever their row labels."""
    try:
        pd.testing.assert_frame_equal(
            first.reset_index(drop=True), second.reset_index(drop=True), check_dtype=False
        )
    except AssertionError:
        return False
    return True
