"""Of each kind of target leakage, how much is found; and what is found where there is none.

Usage: python -m benchmarks.leakage [--tables N] [TABLE:TARGET ...]

A table counts where the leakage moves the score: the quick model explains at least 5 percentage
points more with it than without. Public tables can be named, to be searched for leakage.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.leakage.tables import KINDS, honest
from src.adopt.profile import profile
from src.adopt.sniff import sniff
from src.target_leakage.find import find, sample
from src.target_leakage.model import QuickModel

TASKS = ("binary", "multiclass", "regression")


def main() -> None:
    """Print a row for each kind, one for tables without any, and one for each public table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", type=int, default=21, help="of each kind")
    parser.add_argument("public", nargs="*", help="tables to search, as table.csv:target")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(os.cpu_count(), initializer=threadpool_limits, initargs=(1,)) as pool:
        print("| kind | tables | move the score | certain | suspect | missed |")
        print("|---|---|---|---|---|---|")
        for kind in KINDS:
            found = list(pool.map(leaking, [kind] * arguments.tables, range(arguments.tables)))
            moving = [grade for grade in found if grade != "idle"]
            counts = [moving.count(grade) for grade in ("certain", "suspect", "missed")]
            print(f"| {kind} | {len(found)} | {len(moving)} | {' | '.join(map(str, counts))} |",
                  flush=True)  # fmt: skip
        searched = list(pool.map(false_alarms, range(5 * arguments.tables)))
    columns, certain, suspect = np.array(searched).sum(axis=0)
    print(f"\nWithout leakage: {len(searched)} tables, {columns:,} columns, {certain} certain, "
          f"{suspect} suspect ({100 * suspect / columns:.2g} %).\n")  # fmt: skip
    for named in arguments.public:
        path, _, target = named.rpartition(":")
        print(public(Path(path), target), flush=True)


def leaking(kind: str, seed: int) -> str:
    """Return the grade that is given to a column of the leakage, or that none is."""
    generator = np.random.default_rng([sorted(KINDS).index(kind), seed])
    made = honest(generator, TASKS[seed % 3])
    table = KINDS[kind](made, generator)
    joined = sample(table.features.assign(target=table.target))
    features, target = joined.drop(columns="target"), joined["target"]
    leaks = [str(name) for name in features if str(name).startswith("leak")]
    model = QuickModel(features, target)
    if model.explained() - model.explained(leaks) < 0.05:
        return "idle"
    grades = [leak.grade for leak in find(features, target) if set(leak.columns) & set(leaks)]
    return min(grades, default="missed")


def false_alarms(seed: int) -> tuple[int, int, int]:
    """Return how many columns an honest table has, and how many of them are called what."""
    made = honest(np.random.default_rng([99, seed]), TASKS[seed % 3])
    joined = sample(made.features.assign(target=made.target))
    leaks = find(joined.drop(columns="target"), joined["target"])
    counts = [sum(len(leak.columns) for leak in leaks if leak.grade == grade)
              for grade in ("certain", "suspect")]  # fmt: skip
    return made.features.shape[1], counts[0], counts[1]


def public(path: Path, target: str) -> str:
    """Search a table as it is."""
    held, dialect = sniff(path)
    raw = held.frame
    start = time.perf_counter()
    drawn = sample(raw[raw[target].notna()])
    cells = {name: profile(drawn[name], dialect.csv.decimal).cells for name in drawn}
    aim = cells.pop(target)
    if aim.nunique() <= 10:
        aim = aim.astype("str")
    leaks = find(type(drawn)(cells), aim.rename(target))
    lines = [f"{path.name}, {target}, {time.perf_counter() - start:.1f} s:"]
    lines += [f"  {leak.grade}: {', '.join(leak.columns)}: {leak.evidence}" for leak in leaks]
    return "\n".join(lines + ["  nothing"] * (not leaks))


if __name__ == "__main__":
    main()
