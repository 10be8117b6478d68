"""Work for the scheduler that DASK_SCHEDULER_ADDRESS names, one process of one thread a core."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass, field

from src.base.command import run
from src.base.errors import InputError
from src.modelling.cluster import ADDRESS, EXTRA, address


@dataclass(frozen=True)
class Arguments:
    """How much a worker may take."""

    memory: str = field(default="auto", metadata={"help": "of a process, such as 8GB"})
    processes: str = field(default="auto", metadata={"help": "their number"})


def main(arguments: Arguments) -> None:
    """Become ``dask worker``; that this module has been started has pinned the arithmetic.

    Raises
    ------
    InputError
        No scheduler is named, or Dask is not installed.
    """
    where = address()
    if where is None:
        raise InputError(f"{ADDRESS}: not set. Start `dask scheduler`, and set it to its address.")
    if importlib.util.find_spec("distributed") is None:
        raise InputError(f"{ADDRESS}: {where}, but Dask is not installed here. {EXTRA}.")
    command = [sys.executable, "-m", "distributed.cli.dask_worker", where, "--nthreads", "1",
               "--nworkers", arguments.processes, "--memory-limit", arguments.memory,
               "--no-dashboard"]  # fmt: skip
    os.execv(sys.executable, command)  # noqa: S606 - a list, no shell


if __name__ == "__main__":
    run(main, Arguments)
