"""Work in parallel processes gives what it gives in this one."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt
import pytest
from threadpoolctl import threadpool_info

from src.base.errors import InputError
from src.modelling import parallel
from src.modelling.threads import SMALL, single


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start processes for the smallest work."""
    monkeypatch.setattr(parallel, "LARGE", 0)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)


def total(table: npt.NDArray[np.float64], column: int) -> tuple[float, int]:
    table[:, column] *= 2  # a memory map is private to its process
    return float(table[:, column].sum()), os.getpid()


def killed(task: int) -> int:
    if task == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def broken(task: int) -> int:
    raise ValueError(f"task {task}")


def slept(task: int) -> int:
    time.sleep(0.05)
    return os.getpid() if task else 0


def children() -> list[int]:
    """Return the numbers of this process's workers that still run."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text().rpartition(")")[2].split()[1]
            line = status.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has just ended
            continue
        if int(parent) == os.getpid() and "LokyProcess" in line:
            found.append(int(status.parent.name))
    return found


@pytest.mark.usefixtures("processes")
def test_processes_share_a_table_and_keep_the_order() -> None:
    table = np.arange(400_000.0).reshape(-1, 4)
    expected = (2 * table.sum(axis=0)).tolist()
    found = []
    for result in parallel.each(partial(total, table), range(4), cells=table.size):
        found.append(result)
        assert children()
    assert [value for value, _ in found] == expected
    assert os.getpid() not in {process for _, process in found}
    assert table[1, 0] == 4  # what this process has is as it was
    assert children() == []


def test_a_small_table_starts_no_process() -> None:
    assert set(parallel.each(slept, [1, 1, 1], cells=10)) == {os.getpid()}


def test_work_that_takes_long_moves_to_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)
    monkeypatch.setattr(parallel, "PATIENCE", 0.1)
    first, *rest = parallel.each(slept, [1] * 5, cells=10)
    assert first == os.getpid()
    assert os.getpid() not in rest


@pytest.mark.usefixtures("processes")
def test_a_killed_process_is_one_message_and_leaves_none_behind() -> None:
    with pytest.raises(InputError, match=r"one of 2 processes was killed, .*SIGKILL\(-9\)"):
        list(parallel.each(killed, range(4), cells=10))
    assert children() == []


@pytest.mark.usefixtures("processes")
def test_ctrl_c_does_not_reach_the_processes(capfd: pytest.CaptureFixture[str]) -> None:
    with parallel.started(4, 10, "json"):
        while len(children()) < 2:
            time.sleep(0.01)
        for child in children():  # most likely they are still importing
            os.kill(child, signal.SIGINT)
        assert len(list(parallel.each(slept, [1] * 4, cells=10))) == 4
    assert capfd.readouterr().err == ""
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.usefixtures("processes")
def test_processes_are_kept_for_the_calls_of_a_block() -> None:
    with parallel.kept():
        first, second = (set(parallel.each(slept, [1] * 4, cells=10)) for _ in range(2))
        assert first & second
        assert os.getpid() not in first
        assert children()
    assert children() == []


@pytest.mark.usefixtures("processes")
def test_processes_start_while_their_tasks_are_prepared() -> None:
    with parallel.started(4, 10, "json"):
        while len(children()) < 2:
            time.sleep(0.01)
        ready = set(children())
        assert set(parallel.each(slept, [1] * 4, cells=10)) == ready
    assert children() == []


@pytest.mark.usefixtures("processes")
def test_nothing_is_left_of_processes_that_nobody_needed() -> None:
    with pytest.raises(ZeroDivisionError), parallel.started(4, 10, "json"):
        1 / 0  # noqa: B018 - an error while tasks are prepared
    assert children() == []


@pytest.mark.parametrize(("tasks", "cells"), [(4, parallel.LARGE // 5), (1, parallel.LARGE)])
def test_few_cells_or_tasks_start_nothing(
    tasks: int, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)
    with parallel.started(tasks, cells, "json"):
        time.sleep(0.1)
        assert children() == []


@pytest.mark.parametrize(("cores", "tasks", "expected"), [
    (2, 4, [1, 1, 1, 1]), (2, 5, [1, 1, 1, 1, 2]), (8, 5, [1] * 5), (16, 5, [3] * 5),
    (8, 10, [1] * 8 + [4, 4]),
])  # fmt: skip
def test_cores_that_would_be_idle_help_the_last_tasks(
    cores: int, tasks: int, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: cores)
    assert parallel.shares(tasks, parallel.processes(tasks, cells=10)) == expected


def test_cores_that_memory_leaves_idle_help_each_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    monkeypatch.setattr(parallel, "available_memory", lambda: 10**9)
    assert parallel.shares(7, parallel.processes(7, cells=10**7)) == [2] * 6 + [8]


def test_an_error_in_a_process_is_that_error() -> None:
    with pytest.raises(ValueError, match=r"task [01]"):
        list(parallel.each(broken, range(4), cells=10))
    assert children() == []


def test_memory_limits_the_processes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    monkeypatch.setattr(parallel, "available_memory", lambda: 10**9)
    assert parallel.processes(tasks=5, cells=1_000) == 5
    assert capsys.readouterr().err == ""
    assert parallel.processes(tasks=5, cells=10**7) == 3
    assert "3 of 5 processes: each is expected to need 0.3 GB" in capsys.readouterr().err
    assert parallel.processes(tasks=5, cells=10**9) == 1


def test_memory_is_that_of_the_machine_or_its_container(tmp_path: Path) -> None:
    assert parallel.available_memory(tmp_path) is None
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9 kB\nMemAvailable:  4000 kB\n")
    assert parallel.available_memory(tmp_path) == 4_096_000
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.current").write_text("1000000\n")
    (group / "memory.max").write_text("max\n")
    assert parallel.available_memory(tmp_path) == 4_096_000
    (group / "memory.max").write_text("3000000\n")
    (group / "memory.stat").write_text("anon 5\nactive_file 300000\ninactive_file 200000\n")
    assert parallel.available_memory(tmp_path) == 2_500_000


@pytest.mark.parametrize(("cells", "expected"), [(SMALL - 1, 1), (SMALL, joblib.cpu_count())])
def test_few_rows_are_predicted_by_one_thread(cells: int, expected: int) -> None:
    with single(cells):
        found = {one["user_api"]: one["num_threads"] for one in threadpool_info()}
    assert found["openmp"] == expected
    assert found["blas"] == 1
