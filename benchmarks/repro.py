"""A forced ``dvc repro`` against the bare script, on one table, in turn.

Usage: python -m benchmarks.repro [--runs N] [--rows N] [--busy N] [--record] [TABLE TARGET [NULL]]

Without a table, one is made: 6 numbers and 8 categories, from 10^6 rows on 20 numbers. ``--busy``
keeps so many cores busy meanwhile, ``--record`` adds a line to benchmarks/history.csv.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import datetime as dt
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import psutil

from benchmarks.made import make_project, make_table
from tools import project

HISTORY = Path(__file__).with_name("history.csv")
SAMPLED = 0.1
"""Seconds between two looks at the memory of all processes."""


def main() -> None:
    """Time both in turn and print medians, their ratio and their difference."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=48_842)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("table", nargs="?", type=Path)
    parser.add_argument("target", nargs="?", default="target")
    parser.add_argument("null_values", nargs="*")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = arguments.table or make_table(folder / "made.csv", arguments.rows)
        frame = pd.read_csv(table, na_values=arguments.null_values)
        contract = project.contract(frame, arguments.target, ["", *arguments.null_values])
        copy = make_project(folder / "copy", table, contract)

        script = Path(__file__).with_name("bare.py")
        bare = [sys.executable, script, table.resolve(), arguments.target, *arguments.null_values]
        commands = {
            "bare script": list(map(str, bare)), "dvc repro": ["dvc", "repro", "--force", "--quiet"]
        }  # fmt: skip
        took: dict[str, list[float]] = {what: [] for what in commands}
        peaks = dict.fromkeys(commands, 0)
        with busy(arguments.busy):
            for run in range(arguments.runs + 1):
                for what, command in commands.items():
                    seconds, peak = measured(command, copy)
                    peaks[what] = max(peaks[what], peak)
                    if run:  # the first run of each warms the disk
                        took[what].append(seconds)
    medians = {what: statistics.median(times) for what, times in took.items()}
    for what, times in took.items():
        print(
            f"{what}: median {medians[what]:.2f} s, {min(times):.2f} to {max(times):.2f} s, all "
            f"processes together at most {peaks[what] / 1e9:.2f} GB"
        )
    time_ratio, memory_ratio = (
        of["dvc repro"] / of["bare script"] for of in (medians, {**peaks})
    )  # fmt: skip
    print(f"ratio {time_ratio:.2f} in time, {memory_ratio:.2f} in memory")
    if arguments.record:
        figures = [*medians.values(), *(peak / 1e9 for peak in peaks.values())]
        record(
            [
                *frame.shape,
                arguments.busy,
                arguments.runs,
                *(round(figure, 2) for figure in figures),
            ]
        )


def measured(command: Sequence[str], folder: Path) -> tuple[float, int]:
    """Run a command; return its seconds, and the most bytes that all of its processes held."""
    start, peak = time.perf_counter(), 0
    ended = threading.Event()
    process = psutil.Popen(command, cwd=folder)

    def watch() -> None:
        nonlocal peak
        while not ended.wait(SAMPLED):
            with contextlib.suppress(psutil.Error):
                every = [process, *process.children(recursive=True)]
                peak = max(peak, sum(held(one.pid) for one in every))

    watching = threading.Thread(target=watch)
    watching.start()
    code = process.wait()
    seconds = time.perf_counter() - start
    ended.set()
    watching.join()
    assert code == 0, command
    return seconds, peak


def held(pid: int) -> int:
    """Return the bytes that a process holds, without pages of files, which the system can drop."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:  # it has ended
        return 0
    known = dict(line.split(":", 1) for line in lines)
    return 1024 * sum(int(known.get(name, "0 kB").split()[0]) for name in ("RssAnon", "RssShmem"))


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep some cores busy."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()


def record(figures: list[float]) -> None:
    """Add a line to the history: what was measured, and of which commit."""
    head = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(head, capture_output=True, text=True, check=True).stdout.strip()
    day = dt.datetime.now(tz=dt.UTC).date().isoformat()
    with HISTORY.open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow([day, commit, *figures])


if __name__ == "__main__":
    main()
