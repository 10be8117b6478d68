"""How often the nominal 95 % interval of each score holds the score of the population.

Usage: python -m benchmarks.intervals.coverage [--rounds N] [--settings TEXT]
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from benchmarks.intervals.settings import OWN, Setting, draw, population_score
from src.modelling.metrics import metrics_of
from src.results.intervals import intervals

SETTINGS = (
    *(Setting(rows, positive) for positive in (0.5, 0.02, 0) for rows in (100, 200, 1_000, 10_000)),
    *(Setting(groups * 10, positive, groups, alike)
      for positive in (0.5, 0) for groups in (20, 50, 200) for alike in (0.1, 0.3, 0.6)),
    *(Setting(rows, positive, dependence=correlation)
      for positive in (0.5, 0) for rows in (500, 2_000) for correlation in (0.5, 0.8, 0.95)),
    *(Setting(rows, positive, spread=spread)
      for positive in (0.5, 0) for rows in (200, 1_000, 10_000) for spread in (0.5, 1.0)),
)  # fmt: skip


def main() -> None:
    """Print a table for two classes and one for a number as the target."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--settings", default="", help="only those whose name holds this text")
    arguments = parser.parse_args()
    rounds: int = arguments.rounds
    chosen = [setting for setting in SETTINGS if arguments.settings in str(setting)]
    cores = os.cpu_count() or 1
    parts = [range(start, rounds, cores) for start in range(cores)]
    with ProcessPoolExecutor(cores) as pool:
        for task in ("binary", "regression"):
            names = list(metrics_of(task))
            print(f"| test set | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
            for setting in chosen:
                if (setting.positive == 0) == (task == "regression"):
                    truth = {name: population_score(setting.positive, name, OWN) for name in names}
                    found = pool.map(partial(covered, setting, truth), parts)
                    hits: Counter[str] = sum(found, Counter())
                    shares = [f"{100 * hits[name] / hits[f'{name} defined']:.1f}" for name in names]
                    print(f"| {setting} | {' | '.join(shares)} |", flush=True)


def covered(setting: Setting, truth: dict[str, float], seeds: range) -> Counter[str]:
    """Count the test sets whose interval holds the truth, and those where there is an interval."""
    found: Counter[str] = Counter()
    for seed in seeds:
        (made,), units = draw(setting, np.random.default_rng([setting.rows, seed]))
        for name, ends in intervals(made, units, 0.95).items():
            if np.isfinite(ends["low"]):
                found[f"{name} defined"] += 1
                found[name] += ends["low"] <= truth[name] <= ends["high"]
    return found


if __name__ == "__main__":
    main()
