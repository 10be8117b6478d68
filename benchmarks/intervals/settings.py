"""Made test sets: which rows are independent, and what two models predict of them.

What a model knows of a row, what it does not, and each model's own error are drawn alike: by row,
or with a part that all rows of a group share (the intraclass correlation), or as a first-order
autoregressive series. Each has mean 0 and variance 1 whatever the dependence, so that scores in the
population are those of independent rows. A weighted test set is a sample in which rows that a model
knows to be positive are rarer than in the population, each weighted by the inverse of its chance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.signal import lfilter
from scipy.stats import norm

from src.modelling.metrics import find, quick_score
from src.modelling.predictions import Floats, Integers, Predictions
from src.results.units import blocks

STRENGTH = 1.5
"""How much of the truth of two classes is known, in units of what is not."""

OWN = 0.3
"""A model's own error, in units of what is known."""

POPULATION = 2_000_000


@dataclass(frozen=True)
class Setting:
    """A kind of test set.

    Attributes
    ----------
    positive
        The share of the positive class; 0 for a number as the target.
    groups
        The number of groups; 0 for none.
    dependence
        Intraclass correlation of groups; without groups the correlation of consecutive rows.
    spread
        Deviation of the logarithm of the weights; 0 for a test set without weights.
    """

    rows: int
    positive: float = 0.5
    groups: int = 0
    dependence: float = 0.0
    spread: float = 0.0

    def __str__(self) -> str:
        sides = "a number"
        if self.positive:
            sides = f"1:{round(1 / self.positive) if self.positive < 0.5 else 1}"
        if self.groups:
            return f"{self.groups} groups of {self.rows // self.groups}, correlation " \
                   f"{self.dependence}, {sides}"  # fmt: skip
        kind = f"series, correlation {self.dependence}" if self.dependence else "rows"
        kind = f"rows, weights spread by {self.spread}" if self.spread else kind
        return f"{self.rows:,} {kind}, {sides}"


def draw(
    setting: Setting, generator: np.random.Generator, own: tuple[float, ...] = (OWN,)
) -> tuple[list[Predictions], Integers]:
    """Draw a test set: the predictions of a model for each amount of own error, and the units."""
    if setting.spread:
        return _weighted(setting, generator, own)
    group = generator.integers(setting.groups, size=setting.rows) if setting.groups else None
    known, unknown, *errors = (_series(setting, group, generator) for _ in range(2 + len(own)))
    guesses = [known + size * error for size, error in zip(own, errors, strict=True)]
    if setting.positive:
        made = [_classes(setting.positive, known, unknown, guess) for guess in guesses]
    else:
        truth = 2 * known + unknown * (1 + 0.5 * np.abs(known))
        made = [Predictions("regression", (), truth, 1.9 * guess[:, None]) for guess in guesses]
    if group is not None:
        return made, group.astype(np.intp)
    if not setting.dependence:
        return made, np.arange(setting.rows)
    lead = find("roc_auc" if setting.positive else "r2")
    assert lead is not None
    influence = lead.parts(made[0])[0].influence
    return made, blocks(np.arange(setting.rows), influence)


def _weighted(
    setting: Setting, generator: np.random.Generator, own: tuple[float, ...]
) -> tuple[list[Predictions], Integers]:
    """Draw rows with chances that differ, and weight each by the inverse of its own."""
    many = replace(setting, rows=20 * setting.rows, spread=0.0)
    made, _ = draw(many, generator, own)
    lead = made[0].positive if setting.positive else made[0].output[:, 0]
    place = np.argsort(np.argsort(lead)) / many.rows
    weight = np.exp(setting.spread * norm.ppf(np.clip(place, 1e-3, 1 - 1e-3)))
    chance = 1 / weight
    chance *= setting.rows / chance.sum()
    drawn = np.flatnonzero(generator.random(many.rows) < chance)
    sample = [replace(one.take(drawn), weight=1 / np.minimum(chance[drawn], 1)) for one in made]
    return sample, np.arange(len(drawn))


def _series(setting: Setting, group: Integers | None, generator: np.random.Generator) -> Floats:
    noise = generator.normal(size=setting.rows)
    shared, alone = np.sqrt(setting.dependence), np.sqrt(1 - setting.dependence)
    if group is not None:
        return np.asarray(shared * generator.normal(size=setting.groups)[group] + alone * noise)
    if not setting.dependence:
        return noise
    noise[1:] *= np.sqrt(1 - setting.dependence**2)
    return np.asarray(lfilter([1.0], [1.0, -setting.dependence], noise), dtype=np.float64)


def _classes(positive: float, known: Floats, unknown: Floats, guess: Floats) -> Predictions:
    cut = norm.ppf(1 - positive) * np.hypot(STRENGTH, 1)
    truth = (STRENGTH * known + unknown > cut).astype(np.intp)
    probability = np.clip(norm.cdf(0.8 * (STRENGTH * guess - cut)), 1e-6, 1 - 1e-6)
    output = np.column_stack([1 - probability, probability])
    return Predictions("binary", ("no", "yes"), truth, output)


@cache
def population_score(positive: float, metric: str, own: float) -> float:
    """Score a model on so many rows that the score is that of the population."""
    found = find(metric)
    assert found is not None
    (made,), _ = draw(Setting(POPULATION, positive), np.random.default_rng(0), (own,))
    return quick_score(found, made)
