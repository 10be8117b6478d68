"""One fit that processes share, of this machine or of a cluster, each with some of the rows.

They add up what each has counted, so that a fit needs no machine that holds all of it. The trees
follow from how many there are, since sums of floats depend on their order, and from nothing else:
each has a number of its own, by which XGBoost orders them. Wherever they run, the model has the
same bytes.

References
----------
https://xgboost.readthedocs.io/en/stable/python/python_api.html#module-xgboost.collective
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from xgboost.collective import CommunicatorContext
from xgboost.core import XGBoostError
from xgboost.tracker import RabitTracker

from src.base.errors import InputError, brief
from src.modelling import cluster, parallel
from src.modelling.threads import limited
from src.train.blocks import FitRows, fit_blocks
from src.train.on_disk import KEY

SECONDS = 120
"""How long the processes may take to find one another."""


@dataclass(frozen=True)
class Share:
    """What one of the processes does.

    Attributes
    ----------
    number
        Its own, from 0 on.
    meeting
        Where the processes find one another, in XGBoost's words.
    together
        Whether all of them are on one machine, whose memory they share.
    """

    number: int
    workers: int
    meeting: dict[str, Any]
    together: bool
    estimator: BaseEstimator
    rows: FitRows


def fit_divided(estimator: BaseEstimator, rows: FitRows, workers: int) -> BaseEstimator:
    """Fit an estimator in several processes, each to as many of the rows, in their order.

    Raises
    ------
    InputError
        A process was lost, a cluster has too few workers, or the fit has too few rows.
    """
    if len(rows.places) < workers:
        raise InputError(
            f"{KEY}.workers: found {workers}, but a fit has {len(rows.places)} rows, and each "
            "process needs one. Take fewer workers, or external_memory: false."
        )
    tracker = RabitTracker(workers, cluster.host(), sortby="task", timeout=SECONDS)
    tracker.start()
    meeting = tracker.worker_args()
    shares = [
        Share(
            number, workers, meeting, not cluster.address(), estimator, replace(rows, places=places)
        )
        for number, places in enumerate(np.array_split(rows.places, workers))
    ]
    try:
        return parallel.together(fit_share, shares)[0]
    finally:
        with contextlib.suppress(XGBoostError):  # it has waited for one that was lost
            tracker.free()


def fit_share(share: Share) -> BaseEstimator | None:
    """Fit with the others; the first process returns the fitted estimator, which all of them have.

    Raises
    ------
    InputError
        Another process was lost.
    """
    name = f"{share.number:06}"  # by which, as texts, XGBoost orders them
    try:
        with limited(0, share.estimator), contextlib.ExitStack() as stack:
            with contextlib.redirect_stdout(io.StringIO()):  # where it prints the numbers
                stack.enter_context(CommunicatorContext(**share.meeting, dmlc_task_id=name))
            fitted = fit_blocks(share.estimator, share.rows, share.workers, share.together)
    except XGBoostError as error:
        if "collective" not in str(error):
            raise
        raise InputError(
            f"{KEY}: one of {share.workers} processes that share a fit was lost, most likely for "
            f"want of memory. Nothing was written; run `dvc repro` again. ({brief(error)})"
        ) from None
    return None if share.number else fitted
