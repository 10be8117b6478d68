"""How long ``adopt`` takes on 1,000,000 rows and 20 columns, and the memory it needs.

Usage: python -m benchmarks.adopt [--rows N]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from tools import project


def main() -> None:
    """Run adopt in a copy of the project and print seconds and GiB beside what is allowed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "copy")
        folder.mkdir()
        project.copy_project(folder)
        table = Path(name, "made.csv")
        make(arguments.rows).to_csv(table, index=False)
        start = time.perf_counter()
        command = [sys.executable, "-m", "src.adopt", str(table), "target"]
        subprocess.run(command, cwd=folder, check=True)
        took = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20
    print(f"took {took:.1f} s (allowed 30), of it {cpu:.1f} s on a CPU")
    print(f"largest process {peak:.2f} GiB (allowed 2)")


def make(rows: int) -> pd.DataFrame:
    """Return 19 columns of all kinds, and a target that depends on some of them."""
    generator = np.random.default_rng(0)
    columns: dict[str, object] = {"order_id": np.arange(rows) + 10_000}
    columns |= {f"number_{place}": generator.normal(size=rows).round(4) for place in range(8)}
    columns |= {f"count_{place}": generator.poisson(5, rows) for place in range(3)}
    for levels in (2, 7, 40, 900):
        codes = generator.integers(0, levels, rows)
        columns[f"category_{levels}"] = np.char.add("level ", codes.astype("U4"))
    days = np.datetime64("2020-01-01") + generator.integers(0, 1500, rows)
    columns["day"] = days.astype(str)
    columns["flag"] = np.where(generator.random(rows) < 0.3, "yes", "no")
    columns["note"] = np.char.add("note number ", generator.integers(0, rows, rows).astype("U7"))
    frame = pd.DataFrame(columns)
    frame.loc[generator.random(rows) < 0.1, "number_1"] = np.nan
    logit = frame["number_0"] + (frame["category_7"] == "level 3")
    frame["target"] = np.where(generator.random(rows) < 1 / (1 + np.exp(-logit)), "yes", "no")
    return frame


if __name__ == "__main__":
    main()
