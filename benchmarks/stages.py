"""Where each stage's time goes: imports, and the functions of ours that take most.

Usage: python -m benchmarks.stages [--rows N] [--shown N] [--project FOLDER]

A table is made as for benchmarks.repro, or the project is one that is there and whose `dvc repro`
has run. Each stage runs once more under cProfile, which lengthens what calls many small functions;
what other processes do is the wait for them. Seconds are cumulative: a function's contain those of
the functions that it calls.
"""

from __future__ import annotations

import argparse
import pstats
import shlex
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
from dvc.repo import Repo

from benchmarks.made import make_project, make_table
from tools import project

PROFILED = """
import cProfile, runpy, sys
file, *sys.argv = sys.argv[1:]
profile = cProfile.Profile()
try:
    profile.runcall(runpy.run_module, sys.argv[0], run_name="__main__", alter_sys=True)
finally:
    profile.dump_stats(file)
"""
"""A program that runs a module; cProfile's own option -m leaves it without its names."""

IMPORTS = "_find_and_load"
"""The function of importlib whose cumulative time is that of all imports."""

SURROUNDINGS = ("<module>", "main", "run")
"""Functions of ours that contain a whole stage."""


def main() -> None:
    """Print a line a function."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=48_842)
    parser.add_argument("--shown", type=int, default=8)
    parser.add_argument("--project", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.project
        if folder is None:
            table = make_table(Path(name, "made.csv"), arguments.rows)
            contract = project.contract(pd.read_csv(table), "target", [""])
            folder = make_project(Path(name, "copy"), table, contract)
            subprocess.run(["dvc", "repro", "--quiet"], cwd=folder, check=True)
        for stage, command in commands(folder).items():
            profile = Path(name, f"{stage}.profile")
            _, _, *rest = shlex.split(command)  # python -m
            profiled = ["python", "-c", PROFILED, str(profile), *rest]
            subprocess.run(profiled, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            print("\n".join(lines(stage, pstats.Stats(str(profile)), folder, arguments.shown)))


def commands(folder: Path) -> dict[str, str]:
    """Return each stage's command, in the order in which they run."""
    with Repo(str(folder)) as repo:
        order = [stage for stage in repo.index.stages if stage.cmd]
        return {stage.name: str(stage.cmd) for stage in order}


def lines(stage: str, stats: pstats.Stats, folder: Path, shown: int) -> list[str]:
    """Return the stage's time, that of its imports, and that of the functions that take most."""
    total: float = stats.total_tt  # type: ignore[attr-defined] # its stub has none
    seconds: dict[str, float] = {}
    for (file, _, function), (*_, cumulative, _) in stats.stats.items():  # type: ignore[attr-defined] # nor this
        if function == IMPORTS:
            seconds["imports"] = cumulative
        elif file.startswith(f"{folder}/src/") and function not in SURROUNDINGS:
            seconds[f"{Path(file).relative_to(folder)}: {function}"] = cumulative
    ranked = sorted(seconds, key=lambda name: (name != "imports", -seconds[name]))
    return [
        f"{stage} {total:.1f} s",
        *(f"  {seconds[name]:6.2f}  {name}" for name in ranked[: shown + 1]),
    ]


if __name__ == "__main__":
    main()
