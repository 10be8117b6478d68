"""Build every case on every variation of the machine, and compare each output with the first build.

Usage: python -m benchmarks.reproducibility [--cases TEXT] [--variations TEXT] [--unpinned]

As root it is complete (another user); with Debian's packages qemu-user-static, faketime and locales
it shows other CPUs, ARM64, dates and locales. What it makes is kept in .cache/reproducibility.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.reproducibility import arm64
from benchmarks.reproducibility.cases import CASES, EXTRAS, Case, build
from benchmarks.reproducibility.machines import (
    ENVIRONMENT,
    VARIATIONS,
    Variation,
    emulated,
    pythons,
)
from src.base.settings import read_yaml
from src.repository.dvc_lock import differences, results
from tools import project

CACHE = project.ROOT / ".cache/reproducibility"
STAGES = ("prepare", "search", "train", "evaluate")


def main() -> None:
    """Print a row for each variation: how many cases are the same, and what differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", default="", help="only those whose name holds this text")
    parser.add_argument("--variations", default="", help="only those whose name holds this text")
    parser.add_argument("--unpinned", action="store_true", help="let the CPU decide, to compare")
    arguments = parser.parse_args()
    cases = [case for case in CASES if arguments.cases in str(case)]
    dev, lock = (project.ROOT / f"requirements{name}.lock" for name in ("-dev", ""))
    every = [*VARIATIONS, *pythons(CACHE, dev), *emulated(arm64.python(CACHE / "arm64", lock))]
    wanted = [variation for variation in every if arguments.variations in variation.name]
    if arguments.unpinned:
        wanted = [variation for variation in wanted if variation.cpu]
    projects = {case: _built(case, unpinned=arguments.unpinned) for case in cases}
    print("| variation | takes effect | same | differs |\n|---|---|---|---|")
    with ThreadPoolExecutor(2) as threads:
        for variation in wanted:
            effect = variation.takes_effect()
            tried = [case for case in cases
                     if not (variation.emulated and case.estimator in EXTRAS)]  # fmt: skip
            found = list(
                threads.map(lambda case, v=variation: _difference(projects[case], v), tried)
            )
            differs = [f"{case}: {what}" for case, what in zip(tried, found, strict=True) if what]
            print(f"| {variation.name} | {'yes' if effect else 'NO'} | {found.count('')} of "
                  f"{len(found)} | {'; '.join(differs)} |", flush=True)  # fmt: skip


def _built(case: Case, *, unpinned: bool) -> Path:
    folder = CACHE / ("unpinned" if unpinned else "pinned") / str(case).replace(" × ", "-")
    if not (folder / "dvc.lock").exists():
        shutil.rmtree(folder, ignore_errors=True)
        build(case, folder, unpinned=unpinned)
    return folder


def _difference(built: Path, variation: Variation) -> str:
    """Build a project once more; return what differs, or nothing."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name, variation.folder)
        shutil.copytree(built, folder, symlinks=True)
        for path in [folder / "data/prepared", folder / "src/models/model.skops"]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if variation.setup:
            subprocess.run(variation.setup, cwd=folder, env=ENVIRONMENT, check=True)
        if "setpriv" in variation.wrapper:
            for path in [folder, *folder.rglob("*")]:
                os.lchown(path, 65534, 65534)
        (folder / "data/prepared").mkdir(exist_ok=True)
        if "setpriv" in variation.wrapper:
            os.lchown(folder / "data/prepared", 65534, 65534)
        for command in _commands(folder, variation):
            ran = subprocess.run([*variation.wrapper, *command], cwd=folder, check=False,
                                 capture_output=True, text=True,
                                 env={**ENVIRONMENT, **variation.environment})  # fmt: skip
            if ran.returncode:
                said = ran.stderr.strip().splitlines() or [f"status {ran.returncode}, no message"]
                return f"FAILED: {said[-1][:200]}"
        changed = differences(results(built), folder)
        return _size(built, folder) if changed else ""


def _commands(folder: Path, variation: Variation) -> list[list[str]]:
    python = str(variation.python or sys.executable)
    if not variation.emulated:
        return [[python, "-m", "dvc", "repro", "--quiet", "--force", "--no-run-cache"]]
    stages = read_yaml(folder / "dvc.yaml")["stages"]
    table = read_yaml(folder / "params.yaml")["prepare"]["table"]
    commands = [stages[stage]["cmd"].replace("${prepare.table}", table) for stage in STAGES]
    return [[python, *command.split()[1:]] for command in commands]


def _size(before: Path, now: Path) -> str:
    """Say by how much predictions and metrics differ."""
    path = "data/prepared/predictions.parquet"
    old, new = (pd.read_parquet(folder / path).select_dtypes("float") for folder in (before, now))
    largest = np.abs(new.to_numpy() - old.to_numpy()).max()
    scale = np.abs(old.to_numpy()).max()
    first, second = (
        _numbers(read_yaml(folder / "metrics/details.json")) for folder in (before, now)
    )
    moved = [abs(b - a) / max(abs(a), 1e-9) for a, b in zip(first, second, strict=True) if a != b]
    return f"predictions by {largest / scale:.0e}, {len(moved)} of {len(first)} metrics" + (
        f" by up to {max(moved):.0e}" if moved else ""
    )


def _numbers(value: Any) -> list[float]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return [number for item in value.values() for number in _numbers(item)]
    return [float(value)] if isinstance(value, int | float) else []


if __name__ == "__main__":
    main()
