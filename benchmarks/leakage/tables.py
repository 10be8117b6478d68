"""Made tables without target leakage, and the kinds of leakage that are put into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Generator = np.random.Generator


@dataclass(frozen=True)
class Made:
    """Features and target; ``score`` is the number that the target is, or is cut from."""

    features: pd.DataFrame
    target: pd.Series
    score: Floats

    def adding(self, **columns: Any) -> Made:  # noqa: ANN401 - what pandas takes
        """Return the table with columns more, in another order."""
        wide = self.features.assign(**columns)
        order = np.random.default_rng(len(wide)).permutation(wide.shape[1])
        return Made(wide.iloc[:, order], self.target, self.score)


def honest(generator: Generator, task: str, known: float | None = None) -> Made:
    """Make a table of numbers, levels, booleans and dates, some of which matter.

    Rows, columns, the share that can be ``known``, whether one column matters most, and nulls vary.
    """
    rows = int(generator.choice([600, 2_000, 8_000]))
    width = int(generator.integers(6, 40))
    known = float(generator.uniform(0.1, 0.9)) if known is None else known
    columns: dict[str, object] = {}
    signal = np.zeros(rows)
    weights = generator.exponential(size=width) ** float(generator.choice([1, 2]))
    for place in range(width):
        kind = generator.choice(["number", "skewed", "levels", "boolean", "date", "count"])
        part, cells = _column(generator, str(kind), rows)
        signal += weights[place] * part
        columns[f"column_{place}"] = cells
    frame = pd.DataFrame(columns)
    for name in frame.columns[generator.random(width) < 0.3]:
        if frame[name].dtype != bool:
            frame.loc[generator.random(rows) < generator.uniform(0.01, 0.4), name] = None
    signal = (signal - signal.mean()) / signal.std()
    score = np.sqrt(known) * signal + np.sqrt(1 - known) * generator.normal(size=rows)
    return Made(frame, _target(generator, task, score), score)


def _column(generator: Generator, kind: str, rows: int) -> tuple[Floats, object]:
    """Return what a column adds to the target, standardised, and its cells."""
    if kind == "levels":
        count = int(generator.integers(3, 60))
        codes = generator.choice(count, rows, p=generator.dirichlet(np.ones(count)))
        effects = generator.normal(size=count)
        cells: object = pd.Series([f"level {code}" for code in codes], dtype="str")
        return _standard(effects[codes]), cells
    if kind == "boolean":
        flags = generator.random(rows) < generator.uniform(0.1, 0.9)
        return _standard(flags.astype(np.float64)), flags
    if kind == "date":
        days = generator.integers(0, 1_500, rows)
        times = pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D")
        return _standard(days.astype(np.float64)), times.astype("datetime64[us]")
    if kind == "count":
        counts = generator.poisson(generator.uniform(1, 30), rows).astype(np.float64)
        return _standard(counts), counts
    values = generator.normal(size=rows)
    if kind == "skewed":
        return _standard(np.sin(2 * values)), np.exp(values).round(3)
    return values, values.round(4)


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-9))


def _target(generator: Generator, task: str, score: Floats) -> pd.Series:
    if task == "regression":
        values = 1_000 + 250 * score
        return pd.Series(values.round(int(generator.choice([0, 2, 6]))), name="target")
    if task == "binary":
        upper = score > np.quantile(score, generator.uniform(0.5, 0.9))
        return pd.Series(np.where(upper, "yes", "no"), name="target", dtype="str")
    cuts = np.quantile(score, [0.4, 0.75])
    return pd.Series(np.array(["a", "b", "c"])[np.searchsorted(cuts, score)], name="target",
                     dtype="str")  # fmt: skip


def _event(made: Made) -> npt.NDArray[np.bool_]:
    """Return the rows that something happens after: a class, or the upper third of a number."""
    if made.target.dtype.kind == "f":
        return np.asarray(made.target > made.target.quantile(0.67))
    return np.asarray(made.target == made.target.iloc[0])


def _number(made: Made) -> Floats:
    return made.target.to_numpy(np.float64) if made.target.dtype.kind == "f" else made.score


def copy(made: Made, _: Generator) -> Made:
    """Add the target under another coding."""
    if made.target.dtype.kind == "f":
        return made.adding(leak=made.target * 0.4536 + 3)
    codes = pd.factorize(made.target)[0]
    return made.adding(leak=pd.Series(np.array(["17", "18", "40"])[codes], dtype="str"))


def noisy_copy(made: Made, generator: Generator) -> Made:
    """Add a copy with errors."""
    if made.target.dtype.kind == "f":
        noise = generator.normal(size=len(made.target)) * made.target.std() * 0.15
        return made.adding(leak=made.target + noise)
    wrong = generator.random(len(made.target)) < 0.02
    shuffled = made.target.sample(frac=1, random_state=1).to_numpy()
    return made.adding(leak=made.target.where(~wrong, shuffled).astype("str"))


def transformed(made: Made, _: Generator) -> Made:
    """Add a monotone function of the number behind the target."""
    return made.adding(
        leak=np.exp(_number(made) / max(1.0, float(np.abs(_number(made)).max()) / 5))
    )


def rounded(made: Made, _: Generator) -> Made:
    """Add the number behind the target, rounded to twenty steps."""
    values = _number(made)
    step = float(np.std(values)) / 6
    return made.adding(leak=np.round(values / step) * step)


def null_unless(made: Made, generator: Generator) -> Made:
    """Add a column that is filled in only after the event."""
    cells = pd.Series(generator.normal(size=len(made.target)))
    missed = generator.random(len(cells)) < 0.03
    return made.adding(leak=cells.where(_event(made) & ~missed))


def level_unless(made: Made, generator: Generator) -> Made:
    """Add a reason that is ``none`` unless the event happened."""
    reasons = generator.choice(["moved", "price", "service", "other"], len(made.target))
    return made.adding(leak=pd.Series(np.where(_event(made), reasons, "none"), dtype="str"))


def free_codes(made: Made, generator: Generator) -> Made:
    """Add codes that differ in every row and begin with a letter of the outcome."""
    letters = np.where(_event(made), "C", "K")
    numbers = generator.permutation(len(letters)) + 10_000
    return made.adding(leak=pd.Series([f"{a}-{b}" for a, b in zip(letters, numbers, strict=True)],
                                      dtype="str"))  # fmt: skip


def outcome_codes(made: Made, generator: Generator) -> Made:
    """Add 60 codes, each of one outcome only."""
    offset = np.where(_event(made), 0, 30)
    codes = generator.integers(0, 30, len(offset)) + offset
    return made.adding(leak=pd.Series([f"code {code}" for code in codes], dtype="str"))


def total(made: Made, generator: Generator) -> Made:
    """Add two parts whose sum is the target, or decides it."""
    values = _number(made)
    part = generator.normal(size=len(values)) * np.std(values) * 2 + np.mean(values) / 2
    return made.adding(leak_1=part, leak_2=values - part)


def difference(made: Made, generator: Generator) -> Made:
    """Add two numbers whose difference is the target, or decides it."""
    values = _number(made)
    base = generator.normal(size=len(values)) * np.std(values) * 2
    return made.adding(leak_1=base + values, leak_2=base)


def product(made: Made, generator: Generator) -> Made:
    """Add two numbers whose product is the target, or decides it."""
    values = np.exp(made.score) if made.target.dtype.kind != "f" else made.target.to_numpy()
    factor = np.exp(generator.normal(size=len(values)))
    return made.adding(leak_1=values / factor, leak_2=factor)


def ratio(made: Made, generator: Generator) -> Made:
    """Add two numbers whose ratio is the target, or decides it."""
    values = np.exp(made.score) if made.target.dtype.kind != "f" else made.target.to_numpy()
    divisor = np.exp(generator.normal(size=len(values)))
    return made.adding(leak_1=values * divisor, leak_2=divisor)


def dates(made: Made, generator: Generator) -> Made:
    """Add two times; the days between them are the target, or decide it."""
    values = _number(made) * (1 if made.target.dtype.kind == "f" else 30)
    start = pd.Timestamp("2022-01-01") + pd.to_timedelta(
        generator.integers(0, 900, len(values)), "D"
    )
    end = start + pd.to_timedelta(values, unit="D")
    return made.adding(leak_1=start.astype("datetime64[us]"), leak_2=end.astype("datetime64[us]"))


def threshold(made: Made, _: Generator) -> Made:
    """Add the number that the target is cut from; of a number as the target, its square."""
    return made.adding(leak=_number(made) ** 3 if made.target.dtype.kind == "f" else made.score)


def sorted_id(made: Made, _: Generator) -> Made:
    """Add numbers that were given after sorting by the target."""
    order = pd.Series(_number(made)).rank(method="first").to_numpy()
    return made.adding(leak=order + 10_000.0)


def weak_together(made: Made, generator: Generator) -> Made:
    """Add four numbers that are each weak; their weighted sum is nearly the target."""
    values = _number(made)
    spread = float(np.std(values))
    parts = generator.normal(size=(3, len(values))) * spread
    last = (
        values
        - parts.T @ np.array([0.7, -0.5, 0.6])
        + generator.normal(size=len(values)) * (0.02 * spread)
    )
    return made.adding(leak_1=parts[0], leak_2=parts[1], leak_3=parts[2], leak_4=last / 1.3)


KINDS: dict[str, Callable[[Made, Generator], Made]] = {
    "copy": copy, "noisy copy": noisy_copy, "monotone function": transformed, "rounding": rounded,
    "null unless it happened": null_unless, "level unless it happened": level_unless,
    "free codes": free_codes, "outcome codes": outcome_codes, "sum": total,
    "difference": difference, "product": product, "ratio": ratio, "days between": dates,
    "threshold": threshold, "id by target": sorted_id, "weak together": weak_together,
}  # fmt: skip
