"""What a search leaves: every trial, what mattered, and what it all comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
import pandas as pd

from src.base.files import rounded
from src.modelling.metrics import Metric
from src.search.candidates import ESTIMATOR, SearchTrial, short
from src.search.settings import Space


@dataclass(frozen=True)
class Found:
    """A search that has come to its end.

    Attributes
    ----------
    trials
        The first is what ``params.yaml`` has.
    nested
        What the best of a search without each fold scores on it; none where none was asked for.
    """

    space: Space
    metric: Metric
    trials: Sequence[SearchTrial]
    best: SearchTrial
    study: optuna.Study
    nested: Sequence[float]


def trials(found: Found) -> pd.DataFrame:
    """Return a row a trial: its score, the best so far, its parameters."""
    scores, sign = np.array([one.mean for one in found.trials]), found.metric.sign
    frame = pd.DataFrame({
        "trial": [one.number for one in found.trials],
        "score": scores,
        "std": [float(np.std(one.scores)) for one in found.trials],
        "best": sign * np.maximum.accumulate(sign * scores),
        "estimator": [one.candidate.estimator for one in found.trials],
    })  # fmt: skip
    for name in ("score", "std", "best"):
        frame[name] = frame[name].map(rounded)
    for estimator, parameters in found.space.items():
        for name in parameters:
            values = [one.candidate.hyperparameters.get(name)
                      if one.candidate.estimator == estimator else None
                      for one in found.trials]  # fmt: skip
            frame[short(estimator, name, found.space)] = pd.Series(values, dtype="object")
    return frame


def importance(found: Found) -> pd.DataFrame:
    """Return how much of the scores' variance each parameter explains, the most first.

    Of parameters that only some estimators have, nothing can be said; nor of trials that all score
    alike.

    References
    ----------
    Hutter et al. (2014), An efficient approach for assessing hyperparameter importance, ICML.
    """
    explained: dict[str, float] = {}
    if len({trial.value for trial in found.study.trials}) > 1:
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        explained = optuna.importance.get_param_importances(found.study, evaluator=evaluator)
    rows = [(name, rounded(share)) for name, share in explained.items()
            if name != ESTIMATOR or len(found.space) > 1]  # fmt: skip
    return pd.DataFrame(rows, columns=["parameter", "importance"])


def summary(found: Found) -> dict[str, Any]:
    """Return what the search comes to, for the report."""

    def told(scores: Sequence[float]) -> dict[str, float]:
        return {"mean": float(np.mean(scores)), "std": float(np.std(scores))}

    content: dict[str, Any] = rounded({
        "metric": found.metric.name,
        "trials": len(found.trials) - 1,
        "present": told(found.trials[0].scores),
        "best": {"trial": found.best.number, **told(found.best.scores)},
        "nested": told(found.nested) if found.nested else None,
    })  # fmt: skip
    return content


def best(found: Found) -> dict[str, Any]:
    """Return what train takes from the search."""
    candidate = found.best.candidate
    return {"estimator": candidate.estimator, "hyperparameters": candidate.hyperparameters}
