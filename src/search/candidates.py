"""What is tried: Optuna's sampler asked for one batch after the other.

References
----------
Akiba et al. (2019), Optuna: a next-generation hyperparameter optimization framework, KDD. Bergstra
et al. (2011), Algorithms for hyper-parameter optimization, NeurIPS (tpe).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna

from src.fitting.described import Fitted
from src.search.settings import Between, OneOf, Search

DIGITS = 4
"""Significant digits of a number that is tried: what another CPU computes is then the same."""

SCORE_DIGITS = 10
"""Decimals of a score that the sampler is told, for the same reason."""

ESTIMATOR = "estimator"
"""What the sampler calls the choice of an estimator."""


@dataclass(frozen=True)
class Configuration:
    """An estimator with hyperparameters."""

    estimator: str
    hyperparameters: dict[str, Any]


@dataclass(frozen=True)
class SearchTrial:
    """A candidate and its score on each fold.

    Attributes
    ----------
    number
        0 is what ``params.yaml`` has.
    """

    number: int
    candidate: Configuration
    scores: list[float]

    @property
    def mean(self) -> float:
        """The mean of the folds' scores."""
        return math.fsum(self.scores) / len(self.scores)


def present_of(fitted: Fitted) -> Configuration:
    """Return what section ``train`` of ``params.yaml`` has."""
    return Configuration(fitted.estimator, fitted.hyperparameters)


Scores = Callable[[Sequence[Configuration]], list[list[float]]]
"""Scores some candidates on each fold."""


class Sampler:
    """Optuna's sampler of one search, with the study of its trials.

    Parameters
    ----------
    present
        What ``params.yaml`` has: trial 0, and what each candidate of its estimator differs from.
    sign
        1 where a greater score is better, else -1.
    """

    def __init__(self, settings: Search, present: Configuration, sign: float) -> None:
        self._settings, self._present, self._sign = settings, present, sign
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}
        self.study = optuna.create_study(
            direction="maximize", sampler=samplers[settings.sampler](seed=settings.seed)
        )

    def trials(self, scores: Scores) -> Iterator[list[SearchTrial]]:
        """Yield one scored batch after the other; the first is what ``params.yaml`` has."""
        yield [SearchTrial(0, self._present, scores([self._present])[0])]
        for first in range(0, self._settings.trials, self._settings.batch):
            count = min(self._settings.batch, self._settings.trials - first)
            asked = [self.study.ask() for _ in range(count)]
            candidates = [self._candidate(trial) for trial in asked]
            found = [
                SearchTrial(first + place, candidate, of_folds)
                for place, (candidate, of_folds) in enumerate(
                    zip(candidates, scores(candidates), strict=True), 1
                )
            ]
            for trial, one in zip(asked, found, strict=True):
                self.study.tell(trial, round(self._sign * one.mean, SCORE_DIGITS))
            yield found

    def best(self, trials: Sequence[SearchTrial]) -> SearchTrial:
        """Return the best trial, the first of equals: what ``params.yaml`` has, if none is better.

        Equal are scores that differ by rounding only.
        """
        return max(trials, key=lambda one: round(self._sign * one.mean, SCORE_DIGITS))

    def _candidate(self, trial: optuna.Trial) -> Configuration:
        space = self._settings.space
        estimator = trial.suggest_categorical(ESTIMATOR, list(space))
        chosen = {
            name: _suggest(trial, short(estimator, name, space), values)
            for name, values in space[estimator].items()
        }
        rest = self._present.hyperparameters if estimator == self._present.estimator else {}
        return Configuration(estimator, {**rest, **chosen})


def short(estimator: str, parameter: str, space: Mapping[str, object]) -> str:
    """Return how tables name a parameter: with its estimator, where there are several.

    Its class names it, unless another has the same name.
    """
    if len(space) == 1:
        return parameter
    name = estimator.rpartition(".")[2]
    alike = [path for path in space if path.rpartition(".")[2] == name]
    return f"{name if len(alike) == 1 else estimator}.{parameter}"


def _suggest(trial: optuna.Trial, name: str, values: Between | OneOf) -> Any:  # noqa: ANN401 - a number or any choice
    if isinstance(values, OneOf):
        return trial.suggest_categorical(name, values.choices)
    if isinstance(values.low, int) and isinstance(values.high, int):
        return trial.suggest_int(name, values.low, values.high, log=values.log)
    found = trial.suggest_float(name, values.low, values.high, log=values.log)
    return min(max(float(f"{found:.{DIGITS}g}"), values.low), values.high)
