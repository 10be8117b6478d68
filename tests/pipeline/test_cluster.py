"""Training on a Dask cluster gives the bytes that it gives here, or one message."""

import contextlib
import json
import os
import platform
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import distributed
import psutil
import pytest

from src.base.cpu import ANY, KERNELS
from src.base.errors import InputError
from src.modelling import cluster, parallel
from tests.clone import Clone
from tools.s3 import HOST

SHARED = "estimator: xgboost.XGBClassifier\n  hyperparameters: {n_estimators: 21}\n"
LINEAR = "estimator: sklearn.linear_model.LogisticRegression\n  hyperparameters: {C: 0.5}\n"


class Dask:
    """A scheduler on this machine, and workers in the folder of a clone."""

    def __init__(self, clone: Clone, file: Path) -> None:
        self.clone = clone
        self._started: list[subprocess.Popen[bytes]] = []
        self._start("dask", "scheduler", "--host", HOST, "--port", "0", "--no-dashboard",
                    "--scheduler-file", str(file))  # fmt: skip
        until(lambda: file.exists() and "address" in file.read_text())
        self.address = json.loads(file.read_text())["address"]
        clone.environment["DASK_SCHEDULER_ADDRESS"] = self.address

    def _start(self, *command: str) -> None:
        self._started.append(self.clone.start(*command))

    def work(self, memory: str = "2GB", processes: int = 2) -> None:
        """Start workers."""
        self._start("python", "-m", "src.worker", "--memory", memory, "--processes",
                    str(processes))  # fmt: skip

    def workers(self) -> list[psutil.Process]:
        """Return the processes that do the work."""
        children = psutil.Process(self._started[1].pid).children(recursive=True)
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    def changes(self) -> int:
        """Return how often the scheduler has seen a task change its state."""
        connected: Any = distributed.Client  # which has no types
        with connected(self.address) as client:
            counted: int = client.run_on_scheduler(
                lambda dask_scheduler: dask_scheduler.transition_counter
            )
        return counted

    def close(self) -> None:
        """End everything."""
        for process in reversed(self._started):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(holds: Callable[[], object]) -> None:
    """Wait for something, for a minute at most."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise TimeoutError


@pytest.fixture
def dask(built: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dask]:
    """Return a cluster without workers; the commands of its clone and this process use it."""
    made = Dask(built, tmp_path / "scheduler.json")
    monkeypatch.chdir(built.folder)
    monkeypatch.setenv(cluster.ADDRESS, made.address)
    for name, value in {**ANY, **KERNELS.get(platform.machine(), {})}.items():
        monkeypatch.setenv(name, value)
    yield made
    made.close()


def train_with(clone: Clone, estimator: str) -> None:
    """Replace the estimator and its hyperparameters."""
    params = clone.read("params.yaml")
    start = params.index("estimator: sklearn", params.index("\ntrain:"))
    clone.write("params.yaml", params[:start] + estimator + params[params.index("  #", start) :])


def test_the_same_bytes_from_a_cluster(dask: Dask) -> None:
    clone = dask.clone
    train_with(clone, LINEAR)
    clone.succeed("dvc", "repro", "--quiet", DASK_SCHEDULER_ADDRESS="")
    here = clone.read("dvc.lock")
    dask.work()
    for stage in ("train", "evaluate"):
        clone.succeed("dvc", "repro", "--quiet", "--force", "--no-run-cache", "-s", stage)
    assert dask.changes() >= 5, "the folds were fitted there"
    assert clone.read("dvc.lock") == here
    assert not list((clone.folder / ".dvc/tmp").glob("cluster-*"))


def test_workers_that_share_a_fit(dask: Dask, monkeypatch: pytest.MonkeyPatch) -> None:
    """They make the bytes that as many processes make here; one that is lost ends the fit."""
    clone = dask.clone
    train_with(clone, SHARED)
    clone.edit("params.yaml", "external_memory: false", "external_memory: {workers: 2}")
    clone.succeed("dvc", "repro", "--quiet", "train", DASK_SCHEDULER_ADDRESS="")
    here = clone.read("dvc.lock")
    dask.work()
    again = ("dvc", "repro", "--quiet", "--force", "--no-run-cache", "-s", "train")
    clone.succeed(*again)
    assert dask.changes() >= 5, "the folds were fitted there"
    assert clone.read("dvc.lock") == here
    clone.commit("two workers")

    monkeypatch.setattr(cluster, "SECONDS", 1)
    with pytest.raises(InputError, match="has 2 workers, expected 3, as many as are to share"):
        parallel.together(float, ["1"] * 3)
    clone.edit("params.yaml", "n_estimators: 21", "n_estimators: 100000")
    before = dask.changes()
    with ThreadPoolExecutor() as pool:
        fitting = pool.submit(clone.run, *again)
        until(lambda: dask.changes() >= before + 4)
        time.sleep(3)
        dask.workers()[1].kill()
        ran = fitting.result()
    assert "one of 2 processes that share a fit was lost" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert clone.status() == " M params.yaml\n"


def test_a_task_whose_worker_is_killed_runs_on_another(dask: Dask) -> None:
    dask.work()
    results = parallel.each(time.sleep, [0.1, *[2.0] * 4], 1)
    next(results)
    dask.workers()[0].kill()  # at work: there are two, and four tasks
    assert list(results) == [None] * 4


def test_a_worker_with_too_little_memory_is_named(dask: Dask) -> None:
    dask.work(memory="300MB", processes=1)
    with pytest.raises(InputError, match=r"most likely for want of memory\. Give workers more"):
        list(parallel.each(bytearray, [3 * 10**9], 1))


def test_workers_that_could_give_other_bytes_are_refused(dask: Dask) -> None:
    dask.work(processes=1)
    with pytest.raises(ValueError, match="could not convert"):
        list(parallel.each(float, ["no number"], 1))  # what fails is not tried elsewhere
    dask.clone.write("src/base/errors.py", dask.clone.read("src/base/errors.py") + "# another\n")
    with pytest.raises(InputError, match=r"has another code in src: found .*\. Start workers with"):
        list(parallel.each(float, ["1"], 1))


def test_without_scheduler_or_workers_there_is_one_message(
    dask: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "SECONDS", 1)
    with pytest.raises(InputError, match=r"has no worker\. Start some with `make worker`"):
        list(parallel.each(float, ["1"], 1))
    dask.close()
    model = (dask.clone.folder / "src/models/model.skops").read_bytes()
    with pytest.raises(InputError, match=r"no scheduler answers at tcp.*unset the variable"):
        list(parallel.each(float, ["1"], 1))
    assert (dask.clone.folder / "src/models/model.skops").read_bytes() == model
