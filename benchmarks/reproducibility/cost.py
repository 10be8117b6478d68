"""What naming the kernels costs: the stage train on 50,000 rows, with and without, in turn.

Usage: python -m benchmarks.reproducibility.cost [RUNS]
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.reproducibility.cases import CASES, build
from benchmarks.reproducibility.machines import ENVIRONMENT
from src.base.settings import read_yaml


def main() -> None:
    """Print the median of each, and their ratio."""
    runs = int(sys.argv[1]) if sys.argv[1:] else 3
    wanted = [case for case in CASES if case.table in ("mixed", "text")
              or str(case) == "numbers × Ridge"]  # fmt: skip
    print("| case | named | as the CPU decides | ratio |\n|---|---|---|---|")
    for case in wanted:
        with tempfile.TemporaryDirectory() as name:
            folders = [Path(name, "named"), Path(name, "not")]
            build(case, folders[0])
            shutil.copytree(folders[0], folders[1])
            start = folders[1] / "src/__init__.py"
            start.write_text(start.read_text(encoding="utf-8").replace("    pin()\n", ""))
            took: list[list[float]] = [[], []]
            for _ in range(runs):
                for seconds, folder in zip(took, folders, strict=True):
                    seconds.append(_train(folder))
        named, free = (statistics.median(seconds) for seconds in took)
        print(f"| {case} | {named:.1f} s | {free:.1f} s | {named / free:.2f} |", flush=True)


def _train(folder: Path) -> float:
    command = read_yaml(folder / "dvc.yaml")["stages"]["train"]["cmd"].split()
    start = time.perf_counter()
    subprocess.run([sys.executable, *command[1:]], cwd=folder, env=ENVIRONMENT, check=True,
                   capture_output=True)  # fmt: skip
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
