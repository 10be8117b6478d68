"""Latency of one row and rows per second in batches: our server, a bare FastAPI, MLflow's.

All serve the model of this clone (`dvc repro` has made it), in one run, round by round in turn.
MLflow's takes part where `.cache/mlflow` has it, as the long test of it leaves it.

Usage: python -m benchmarks.serve [SECONDS [ROUNDS [RATE]]]
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from benchmarks.serve.load import Request, latencies, seconds_of
from src.base.contract import load_contract
from src.base.files import md5
from src.release.fetch import MESSAGE
from src.release.mlflow_format import mlflow_files
from tools.s3 import HOST, free_port

FILES = ("src/models/model.skops", "src/models/README.md", "data/schema.yaml")
MLFLOW = Path(".cache/mlflow/bin/mlflow")
BATCH, BATCHES, TOGETHER = 20_000, 6, 2
"""Rows of a batch, how many of them a round sends, and on how many connections."""


@dataclass(frozen=True)
class Server:
    """A server that is measured: its command, and how it is asked."""

    name: str
    command: list[str]
    port: int
    path: str
    batch_path: str
    one: Any
    batch: Any


def main() -> None:
    """Start all servers, measure them in turn, print a line each."""
    seconds, rounds, rate = (
        float(text) for text in (sys.argv[1:] + ["20", "3", "100"][len(sys.argv) - 1 :])
    )
    contract = load_contract(Path("data/schema.yaml"))
    table = pd.read_parquet("data/prepared/train.parquet")[contract.features]
    many = table.sample(BATCH, replace=True, random_state=0)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = _release(Path(name) / "release")
        servers = _servers(folder, table, many)
        processes = [stack.enter_context(_running(server)) for server in servers]
        taken: dict[str, list[float]] = {server.name: [] for server in servers}
        speed: dict[str, list[float]] = {server.name: [] for server in servers}
        cpu_row: dict[str, list[float]] = {server.name: [] for server in servers}
        cpu_batch: dict[str, list[float]] = {server.name: [] for server in servers}
        for _ in range(int(rounds)):
            for server, process in zip(servers, processes, strict=True):
                one = Request.post(server.port, server.path, json.dumps(server.one).encode())
                start = _cpu(process)
                taken[server.name] += latencies(one, rate, seconds)
                middle = _cpu(process)
                cpu_row[server.name].append((middle - start) / (rate * seconds))
                batch = Request.post(
                    server.port, server.batch_path, json.dumps(server.batch).encode()
                )
                spent = seconds_of(batch, BATCHES, TOGETHER)
                speed[server.name].append(BATCH * BATCHES / spent)
                cpu_batch[server.name].append((_cpu(process) - middle) / (BATCH * BATCHES))
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load average {load}; {rate:g} requests/s for "
          f"{rounds:g} x {seconds:g} s; batches of {BATCH:,} rows")  # fmt: skip
    for server in servers:
        p50, p99 = (1e3 * value for value in np.quantile(taken[server.name], [0.5, 0.99]))
        one_row = 1e3 * float(np.median(cpu_row[server.name]))
        of_many = 1e6 * float(np.median(cpu_batch[server.name]))
        rows = float(np.median(speed[server.name]))
        print(f"{server.name:20} p50 {p50:8.1f} ms  p99 {p99:8.1f} ms  CPU {one_row:5.1f} ms a row")
        print(f"{'':20} batches {rows:8,.0f} rows/s  CPU {of_many:5.0f} microseconds a row")


def _release(folder: Path) -> Path:
    """Fill a folder as `python -m src.release.fetch` does."""
    folder.mkdir()
    for path in FILES:
        shutil.copy(path, folder)
    hashes = [f"  {md5(Path(path)):36}  {path}" for path in FILES]
    text = "\n".join(["model-v0.0.0", "", "md5", *hashes, ""])
    (folder / MESSAGE).write_text(text, encoding="utf-8")
    for name, content in mlflow_files(folder, None).items():
        (folder / name).write_bytes(content)
    return folder


def _servers(folder: Path, table: pd.DataFrame, many: pd.DataFrame) -> list[Server]:
    one = {"records": table.head(1).to_dict("records")}
    tensors = {
        "inputs": [
            {"name": name, "shape": [BATCH], "datatype": "FP64", "data": many[name].tolist()}
            for name in many
        ]
    }
    split = {"columns": [*many], "data": many.to_numpy().tolist()}
    ports = [free_port() for _ in range(3)]
    python = sys.executable
    found = [
        Server(
            "src.serve",
            [python, "-m", "src.serve", str(folder), "--port", str(ports[0]), "--drain", "0"],
            ports[0], "/predict", "/v2/models/model/infer", one, tensors,
        ),
        Server(
            "bare FastAPI",
            [python, "-m", "benchmarks.serve.bare", str(folder / "model.skops"), str(ports[1])],
            ports[1], "/predict", "/predict", one, {"records": many.to_dict("records")},
        ),
    ]  # fmt: skip
    if MLFLOW.exists():
        first = {"columns": [*table], "data": table.head(1).to_numpy().tolist()}
        command = [str(MLFLOW), "models", "serve", "-m", str(folder), "--env-manager", "local",
                   "-h", HOST, "-p", str(ports[2])]  # fmt: skip
        found.append(
            Server(
                "mlflow models serve",
                command,
                ports[2],
                "/invocations",
                "/invocations",
                {"dataframe_split": first},
                {"dataframe_split": split},
            )
        )
    return found


def _cpu(process: psutil.Process) -> float:
    """Return the seconds of CPU that a process and its children have had."""
    family = [process, *process.children(recursive=True)]
    times = [one.cpu_times() for one in family]
    return float(sum(one.user + one.system for one in times))


@contextlib.contextmanager
def _running(server: Server) -> Iterator[psutil.Process]:
    path = os.pathsep.join([str(Path(server.command[0]).parent.absolute()), os.environ["PATH"]])
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        server.command, env={**os.environ, "PATH": path}, stdout=quiet, stderr=quiet,
        start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(600):
            time.sleep(0.2)
            with contextlib.suppress(OSError), socket.create_connection((HOST, server.port), 1):
                break
            assert process.poll() is None, f"{server.name} has ended"
        request = Request.post(server.port, server.path, json.dumps(server.one).encode())
        seconds_of(request, 20, 1)  # warm
        yield psutil.Process(process.pid)
    finally:
        os.killpg(process.pid, 15)
        process.wait()


if __name__ == "__main__":
    main()
