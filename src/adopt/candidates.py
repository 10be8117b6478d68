"""Try some settings of the estimator on folds, and take the best: what is proposed is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from src.adopt import trial
from src.adopt.bounds import Bounds, bounds
from src.adopt.guessing import Guess, guesses
from src.adopt.model import BOOSTING, Model
from src.adopt.profile import ColumnProfile
from src.adopt.propose import Proposal
from src.adopt.trial import Scored
from src.base.settings import PARAMS
from src.modelling.metrics import leading

SMALLER = {
    "learning_rate": 0.05,
    "max_iter": 200,
    "max_leaf_nodes": 8,
    "l2_regularization": 1.0,
}
"""Slower boosting of smaller trees, which is often better on few or noisy rows."""

PROPOSED, PLAIN, SMALL = "those of params.yaml", "scikit-learn's defaults", "smaller trees"


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

    Of equals the first is taken; scikit-learn's plain defaults are always among them.

    Parameters
    ----------
    params
        Makes the text of ``params.yaml`` from a proposal.
    """
    metric = leading(proposal.contract.task)
    features = [profiles[name] for name in proposal.contract.features]
    sides = trial.read_sides(folder, proposal.contract)
    guessing = guesses(*sides, proposal.contract)
    found: dict[str, tuple[Proposal, Scored, float]] = {}
    for name, model in _settings(proposal.model):
        tried = replace(proposal, model=model)
        (folder / PARAMS).write_text(params(tried), encoding="utf-8")
        scored = trial.cross_validate(folder, sides, tried.contract, features, tried.split)
        known = [fold.get(metric.name) for fold in scored.folds]
        values = [value for value in known if value is not None]
        if len(values) == len(known) and values:
            found[name] = tried, scored, metric.sign * math.fsum(values) / len(values)
        elif not found:
            return Tried(proposal, scored, guessing, {})  # dvc repro will say why
        if name == PLAIN and not scored.whole:
            break  # a part of the rows would speak for smaller trees
    ranked = sorted(found, key=lambda name: -found[name][2])
    means = {name: metric.sign * found[name][2] for name in ranked}
    chosen, scored, _ = found[ranked[0]]
    sized = replace(chosen.model, max_bytes=_budget(chosen.model, scored))
    return Tried(replace(chosen, model=sized), scored, guessing, means)


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
