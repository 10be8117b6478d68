"""How often the gate's comparison is wrong, and how often it catches a worse model.

Usage: python -m benchmarks.intervals.gate [--pairs N]

Each pair of models predicts a test set of its own, drawn from a population in which the true
difference of their scores is known: none, or a loss of 1, 2 or 4 times the margin. The worse model
has a larger error of its own, as much as loses the multiple of the margin in the population. The
verdict is that of ``src.gate.no_regression``.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import numpy as np

from benchmarks.intervals.settings import OWN, Setting, draw, population_score
from src.gate.no_regression import compare
from src.gate.settings import NoRegression
from src.modelling.metrics import find

MARGIN = {"accuracy": 0.02, "roc_auc": 0.02, "r2": 0.02}
TIMES = (0, 1, 2, 4)
SETTINGS = (
    *(Setting(rows, positive)
      for positive in (0.5, 0.02, 0) for rows in (100, 200, 1_000, 10_000)),
    *(Setting(groups * 10, positive, groups, alike)
      for positive in (0.5, 0) for groups in (20, 50, 200) for alike in (0.1, 0.3, 0.6)),
    *(Setting(2_000, positive, dependence=correlation)
      for positive in (0.5, 0) for correlation in (0.5, 0.8, 0.95)),
)  # fmt: skip


@cache
def own_error(positive: float, metric: str, times: int) -> float:
    """Find, by bisection, the own error that loses ``times`` margins of the metric."""
    if times == 0:
        return OWN
    wanted = population_score(positive, metric, OWN) - times * MARGIN[metric]
    low, high = OWN, 4.0
    for _ in range(13):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if population_score(positive, metric, middle) > wanted else (low, middle)
        )
    return (low + high) / 2


def verdicts(setting: Setting, metric: str, error: float, seeds: range) -> Counter[str]:
    """Judge a pair of models a seed."""
    found: Counter[str] = Counter()
    rule = NoRegression(metric=metric, margin=MARGIN[metric], confidence=0.95)
    scored = find(metric)
    assert scored is not None
    for seed in seeds:
        generator = np.random.default_rng([setting.rows, seed])
        (baseline, candidate), units = draw(setting, generator, (OWN, error))
        found[compare(candidate, baseline, scored, units, rule).outcome(rule)] += 1
    return found


def main() -> None:
    """Print a table: the share that passes without a loss and at the margin, and what is caught."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=1_000)
    pairs: int = parser.parse_args().pairs
    cores = os.cpu_count() or 1
    parts = [range(start, pairs, cores) for start in range(cores)]
    print(
        "| test set | score | no loss passes | no loss fails | one margin passes | one margin "
        "fails | two margins fail | four margins fail |\n|---|---|---|---|---|---|---|---|"
    )
    with ProcessPoolExecutor(cores) as pool:
        for setting in SETTINGS:
            for metric in ("accuracy", "roc_auc") if setting.positive else ("r2",):
                found = []
                for times in TIMES:
                    error = own_error(setting.positive, metric, times)
                    judged = pool.map(partial(verdicts, setting, metric, error), parts)
                    found.append(sum(judged, Counter()))
                shares = [
                    found[0]["passed"],
                    found[0]["failed"],
                    found[1]["passed"],
                    found[1]["failed"],
                    found[2]["failed"],
                    found[3]["failed"],
                ]
                cells = " | ".join(f"{100 * share / pairs:.1f} %" for share in shares)
                print(f"| {setting} | {metric} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
