"""A forced ``dvc repro`` against the bare script, on one table, in turn.

Usage: python -m benchmarks.repro [--runs N] [TABLE TARGET [NULL_VALUE]]

Without a table, one of 48,842 rows and 15 columns is made.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from tools import project


def main() -> None:
    """Time both in turn and print medians, their ratio and their difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("table", nargs="?", type=Path)
    parser.add_argument("target", nargs="?", default="target")
    parser.add_argument("null_values", nargs="*")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = arguments.table or make_table(folder / "made.csv")
        copy = folder / "copy"
        copy.mkdir()
        project.copy_project(copy)
        frame = pd.read_csv(table, na_values=arguments.null_values)
        contract = project.contract(frame, arguments.target, ["", *arguments.null_values])
        settings = {"evaluate": {"slices": {"columns": [], "min_rows": 1}}}
        project.adopt(copy, table, contract, settings)
        subprocess.run(["dvc", "remove", "ingest", "--quiet"], cwd=copy, check=True)
        project.commit(copy)

        script = Path(__file__).with_name("bare.py")
        bare = [sys.executable, script, table.resolve(), arguments.target, *arguments.null_values]
        repro = ["dvc", "repro", "--force", "--quiet"]
        took: dict[str, list[float]] = {"bare script": [], "dvc repro": []}
        for run in range(arguments.runs + 1):
            for what, command in zip(took, (bare, repro), strict=True):
                start = time.perf_counter()
                subprocess.run(list(map(str, command)), cwd=copy, check=True)
                if run:  # the first run of each warms the disk
                    took[what].append(time.perf_counter() - start)
    medians = {what: statistics.median(times) for what, times in took.items()}
    for what, times in took.items():
        print(f"{what}: median {medians[what]:.2f} s, {min(times):.2f} to {max(times):.2f} s")
    bare_median, repro_median = medians.values()
    print(
        f"ratio {repro_median / bare_median:.2f}; "
        f"allowed 1.3 x + 6 s = {1.3 * bare_median + 6:.2f} s, took {repro_median:.2f} s"
    )


def make_table(path: Path) -> Path:
    """Write 48,842 rows: 6 numbers, 8 categories and a target that depends on some of them."""
    generator = np.random.default_rng(0)
    rows = 48_842
    numbers = generator.normal(size=(rows, 6)).round(3)
    codes = generator.integers(0, [2, 5, 7, 9, 15, 16, 30, 42], size=(rows, 8))
    frame = pd.DataFrame(numbers, columns=[f"number_{place}" for place in range(6)])
    for place in range(8):
        frame[f"category_{place}"] = [f"level {code}" for code in codes[:, place]]
    logit = numbers[:, 0] + numbers[:, 1] * numbers[:, 2] + (codes[:, 3] > 5) - 1
    frame["target"] = np.where(generator.random(rows) < 1 / (1 + np.exp(-logit)), "yes", "no")
    frame.to_csv(path, index=False)
    return path


if __name__ == "__main__":
    main()
