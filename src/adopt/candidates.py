"""Try some settings of the estimator on folds, and take the best: what is proposed is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from src.adopt import trial
from src.adopt.bounds import Bounds, bounds
from src.adopt.guessing import Guess, guesses
from src.adopt.model import BOOSTING, SMALLER, Model, with_catboost
from src.adopt.profile import ColumnProfile
from src.adopt.propose import Proposal
from src.adopt.trial import Scored
from src.base.settings import PARAMS
from src.modelling.metrics import leading

PROPOSED, PLAIN, SMALL = "those to begin with", "scikit-learn's defaults", "smaller trees"


@dataclass(frozen=True)
class Tried:
    """What the folds say.

    Attributes
    ----------
    proposal
        With the best of the settings.
    scored
        Its folds.
    guessing
        What a model scores that knows no feature.
    means
        The leading score's mean of each setting, by name, the best first; empty where the folds
        could not be scored.
    """

    proposal: Proposal
    scored: Scored
    guessing: dict[str, Guess]
    means: dict[str, float]

    @property
    def bounds(self) -> Bounds:
        """The first bounds of the gate."""
        task = self.proposal.contract.task
        return bounds(task, self.scored.folds, self.guessing, self.scored.share)


def best(
    folder: Path,
    proposal: Proposal,
    profiles: dict[str, ColumnProfile],
    params: Callable[[Proposal], str],
) -> Tried:
    """Cross-validate each setting in a folder that :func:`src.adopt.trial.prepare` has left.

    Of equals the first is taken; scikit-learn's plain defaults are always among them. Where
    CatBoost is installed, the best is tried once more with its models in the mean.

    Parameters
    ----------
    params
        Makes the text of ``params.yaml`` from a proposal.
    """
    metric = leading(proposal.contract.task)
    features = [profiles[name] for name in proposal.contract.features]
    sides = trial.read_sides(folder, proposal.contract)
    guessing = guesses(*sides, proposal.contract)

    def scored(model: Model) -> _Candidate:
        tried = replace(proposal, model=model)
        (folder / PARAMS).write_text(params(tried), encoding="utf-8")
        of = trial.cross_validate(folder, sides, tried.contract, features, tried.split)
        values = [value for fold in of.folds if (value := fold.get(metric.name)) is not None]
        complete = len(values) == len(of.folds) > 0
        return _Candidate(tried, of, math.fsum(values) / len(values) if complete else None)

    found: dict[str, _Candidate] = {}
    for name, model in _settings(proposal.model):
        found[name] = scored(model)
        if found[name].mean is None and len(found) == 1:
            return Tried(proposal, found[name].scored, guessing, {})  # dvc repro will say why
        if name == PLAIN and found[name].mean is not None and not found[name].scored.whole:
            break  # a part of the rows would speak for smaller trees
    if "catboost" in proposal.choices.extras and BOOSTING in proposal.model.estimator:
        name = next(iter(_means(found, metric.sign)))
        mixed = with_catboost(found[name].proposal.model, proposal.contract.task)
        found[f"{name} and CatBoost"] = scored(mixed)
    means = _means(found, metric.sign)
    chosen = found[next(iter(means))]
    model = chosen.proposal.model
    sized = replace(model, max_bytes=_budget(model, chosen.scored))
    return Tried(replace(chosen.proposal, model=sized), chosen.scored, guessing, means)


@dataclass(frozen=True)
class _Candidate:
    """A proposal, its folds, and the leading score's mean, where each fold has one."""

    proposal: Proposal
    scored: Scored
    mean: float | None


def _means(found: dict[str, _Candidate], sign: float) -> dict[str, float]:
    """Return the means of what has scores, the best first, of equals the first."""
    means = {name: one.mean for name, one in found.items() if one.mean is not None}
    return dict(sorted(means.items(), key=lambda item: -sign * item[1]))


def _budget(model: Model, scored: Scored) -> int:
    """Return a budget of the model's file: twice what is expected, to one digit."""
    members = model.folds if model.final == "ensemble" else 1
    expected = 2 * members * scored.model_bytes
    digits: int = 10 ** (len(str(expected)) - 1)
    return -(-expected // digits) * digits


def _settings(model: Model) -> Iterator[tuple[str, Model]]:
    yield PROPOSED, model
    if BOOSTING in model.estimator:  # others are proposed as they are
        yield PLAIN, replace(model, early_stopping=None, hyperparameters={})
        yield SMALL, replace(model, hyperparameters=SMALLER)
