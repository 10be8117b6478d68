"""Seconds of search and train on this machine, and on Dask clusters of 1, 2 and 4 workers on it.

Usage: python -m benchmarks.cluster [--external-memory] [--share N] [--trials N] [--memory SIZE]
       [--runs N] [--folder F] ROWS

The table is that of benchmarks/scale.py, in parts. With ``--share`` so many processes share each
fit, and clusters of fewer workers are left out. ``--memory`` is the limit of each worker. More
workers than cores only share them. The last column begins the md5 of the model's file: where fits
run must not change it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.scale import commands, prepared_project, write
from src.base.files import md5

ADDRESS = "DASK_SCHEDULER_ADDRESS"
WORKERS = (0, 1, 2, 4)
"""Of the clusters; with none the stages run without one."""

STAGES = ("search", "train")
MODEL = "src/models/model.skops"


def main() -> None:
    """Print a line a cluster."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--external-memory", action="store_true")
    parser.add_argument("--share", type=int, default=0)
    parser.add_argument("--trials", type=int, default=0)
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("rows", type=int)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name).resolve()
        table = write(folder / "made", arguments.rows, parts=True)
        shared = {"workers": arguments.share} if arguments.share else None
        external = shared or arguments.external_memory
        copy = prepared_project(folder / "copy", table, external=external)
        search_for(copy, arguments.trials)
        sizes = [workers for workers in WORKERS if not workers or workers >= arguments.share]
        steps = dict(commands(copy))
        run(steps["prepare"], copy)
        took: dict[tuple[int, str], list[float]] = {}
        models = {}
        for _ in range(arguments.runs):
            for workers in sizes:  # in turn
                with cluster(copy, workers, arguments.memory):
                    for stage in STAGES:
                        took.setdefault((workers, stage), []).append(run(steps[stage], copy))
                models[workers] = md5(copy / MODEL)
    print("| workers | " + " | ".join(f"{stage}, s" for stage in STAGES) + " | model |")
    print("|---|" + "---|" * (len(STAGES) + 1))
    for workers in sizes:
        seconds = [f"{statistics.median(took[workers, stage]):.1f}" for stage in STAGES]
        print(f"| {workers or 'no cluster'} | {' | '.join(seconds)} | {models[workers][:8]} |")


def search_for(copy: Path, trials: int) -> None:
    """Let the project search for so many trials in batches of four."""
    yaml = YAML()
    params = yaml.load((copy / "params.yaml").read_text(encoding="utf-8"))
    estimator = params["train"]["estimator"]
    params["search"] |= {"trials": trials, "batch": 4}
    params["search"]["space"] = {estimator: {"learning_rate": {"low": 0.05, "high": 0.3}}}
    with (copy / "params.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(params, stream)


def run(command: list[str], copy: Path) -> float:
    """Run a stage; return its seconds."""
    start = time.perf_counter()
    subprocess.run(command, cwd=copy, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


@contextlib.contextmanager
def cluster(copy: Path, workers: int, memory: str) -> Iterator[None]:
    """Start a scheduler and its workers, and let the block's commands use them."""
    if not workers:
        yield
        return
    silent: dict[str, Any] = {"cwd": copy, "stderr": subprocess.DEVNULL, "start_new_session": True,
                              "stdout": subprocess.DEVNULL}  # fmt: skip
    file = copy / "scheduler.json"
    scheduler = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
                 "--no-dashboard", "--scheduler-file", str(file)]  # fmt: skip
    started = [subprocess.Popen([sys.executable, *scheduler], **silent)]
    try:
        while not (file.exists() and "address" in file.read_text(encoding="utf-8")):
            time.sleep(0.1)
        os.environ[ADDRESS] = json.loads(file.read_text(encoding="utf-8"))["address"]
        worker = ["-m", "src.worker", "--memory", memory, "--processes", str(workers)]
        started.append(subprocess.Popen([sys.executable, *worker], **silent))
        time.sleep(10)  # importing is not what is measured
        yield
    finally:
        os.environ.pop(ADDRESS, None)
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    main()
