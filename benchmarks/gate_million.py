"""The whole gate on 1,000,000 test rows, and the report of them: how long, and how much memory.

Usage: python -m benchmarks.gate_million [--rows N]

A table is made, most of it test set; a first model is the baseline and a second the candidate.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.made import make_project, with_target
from tools import project

FEATURES = 8
SHARE = 0.98


def main() -> None:
    """Build both models, run the gate and the report, print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows: int = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = make_table(folder / "made.parquet", int(rows / SHARE) + 2_000)
        contract = project.contract(pd.read_parquet(table), "target", [""])
        copy = make_project(folder / "copy", table, contract, params())
        subprocess.run(["dvc", "repro", "--quiet"], cwd=copy, check=True)
        project.commit(copy)
        text = (copy / "params.yaml").read_text(encoding="utf-8")
        (copy / "params.yaml").write_text(
            text.replace("max_iter: 30", "max_iter: 33"), encoding="utf-8"
        )
        subprocess.run(["dvc", "repro", "--quiet"], cwd=copy, check=True)
        gate = [
            sys.executable, "-c", PROGRAM, "metrics/metrics.json", "metrics/details.json",
            "data/prepared/predictions.parquet", "src/models/model.skops",
            "data/prepared/train.parquet", "data/prepared/test.parquet", "data/schema.yaml",
            "metrics/gate.json", "--baseline", "HEAD",
        ]  # fmt: skip
        start = time.perf_counter()
        ran = subprocess.run(gate, cwd=copy, check=False)
        took = time.perf_counter() - start
        start = time.perf_counter()
        report = [sys.executable, "-m", "src.report", "report", "--base", "HEAD"]
        subprocess.run(report, cwd=copy, check=True)
        reported = time.perf_counter() - start
        size = (copy / "report/index.html").stat().st_size / 1e6
    print(f"gate: exit status {ran.returncode}, {took:.1f} s")
    print(f"report: {reported:.1f} s, {size:.2f} MB")


PROGRAM = """
import resource, runpy, sys
sys.argv = ["src.gate", *sys.argv[1:]]
try:
    runpy.run_module("src.gate", run_name="__main__", alter_sys=True)
finally:
    peak = max(resource.getrusage(who).ru_maxrss
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"largest process: {peak / 2**20:.2f} GiB")
"""
"""Runs the gate and says its peak memory: that of this process alone, not of those before it."""


def params() -> dict[str, dict[str, object]]:
    """Return what differs from the committed settings: less work in the stages, other bounds."""
    regression = {"metric": "roc_auc", "margin": 0.01, "confidence": 0.95}
    return {
        "prepare": {"split": {"by": "row", "test_size": SHARE, "cutoff": None}},
        "train": {"folds": 0, "final": "refit", "hyperparameters": {"max_iter": 30}},
        "gate": {
            "bounds": {"test.roc_auc": {"min": 0.6}},
            "no_regression": regression,
        },
    }


def make_table(path: Path, rows: int) -> Path:
    """Write numbers and a target of two classes that depends on some of them."""
    generator = np.random.default_rng(0)
    values = generator.normal(size=(rows, FEATURES))
    frame = pd.DataFrame(values, columns=[f"number_{place}" for place in range(FEATURES)])
    logit = values[:, 0] + values[:, 1] * values[:, 2]
    with_target(frame, logit, generator).to_parquet(path, index=False)
    return path


if __name__ == "__main__":
    main()
