"""How many threads fit and predict, so that the result never depends on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import joblib
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

SMALL = 200_000
"""Below this many cells a second thread costs more than it brings (HistGradientBoosting)."""


@contextlib.contextmanager
def limited(cells: int, estimator: BaseEstimator) -> Iterator[None]:
    """Give BLAS one thread, and OpenMP and joblib as many as the cores and the table warrant.

    BLAS sums in another order with another number of threads, which moves the last digits of linear
    models; OpenMP (HistGradientBoosting) and joblib (forests, while fitting) do not. joblib's
    threads are for estimators with ``n_jobs``; elsewhere they would only wait for one another.
    """
    cores = _cores(cells)
    jobs = cores if "n_jobs" in estimator.get_params() else 1
    with (
        threadpool_limits(limits={"blas": 1, "openmp": cores}),
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


def _cores(cells: int) -> int:
    return int(joblib.cpu_count()) if cells >= SMALL else 1
