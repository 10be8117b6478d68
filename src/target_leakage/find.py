"""Weigh the evidence: which columns know the target for certain, and which are suspect."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.target_leakage.formulas import formulas
from src.target_leakage.model import QuickModel
from src.target_leakage.single import (
    cut_by_levels,
    explained,
    explained_by_nulls,
    is_number,
    pure_levels,
)

Grade = Literal["certain", "suspect"]

SAMPLE_ROWS = 20_000
SAMPLE_CELLS = 4_000_000
"""Cells that are looked at; rows are drawn so that a wide table costs no more than a long one."""

ALL = 0.98
"""Share of the target that a column explains alone if it knows the target."""

MOST = 0.8
"""The same, from which a column is looked at; few honest features reach it."""

FAR = 0.3
"""How much less the next column explains, where the first is suspect."""

NULLS = 0.3
"""Share of the target from which it is no chance that a column's nulls follow it."""

PURE = 0.2
"""Share of the rows in levels of one class from which a column is suspect."""

CUT = 0.05
"""Share of the rows on either side of a value that no level crosses, from which it is suspect."""

MOVES = 0.05
"""Share of the target that a column must add to be suspect for its name."""

CLASS_ROWS = 50
"""Rows of each class from which a perfect separation by one number is no chance."""

TOGETHER = 0.97
TOGETHER_CLASSES = 0.85
"""Share of a number, and of classes, that all features explain where a few may know it together."""

LEFT = 0.6
"""Share of that which the rest explains without those few, at most."""

MOST_FEATURES = 100
"""Columns of the quick model, those that explain most alone."""

TRIED = 6
"""Columns of the highest share alone, and of the highest weight, that are left out in turn."""


@dataclass(frozen=True)
class Leak:
    """Columns that know the target, alone or together.

    Attributes
    ----------
    evidence
        What speaks for it, a part of a sentence that begins with the column.
    """

    grade: Grade
    columns: tuple[str, ...]
    evidence: str


