"""Independent work on a Dask cluster, where ``DASK_SCHEDULER_ADDRESS`` names one.

Where it runs changes nothing of what is built: tasks are those that local processes would get, each
with one thread, and their results come in the same order. Tasks and tables travel by a file in the
workspace, which every worker sees; only results come back through the scheduler.

References
----------
https://distributed.dask.org/en/stable/resilience.html
"""

from __future__ import annotations

import hashlib
import importlib
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import joblib

from src.base.cpu import ANY, KERNELS
from src.base.errors import InputError, brief
from src.base.files import files_of, sha256, temporary_folder

Task = TypeVar("Task")
Result = TypeVar("Result")

LOOPBACK = "127.0.0.1"
ADDRESS = "DASK_SCHEDULER_ADDRESS"
"""Dask's own variable."""

EXTRA = "Add dask to EXTRAS in the Makefile and run `make repro`"

START = (
    "Start workers with `make worker` in this folder, on a file system that all machines see, with "
    "this commit and its locks"
)

FOLDER = Path(".dvc/tmp")
PINNED = (*ANY, *KERNELS.get(platform.machine(), {}))
CODE, LOCKS = Path("src"), "requirements*.lock"
SECONDS = 30
"""How long the scheduler may take to answer, and a worker to join."""


def address() -> str | None:
    """Return where the scheduler is; None without one."""
    return os.environ.get(ADDRESS) or None


def host() -> str:
    """Return the address by which the workers reach this process."""
    if address() is None:
        return LOOPBACK
    found: str = importlib.import_module("distributed.utils").get_ip(urlsplit(address()).hostname)
    return found


def each(
    work: Callable[[Task], Result], tasks: Sequence[Task], *, at_once: bool = False
) -> Iterator[Result]:
    """Yield the results in the order of the tasks.

    A task whose worker is lost runs on another one; what raises is not tried again.

    Parameters
    ----------
    at_once
        The tasks wait for one another: each has a worker of its own, and none runs elsewhere.

    Raises
    ------
    InputError
        The scheduler does not answer, has no workers or loses one after another, or a worker has
        other code, other packages or another Python, or does not see the workspace.
    """
    try:
        distributed = importlib.import_module("distributed")
        client = distributed.Client(address(), timeout=SECONDS)
    except ModuleNotFoundError:
        raise InputError(f"{ADDRESS}: {address()}, but Dask is not installed. {EXTRA}.") from None
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"{ADDRESS}: no scheduler answers at {address()} ({brief(error)}). Start it with `dask "
            "scheduler`, or unset the variable to work on this machine."
        ) from None
    with client, temporary_folder(FOLDER, "cluster-") as folder:
        _require_workers(client, len(tasks) if at_once else 1)
        path = str(folder.resolve() / "tasks")
        joblib.dump((work, tasks), path)

        def one(number: int) -> Result:
            # Sent as it is: the scheduler, which looks at it, need not have this repository.
            known, listed = joblib.load(path, mmap_mode="c")
            result: Result = known(listed[number])
            return result

        futures = (
            _at_once(client, one, len(tasks))
            if at_once
            else client.map(one, range(len(tasks)), pure=False)
        )
        try:
            for future in distributed.as_completed(futures) if at_once else ():
                future.result()  # of a worker that is lost the others tell
            for future in futures:
                yield future.result()
        except distributed.KilledWorker as error:
            raise InputError(
                f"{ADDRESS}: several workers were lost over one task, most likely for want of "
                f"memory. Give workers more (dask worker --memory-limit), or take a smaller table "
                f"or model. ({brief(error)})"
            ) from None
        except (distributed.client.FutureCancelledError, distributed.comm.CommClosedError) as error:
            raise InputError(
                f"{ADDRESS}: the scheduler at {address()} was lost ({brief(error)}). Nothing was "
                "written. Start it again and run `dvc repro`."
            ) from None
        finally:
            client.cancel(futures)


def _at_once(client: Any, one: Callable[[int], Result], count: int) -> list[Any]:  # noqa: ANN401 - as below
    return [
        client.submit(one, number, workers=[worker], allow_other_workers=False, pure=False)
        for number, worker in enumerate(sorted(client.nthreads())[:count])
    ]


def _require_workers(client: Any, count: int) -> None:  # noqa: ANN401 - distributed.Client, an extra's type
    """Refuse too few workers, and those on which the same task could give another result."""
    try:
        client.wait_for_workers(count, timeout=SECONDS)
    except TimeoutError:
        if there := len(client.nthreads()):
            raise InputError(
                f"{ADDRESS}: the scheduler at {address()} has {there} workers, expected {count}, "
                f"as many as are to share a fit (train.external_memory in params.yaml). {START}."
            ) from None
        raise InputError(
            f"{ADDRESS}: the scheduler at {address()} has no worker. Start some with `make "
            "worker` in the folder of this repository."
        ) from None
    ours = fingerprint(Path.cwd())
    threads = client.nthreads()
    if set(threads.values()) != {1}:
        worker = max(threads, key=threads.get)
        raise InputError(
            f"{ADDRESS}: worker {worker} has {threads[worker]} threads, expected 1: last digits "
            f"of a model depend on how many add up. {START}."
        )
    try:
        theirs = client.run(fingerprint, Path.cwd())
    except ModuleNotFoundError as error:
        raise InputError(
            f"{ADDRESS}: a worker cannot import this repository ({brief(error)}). {START}."
        ) from None
    for worker, found in theirs.items():
        for what, expected in ours.items():
            if found[what] != expected:
                raise InputError(
                    f"{ADDRESS}: worker {worker} has another {what}: found {found[what]}, "
                    f"expected {expected}. {START}."
                )


def fingerprint(workspace: Path) -> dict[str, str]:
    """Return what must be the same everywhere: Python, code, locks, and the workspace itself."""
    loaded = Path(__file__).parents[2]
    return {
        "Python": platform.python_version(),
        "code in src": _digest(sorted(f for f in files_of(loaded / CODE) if f.suffix == ".py")),
        "lock": _digest(sorted(loaded.glob(LOCKS))),
        "arithmetic": " ".join(f"{name}={os.environ.get(name)}" for name in PINNED),
        "folder": str(workspace.resolve() if workspace.is_dir() else f"no {workspace}"),
    }


def _digest(files: Sequence[Path]) -> str:
    listed = "".join(f"{path.name} {sha256(path)}\n" for path in files)
    return hashlib.sha256(listed.encode()).hexdigest()[:12]
