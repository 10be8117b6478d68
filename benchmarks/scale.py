"""Seconds and memory of each stage by the number of rows, beside the bare script.

Usage: python -m benchmarks.scale [--bare] [--adopt] [--external-memory] [--parts] [--busy N]
       [--folder F] ROWS...

The table has 20 numbers, as that of benchmarks/repro.py, in one CSV file or, with ``--parts``, in
Parquet files of a million rows each. With ``--external-memory`` XGBoost is fitted from disk, else
HistGradientBoosting in memory. With ``--adopt`` the table is adopted first, without writing. Stages
run by the commands of dvc.yaml, without DVC. In parts, 10^8 rows take 4 GB of disk, what is
prepared 6 GB, and what the stages leave meanwhile up to 25 GB: of the folder, by default that of
temporary files.

Memory is what all processes of a stage hold at once, without pages of files.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.made import make_project, numbers, write_csv
from benchmarks.repro import busy, measured
from tools import project

STAGES = ("prepare", "search", "train", "evaluate")
XGBOOST: dict[str, Any] = {
    "estimator": "xgboost.XGBClassifier",
    "hyperparameters": {"n_estimators": 100, "learning_rate": 0.1, "max_depth": 5},
}  # fmt: skip


def main() -> None:
    """Print a line a stage and number of rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--adopt", action="store_true")
    parser.add_argument("--external-memory", action="store_true")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("rows", nargs="+", type=int)
    arguments = parser.parse_args()
    print("| rows | stage | seconds | peak of all processes, GB |\n|---|---|---|---|")
    for rows in arguments.rows:
        with (
            tempfile.TemporaryDirectory(dir=arguments.folder) as name, busy(arguments.busy)
        ):  # fmt: skip
            folder = Path(name).resolve()
            table = write(folder / "made", rows, parts=arguments.parts)
            if arguments.bare:
                script = Path(__file__).with_name("bare.py")
                report(rows, "bare script", [sys.executable, str(script), str(table), "target"])
            copy = prepared_project(folder / "copy", table, external=arguments.external_memory)
            if arguments.adopt:
                adopt = ["src.adopt", str(table), "target", "--dry-run"]
                report(rows, "adopt", [sys.executable, "-m", *adopt], copy)
            for stage, command in commands(copy):
                report(rows, stage, command, copy)


def report(rows: int, what: str, command: list[str], folder: Path | None = None) -> None:
    """Run a command and print its figures."""
    seconds, peak = measured(command, folder or Path.cwd())
    print(f"| {rows:,} | {what} | {seconds:.1f} | {peak / 1e9:.2f} |", flush=True)


def write(path: Path, rows: int, *, parts: bool) -> Path:
    """Write the table, in pieces that fit in memory."""
    if not parts:
        return write_csv(path.with_suffix(".csv"), numbers(rows))
    path.mkdir()
    for number, frame in enumerate(numbers(rows)):
        frame.to_parquet(path / f"part-{number:04}.parquet", index=False)
    return path


def prepared_project(copy: Path, table: Path, *, external: bool | dict[str, int]) -> Path:
    """Copy the project and give it the table, by a link."""
    contract = project.contract(next(numbers(1000)), "target", [""])
    params = {"train": XGBOOST | {"external_memory": external}} if external else {}
    return make_project(copy, table, contract, params, link=True)


def commands(copy: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the stages' commands as dvc.yaml has them."""
    yaml = YAML(typ="safe")
    stages = yaml.load((copy / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    table = yaml.load((copy / "params.yaml").read_text(encoding="utf-8"))["prepare"]["table"]
    for stage in STAGES:
        command = stages[stage]["cmd"].replace("${prepare.table}", table)
        yield stage, [sys.executable, *shlex.split(command)[1:]]


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    main()
