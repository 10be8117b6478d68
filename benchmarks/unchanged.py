"""``dvc repro`` with nothing to do, against DVC's own floor, in turn.

Usage: python -m benchmarks.unchanged [--runs N]

The floor is a repository of as many stages that each read one small file and write another.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks.repro import measured
from tools import project

REPRO = ("dvc", "repro", "--quiet")


def main() -> None:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        ours, floor = Path(name, "ours"), Path(name, "floor")
        ours.mkdir()
        project.copy_project(ours, default=True)
        stages = YAML(typ="safe").load((ours / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
        make_floor(floor, len(stages))
        took: dict[Path, list[float]] = {ours: [], floor: []}
        for folder in took:
            subprocess.run(REPRO, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for _ in range(runs):
            for folder, times in took.items():
                times.append(measured(REPRO, folder)[0])
    for folder, times in took.items():
        print(f"{folder.name}: median {statistics.median(times):.2f} s, {min(times):.2f} to "
              f"{max(times):.2f} s")  # fmt: skip
    print(f"ratio {statistics.median(took[ours]) / statistics.median(took[floor]):.2f}")


def make_floor(folder: Path, stages: int) -> None:
    """Make a repository of a chain of stages that copy a file."""
    folder.mkdir()
    (folder / "0").write_text("0\n", encoding="utf-8")
    chain = {
        f"stage{number}": {
            "cmd": f"cp {number} {number + 1}", "deps": [str(number)], "outs": [str(number + 1)]
        }
        for number in range(stages)
    }  # fmt: skip
    with (folder / "dvc.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump({"stages": chain}, stream)
    project.commit(folder)
    subprocess.run(["dvc", "init", "--quiet"], cwd=folder, check=True)
    project.commit(folder)


if __name__ == "__main__":
    main()
