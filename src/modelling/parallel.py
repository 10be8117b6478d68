"""Independent work in parallel processes: the same results from any number of them.

A team of OpenMP threads waits for its slowest member: beside one busy core of two, a fit takes
three to four times as long. So a process has one thread, and more only where there are not enough
tasks for all cores. Processes share the table by memory map. Where Dask's variable names a cluster,
its workers take their place (:mod:`src.modelling.cluster`).
"""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TypeVar

import joblib
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.backend.reduction import dumps, loads
from joblib.externals.loky.process_executor import TerminatedWorkerError

from src.base.errors import InputError
from src.modelling import cluster
from src.modelling.threads import available_cores, granted

Task = TypeVar("Task")
Result = TypeVar("Result")

LARGE = 5_000_000
"""Cells, of all tasks together, from which processes are started at once."""

PATIENCE = 6.0
"""Seconds that the tasks of a smaller table may take in this process: starting others takes two."""

COPIES = 4
"""How often a process holds the cells that it works on, in bytes of float64: an estimate."""


_kept = ContextVar("_kept", default=False)
_starting: ContextVar[threading.Thread | None] = ContextVar("_starting", default=None)


def each(work: Callable[[Task], Result], tasks: Sequence[Task], cells: int) -> Iterator[Result]:
    """Yield the results in the order of the tasks.

    Parameters
    ----------
    work
        A function of a module, or a ``functools.partial`` of one; it may not depend on other tasks.
    cells
        How many cells of a table one task works on.

    Raises
    ------
    InputError
        A process was killed, as a system that runs out of memory does.
    """
    if cluster.address() and tasks:
        yield from cluster.each(partial(_granted, work, 1), tasks)
        return
    count = processes(len(tasks), cells)
    cores = available_cores() if count == 1 else 1
    done, start = 0, time.monotonic()
    if cells * len(tasks) < LARGE or count == 1:
        for done, task in enumerate(tasks, 1):
            # As from another process: what two results have in common is not one object, which
            # the saved model would show.
            yield loads(dumps(_granted(work, cores, task)))
            spent = time.monotonic() - start
            if count > 1 and spent / done * (len(tasks) - done) > PATIENCE:
                break
    if done < len(tasks):
        yield from _in_processes(work, tasks[done:], count)


def together(work: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    """Return the results of tasks that wait for one another: each has a process, all at a time.

    Raises
    ------
    InputError
        A process was killed, or a cluster has too few workers.
    """
    if cluster.address():
        return list(cluster.each(work, tasks, at_once=True))
    # Of joblib's backends threads would share what is fitted.
    return list(_in_processes(work, tasks, len(tasks), backend="loky"))


def _in_processes(
    work: Callable[[Task], Result], tasks: Sequence[Task], count: int, backend: str | None = None
) -> Iterator[Result]:
    if start := _starting.get():
        start.join()
    cores = shares(len(tasks), count)
    try:
        with _uninterrupted():
            done = _pool(count, backend)(map(joblib.delayed(partial(_granted, work)), cores, tasks))
        yield from done
    except TerminatedWorkerError as error:
        codes = "".join(line for line in str(error).splitlines() if "exit codes" in line)
        raise InputError(
            f"one of {count} processes was killed, most likely for want of memory. Give the "
            f"machine more memory, or take a smaller table or model. ({codes})"
        ) from None
    finally:
        if not _kept.get():
            _end()


def _pool(count: int, backend: str | None = None) -> joblib.Parallel:
    # joblib takes up processes that have the same options only. Memory maps are private to a
    # process, so that work may write into what it is given.
    return joblib.Parallel(n_jobs=count, backend=backend, return_as="generator", mmap_mode="c")


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start processes in a block that Ctrl-C does not reach: this one ends, and ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which they inherit
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _granted(work: Callable[[Task], Result], cores: int, task: Task) -> Result:
    with granted(cores):
        return work(task)


def shares(tasks: int, processes: int) -> list[int]:
    """Return how many cores each task has: the last, beside which processes are idle, more."""
    cores, last = available_cores(), tasks % processes
    full = [max(1, cores // processes)] * (tasks - last)
    return full + [cores // max(1, last)] * last


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Keep the processes for all calls in a block: starting them takes two seconds."""
    token = _kept.set(True)
    try:
        yield
    finally:
        _kept.reset(token)
        _end()


@contextlib.contextmanager
def started(tasks: int, cells: int, module: str) -> Iterator[None]:
    """Start the processes that the tasks of a block will take, while they are prepared.

    Parameters
    ----------
    cells
        As of :func:`each`; for few, processes may not be needed.
    module
        What the work imports, most of the seconds that a start takes.
    """
    count = 1 if cluster.address() or cells * tasks < LARGE else _affordable(tasks, cells)[0]
    if count < 2:
        yield
        return
    start = threading.Thread(target=_start, args=(module, count))
    token = _starting.set(start)
    with kept():
        start.start()
        try:
            yield
        finally:
            start.join()
            _starting.reset(token)


def _start(module: str, count: int) -> None:
    # Of a process that is killed meanwhile the work that needs it will tell.
    with contextlib.suppress(TerminatedWorkerError), _uninterrupted():
        list(_pool(count)([joblib.delayed(_imported)(module)] * count))


def _imported(module: str) -> None:
    importlib.import_module(module)


def _end() -> None:
    get_reusable_executor().shutdown(wait=True, kill_workers=True)


def processes(tasks: int, cells: int) -> int:
    """Return how many processes cores and memory allow, and say on stderr if memory limits it."""
    count, limit = _affordable(tasks, cells)
    if limit:
        print(limit, file=sys.stderr)
    return count


def _affordable(tasks: int, cells: int) -> tuple[int, str]:
    """Return how many processes cores and memory allow, and how memory limits it."""
    wanted = min(tasks, available_cores())
    free, need = available_memory(), 8 * COPIES * cells
    if free is None or need * wanted <= free:
        return wanted, ""
    count = max(1, free // need)
    return count, (
        f"{count} of {wanted} processes: each is expected to need {need / 1e9:.1f} GB, and "
        f"{free / 1e9:.1f} GB are free."
    )


def available_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes that are free, of the machine or of a container's limit; None if unknown.

    Cached files, which a container's usage contains, are free: the system drops them.
    """
    found = []
    with contextlib.suppress(OSError, KeyError, ValueError):
        lines = (root / "proc/meminfo").read_text(encoding="ascii").splitlines()
        known = dict(line.split(":", 1) for line in lines if ":" in line)
        found.append(1024 * int(known["MemAvailable"].split()[0]))
    with contextlib.suppress(OSError, KeyError, ValueError):  # no limit is the word `max`
        group = root / "sys/fs/cgroup"
        limit, used, parts = (
            (group / f"memory.{name}").read_text() for name in ("max", "current", "stat")
        )
        known = dict(line.split() for line in parts.splitlines())
        cached = sum(int(known[f"{kind}_file"]) for kind in ("active", "inactive"))
        found.append(int(limit) - int(used) + cached)
    return max(0, min(found)) if found else None
