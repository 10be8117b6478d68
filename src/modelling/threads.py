"""How many threads fit and predict, so that the result never depends on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

SMALL = 200_000
"""Below this many cells a second thread costs more than it brings (HistGradientBoosting)."""

BLOCK = 20_000
"""Rows that a thread predicts at once: trees find them in the core's cache."""

THREAD_SAFE = frozenset(["sklearn", "skrub"])
"""Packages whose fitted estimators may predict in several threads."""

SAME_FROM_ANY_TEAM = ("sklearn.ensemble._hist_gradient_boosting.", "xgboost.")
"""Modules of estimators that OpenMP's threads fit to the same bits. Those of KMeans do not: each
adds up its own rows.
"""

_granted: ContextVar[int | None] = ContextVar("_granted", default=None)


@contextlib.contextmanager
def granted(cores: int) -> Iterator[None]:
    """Leave so many cores to what runs in a block: others work beside it."""
    token = _granted.set(cores)
    try:
        yield
    finally:
        _granted.reset(token)


@contextlib.contextmanager
def limited(cells: int, estimator: BaseEstimator) -> Iterator[None]:
    """Give BLAS one thread, and OpenMP and joblib as many as the cores and the table warrant.

    BLAS sums in another order with another number of threads, which moves the last digits of linear
    models; OpenMP (HistGradientBoosting) and joblib (forests, while fitting) do not. Estimators of
    which that is not known have one thread. joblib's are for estimators with ``n_jobs``; elsewhere
    they would only wait for one another.
    """
    cores = _cores(cells)
    team = cores if _is_same_from_any_team(estimator) else 1
    jobs = cores if "n_jobs" in estimator.get_params() and not _parts(estimator) else 1
    with (
        threadpool_limits(limits={"blas": 1, "openmp": team}),
        joblib.parallel_config("threading", n_jobs=jobs),
    ):
        yield


@contextlib.contextmanager
def single(cells: int) -> Iterator[None]:
    """Give BLAS and joblib one thread, for predicting, and OpenMP as many as the table warrants.

    Forests add their trees' votes in the order in which threads finish, and so must predict with
    one. OpenMP's threads wait for each other at every tree: beside another busy process a hundred
    rows take seconds.
    """
    limits = {"blas": 1, "openmp": _cores(cells)}
    with threadpool_limits(limits=limits), joblib.parallel_config("threading", n_jobs=1):
        yield


def in_blocks(estimator: object, method: str, features: pd.DataFrame) -> npt.NDArray[Any]:
    """Call an estimator's method on features, of many rows block by block, one thread a core.

    A thread that waits for no other takes its fair share of a busy machine, where OpenMP's team
    waits for its slowest member at every tree. Blocks are the same whatever the number of threads,
    so that linear models add up in the same order.
    """
    predict: Callable[[pd.DataFrame], npt.NDArray[Any]] = getattr(estimator, method)
    if len(features) < 2 * BLOCK or not _is_thread_safe(estimator):
        with single(features.size):
            return predict(features)

    def of_block(start: int) -> npt.NDArray[Any]:
        with single(0):  # OpenMP's number is a thread's own
            return predict(features.iloc[start : start + BLOCK])

    with ThreadPoolExecutor(_available()) as threads, single(0):
        return np.concatenate(list(threads.map(of_block, range(0, len(features), BLOCK))))


def _is_thread_safe(estimator: object) -> bool:
    if not isinstance(estimator, BaseEstimator):
        return False
    package = type(estimator).__module__.partition(".")[0]
    return package in THREAD_SAFE and all(map(_is_thread_safe, _parts(estimator)))


def _is_same_from_any_team(estimator: BaseEstimator) -> bool:
    parts = _parts(estimator)
    if parts:
        return all(map(_is_same_from_any_team, parts))
    return type(estimator).__module__.startswith(SAME_FROM_ANY_TEAM)


def _parts(estimator: BaseEstimator) -> list[BaseEstimator]:
    """Return the estimators that an estimator is made of."""
    return [part for part in _values(estimator.get_params(deep=False)) if hasattr(part, "fit")]


def _values(content: object) -> Iterator[object]:
    """Yield what stands in nested lists, tuples and mappings."""
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list | tuple):
        for item in content:
            yield from _values(item)
    else:
        yield content


def _cores(cells: int) -> int:
    return _available() if cells >= SMALL else 1


def _available() -> int:
    return _granted.get() or available_cores()


def available_cores() -> int:
    """Return the number of cores, affinity and a container's limit respected."""
    return int(joblib.cpu_count())
