"""How often src.monitor alarms on a batch without a change, and which losses it sees.

Usage: python -m benchmarks.monitor [--rounds N]

Each batch has labels for all its rows, so that every alarm there is can be raised. Beside them: how
often a rule of thumb would have called a column moved.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.monitor.population import (
    LEADS,
    MARGIN,
    Population,
    Setting,
    harder,
    population,
    relabelled,
)
from src.base.contract import ROW_KEY
from src.modelling.metrics import Metric, find, quick_score
from src.monitor.alarms import LEVELS, MEANINGS, BatchReport
from src.monitor.gather import Gathered, add
from src.monitor.judge import judge
from src.monitor.labels import keys_of
from src.monitor.measured import Rows, measured
from src.monitor.reference import Reference
from src.tables.stability import MODERATE

SETTINGS = (
    Setting(), Setting(positive=0.05), Setting("multiclass"), Setting("regression"),
    Setting(train=400, test=130), Setting(train=30_000, test=10_000), Setting(group=5),
    Setting(weighted=True),
)  # fmt: skip
SIZES = (50, 500, 5_000)
LABELLED = (2_000,)


def main() -> None:
    """Print a table of false alarms, and one of losses seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--settings", default="", help="only those whose name holds this text")
    arguments = parser.parse_args()
    rounds: int = arguments.rounds
    chosen = [setting for setting in SETTINGS if arguments.settings in str(setting)]
    with ProcessPoolExecutor(os.cpu_count(), initializer=threadpool_limits, initargs=(1,)) as pool:
        found = list(pool.map(partial(counted, rounds=rounds), chosen))
    for title, (_, sizes, names) in TABLES.items():
        print(f"\n| {title} | rows | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
        total = Counts()
        for setting, counts in zip(chosen, found, strict=True):
            for size in sizes:
                total.update(counts[title, size])
                print(f"| {setting} | {size:,} | {_shares(counts[title, size], names, rounds)} |")
        batches = len(chosen) * len(sizes) * rounds
        print(f"| all | | {_shares(total, names, batches)} |")


Counts = Counter[str]
Names = tuple[str, ...]


def counted(setting: Setting, rounds: int) -> dict[tuple[str, int], Counts]:
    """Return the counts of each table for one kind of release."""
    return {
        (title, size): count(setting, size, range(rounds))
        for title, (count, sizes, _) in TABLES.items() for size in sizes
    }  # fmt: skip


def _shares(counts: Counts, names: Names, batches: int) -> str:
    return " | ".join(f"{100 * counts[name] / batches:.1f}" for name in names)


def _generator(setting: Setting, size: int, seed: int) -> np.random.Generator:
    """Return what draws release and batch, which no two cells of a table have in common."""
    return np.random.default_rng([SETTINGS.index(setting), size, seed])


def _counted(pool: ProcessPoolExecutor, work: Callable[[range], Counts], rounds: int) -> Counts:
    cores = os.cpu_count() or 1
    parts = [range(start, rounds, cores) for start in range(cores)]
    return sum(pool.map(work, parts), Counts())


def clean(setting: Setting, size: int, seeds: range) -> Counts:
    """Count the alarms on batches like the training set."""
    made, found = population(setting), Counts()
    for seed in seeds:
        generator = _generator(setting, size, seed)
        report = watched(made.release(generator), made.draw(size, generator))
        kinds = {str(alarm.kind) for alarm in report.alarms}
        found.update(kinds)
        found["any"] += bool(kinds)
        moved = [column.shift.index for column in report.columns if column.shift]
        found["an index > 0.1"] += max(moved, default=0.0) > MODERATE
    return found


def alone(setting: Setting, size: int, seeds: range) -> Counts:
    """Count the alarms on labels alone, of batches like the training set, ten for each seed."""
    made, found = population(setting), Counts()
    for seed in seeds:
        generator = _generator(setting, size, seed)
        for _ in range(10):
            batch, test = (made.draw(rows, generator) for rows in (size, setting.test))
            changes = measured(
                _labelled(made, batch), _labelled(made, test), 1 - LEVELS["measured"]
            )
            lead = next(change for change in changes if change.metric is _metric(made))
            found["measured"] += lead.is_alarm(MARGIN) / 10  # type: ignore[assignment] # a Counter adds up fractions
    return found


def _labelled(made: Population, rows: pd.DataFrame) -> Rows:
    unit = "group" if made.setting.group > 1 else "row"
    return made.scored(rows), pd.factorize(rows[unit])[0]


def worse(setting: Setting, size: int, seeds: range) -> Counts:
    """Count the alarms on batches with other labels, whose score is two margins below."""
    made, found = population(setting), Counts()
    share = _share(setting)
    for seed in seeds:
        generator = _generator(setting, size, seed)
        reference, rows = made.release(generator), made.draw(size, generator)
        report = watched(reference, relabelled(rows, share, generator))
        found.update(str(alarm.kind) for alarm in report.alarms)
    return found


def shifted(setting: Setting, size: int, seeds: range) -> Counts:
    """Count the alarms on batches of harder rows, and add up their losses, in units of one."""
    made, found = population(setting), Counts()
    metric = _metric(made)
    whole = quick_score(metric, made.scored(made.rows))
    for seed in seeds:
        generator = _generator(setting, size, seed)
        rows = harder(made.rows, generator, size)
        report = watched(made.release(generator), rows)
        found.update(str(alarm.kind) for alarm in report.alarms)
        lost = metric.sign * (whole - quick_score(metric, made.scored(rows)))
        found["loss"] += lost  # type: ignore[assignment] # a Counter adds up fractions, too
    return found


def _metric(made: Population) -> Metric:
    metric = find(LEADS[made.setting.task])
    assert metric is not None
    return metric


@cache
def _share(setting: Setting) -> float:
    """Return the share of labels that has to change for a loss of two margins."""
    made = population(setting)
    metric = _metric(made)
    before = quick_score(metric, made.scored(made.rows))
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        changed = relabelled(made.rows, middle, np.random.default_rng(0))
        loss = metric.sign * (before - quick_score(metric, made.scored(changed)))
        low, high = (middle, high) if loss < 2 * MARGIN else (low, middle)
    return high


def watched(reference: Reference, frame: pd.DataFrame) -> BatchReport:
    """Compare a batch with a release, all its labels known."""
    extra = [*reference.contract.names("group", "weight"), "target"]
    known = frame[extra].assign(**{ROW_KEY: keys_of(frame, reference.contract)})
    gathered = Gathered()
    add(gathered, frame.drop(columns="target"), reference, known, Path("batch"))
    return judge("batch", replace(gathered, features=pd.DataFrame()), known, reference)


TABLES: dict[str, tuple[Callable[[Setting, int, range], Counts], tuple[int, ...], Names]] = {
    "without a change": (clean, SIZES, ("any", *MEANINGS, "an index > 0.1")),
    "without a change, labels alone": (alone, SIZES, ("measured",)),
    "other labels": (worse, LABELLED, ("measured", "estimated", "predictions")),
    "harder rows": (shifted, LABELLED, ("measured", "estimated", "predictions", "loss")),
}
"""What is counted, on batches of which sizes, under which names."""


if __name__ == "__main__":
    main()