def sample(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows drawn without replacement, in random order, the same ones every time."""
    return frame.iloc[sampled(*frame.shape)].reset_index(drop=True)


def sampled(rows: int, columns: int) -> npt.NDArray[np.intp]:
    """Return the numbers of the rows that are drawn from a table of this shape, in random order."""
    count = min(rows, SAMPLE_ROWS, max(200, SAMPLE_CELLS // max(1, columns)))
    return np.random.default_rng(0).permutation(rows)[:count]


def find(features: pd.DataFrame, target: pd.Series[Any]) -> list[Leak]:
    """Return what is certain first, each column once.

    Parameters
    ----------
    features
        Converted columns, rows in random order as :func:`sample` returns them.
    target
        A number as float, or classes in any other dtype; without nulls.
    """
    shares = explained(features, target)
    found = list(_certain(features, target, shares))
    taken = {name for leak in found for name in leak.columns}
    rest = features.drop(columns=list(taken))
    honest = {name: share for name, share in shares.items() if name not in taken}
    return [*found, *_suspects(rest, target, honest, taken)]


def _certain(
    features: pd.DataFrame, target: pd.Series[Any], shares: dict[str, float]
) -> Iterator[Leak]:
    aim = str(target.name)
    for name, share in shares.items():
        if share >= ALL and (_is_copy(features[name], target) or _is_no_chance(target)):
            percent = min(100 * share, 99.9) if share < 1 else 100
            yield Leak("certain", (name,), f"explains {percent:.3g} % of {aim} alone")
    taken = {name for name, share in shares.items() if share >= ALL}
    for formula in formulas(features.drop(columns=list(taken)), target):
        yield Leak("certain", formula.columns, f"{aim} {formula.text}")
        taken |= set(formula.columns)
    for name, share in explained_by_nulls(features.drop(columns=list(taken)), target).items():
        if share >= ALL:
            yield Leak("certain", (name,), f"is null, or not, as {aim} is")


def _is_copy(cells: pd.Series[Any], target: pd.Series[Any]) -> bool:
    """Tell whether a column could be the target under another coding: it has as many values."""
    if is_number(target):
        return True
    few = cells.nunique() <= 2 * max(10, target.nunique())
    return few and not pd.api.types.is_float_dtype(cells)


def _is_no_chance(target: pd.Series[Any]) -> bool:
    return is_number(target) or int(target.value_counts().min()) >= CLASS_ROWS


@dataclass
class _Search:
    """What is not certain: each way to look adds the columns that it suspects."""

    features: pd.DataFrame
    target: pd.Series[Any]
    shares: dict[str, float]
    model: QuickModel
    found: list[Leak]

    @property
    def strongest(self) -> list[str]:
        """The columns not suspected yet, those that explain most alone first."""
        seen = {name for leak in self.found for name in leak.columns}
        return sorted(self.shares.keys() - seen, key=lambda name: (-self.shares[name], name))

    def suspect(self, columns: tuple[str, ...], evidence: str) -> None:
        """Add columns, with the score that they make."""
        it = "it" if len(columns) == 1 else "them"
        scores = f"{self.model.score()} with {it}, {self.model.score(columns)} without"
        self.found.append(Leak("suspect", columns, f"{evidence}; {scores}"))

    def by_nulls(self) -> None:
        """Suspect columns that are filled in only after the event."""
        for name, share in explained_by_nulls(self.features, self.target).items():
            if share >= NULLS:
                percent = f"{100 * share:.0f} %"
                self.suspect((name,), f"that it is null explains {percent} of {self.target.name}")

    def by_levels(self) -> None:
        """Suspect columns whose levels go with one class, or with a range of the number."""
        aim = self.target.name
        for name in self.strongest:
            if (pure := pure_levels(self.features[name], self.target)) >= PURE:
                percent = f"{100 * pure:.0f} %"
                self.suspect((name,), f"levels of {percent} of the rows have one {aim} each")
            elif (cut := cut_by_levels(self.features[name], self.target)) >= CUT:
                percent = f"{100 * cut:.0f} %"
                self.suspect((name,), f"no level crosses a {aim} that {percent} lie beyond")

    def by_name(self, certain: Collection[str]) -> None:
        """Suspect columns that are named after a certain one and move the score."""
        for name in self.strongest:
            other = named_after(name, certain)
            if other and self.model.explained() - self.model.explained((name,)) >= MOVES:
                self.suspect((name,), f"is named after {other}, which knows {self.target.name}")

    def by_share(self) -> None:
        """Suspect a column that predicts as well as all, far better than the next."""
        shares = [self.shares[name] for name in self.strongest]
        if len(shares) < 2 or shares[0] < MOST or shares[0] - shares[1] < FAR:
            return
        if shares[0] >= 0.9 * self.model.explained():
            first, second = (f"{100 * share:.0f} %" for share in shares[:2])
            evidence = f"explains {first} of {self.target.name} alone, the next column {second}"
            self.suspect((self.strongest[0],), evidence)

    def together(self) -> None:
        """Drop the columns that matter most, one by one, until the rest explains little."""
        model = self.model
        if model.explained() < (TOGETHER if is_number(self.target) else TOGETHER_CLASSES):
            return
        heavy = [name for name in model.weighty() if name in self.strongest]
        candidates = list(dict.fromkeys([*self.strongest[:TRIED], *heavy[:TRIED]]))
        candidates.sort(key=lambda name: model.explained((name,)))
        for count in range(2, min(5, len(self.shares) // 3, len(candidates)) + 1):
            columns = tuple(candidates[:count])
            if model.explained(columns) < LEFT * model.explained():
                self.suspect(columns, f"together explain nearly all of {self.target.name}")
                return


def _suspects(
    features: pd.DataFrame, target: pd.Series[Any], shares: dict[str, float], certain: set[str]
) -> list[Leak]:
    if len(shares) < 2:
        return []
    strongest = sorted(shares, key=lambda name: -shares[name])[:MOST_FEATURES]
    model = QuickModel(features[[name for name in features if name in strongest]], target)
    search = _Search(features, target, shares, model, [])
    search.by_nulls()
    search.by_levels()
    search.by_name(certain)
    search.by_share()
    search.together()
    return search.found


def named_after(name: str, others: Collection[str]) -> str | None:
    """Return the one of ``others`` that a name extends, as ``status_date`` extends ``status``."""
    own = _words(name)
    for other in others:
        words = _words(other)
        longer = len(own) > len(words) > 0 and sum(map(len, words)) > 3
        if longer and any(own[at : at + len(words)] == words for at in range(len(own))):
            return other
    return None


def _words(name: str) -> list[str]:
    separated = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[\W_]+", separated.lower()) if word]
