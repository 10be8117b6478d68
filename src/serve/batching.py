"""Requests that wait together are scored together."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

import joblib
import numpy as np

from src.modelling.threads import single
from src.serve.bodies import Predicted
from src.serve.metrics import Metrics
from src.serve.model import ServedModel
from src.serve.rows import Rows

TOGETHER = 4_096
"""Rows that are scored at once: more are shared out to the cores."""


class BusyError(Exception):
    """More rows wait than the server has been told to hold."""


@dataclass(frozen=True)
class _Job:
    model: ServedModel
    rows: Rows
    answer: asyncio.Future[Predicted]
    loop: asyncio.AbstractEventLoop


class Batcher:
    """A thread that scores what waits, and lets the event loop go on answering.

    Parameters
    ----------
    most_waiting
        Rows that may wait; a request that would be beyond them is told to come again.
    """

    def __init__(self, most_waiting: int, metrics: Metrics) -> None:
        self._most_waiting, self._metrics = most_waiting, metrics
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._waiting = 0
        self._thread = threading.Thread(target=self._run, name="scoring")
        self._cores = ThreadPoolExecutor(joblib.cpu_count(), "scoring")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Score what still waits, then end."""
        self._jobs.put(None)
        self._thread.join()
        self._cores.shutdown()

    async def score(self, model: ServedModel, rows: Rows) -> Predicted:
        """Return the predictions of rows, when it is their turn.

        Raises
        ------
        BusyError
            Too many rows wait already.
        InputError
            The model cannot predict on these rows.
        """
        if self._waiting and self._waiting + len(rows) > self._most_waiting:
            raise BusyError
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Predicted] = loop.create_future()
        self._waiting += len(rows)
        self._jobs.put(_Job(model, rows, answer, loop))
        try:
            return await answer
        finally:
            self._waiting -= len(rows)

    def _run(self) -> None:
        ended = False
        with single(0):  # once: finding OpenMP and BLAS takes longer than scoring a row
            while not ended:
                jobs = [self._jobs.get()]
                with contextlib.suppress(Empty):
                    while True:
                        jobs.append(self._jobs.get_nowait())
                ended = None in jobs
                for batch in _batches(job for job in jobs if job is not None):
                    self._score(batch)

    def _score(self, jobs: Sequence[_Job]) -> None:
        """Score the rows of several requests at once, and deliver to each its part."""
        jobs = [job for job in jobs if not job.answer.cancelled()]  # nobody waits any more
        if not jobs:
            return
        model, rows = jobs[0].model, Rows.concat([job.rows for job in jobs])
        self._metrics.batch_rows.observe(len(rows))
        try:
            predicted = self._predict(model, rows)
        except Exception as error:  # whatever it is, those who wait are told
            if len(jobs) > 1:  # the rows of one shall not fail the others
                for job in jobs:
                    self._score([job])
            else:
                _deliver(jobs[0], error)
            return
        start = 0
        for job in jobs:
            stop = start + len(job.rows)
            _deliver(job, {name: column[start:stop] for name, column in predicted.items()})
            start = stop

    def _predict(self, model: ServedModel, rows: Rows) -> Predicted:
        if len(rows) <= TOGETHER or not model.together:
            return model.score(rows)
        starts = range(0, len(rows), TOGETHER)
        parts = [rows.take(start, start + TOGETHER) for start in starts]
        scored = list(self._cores.map(partial(_score_alone, model), parts))
        return {name: np.concatenate([part[name] for part in scored]) for name in scored[0]}


def _batches(jobs: Iterable[_Job]) -> list[list[_Job]]:
    """Part jobs into those that may be scored together."""
    batches: dict[Any, list[_Job]] = defaultdict(list)
    for job in jobs:
        batches[id(job.model) if job.model.together else id(job)].append(job)
    return list(batches.values())


def _deliver(job: _Job, result: Predicted | Exception) -> None:
    def set_answer() -> None:
        if job.answer.done():
            return
        if isinstance(result, Exception):
            job.answer.set_exception(result)
        else:
            job.answer.set_result(result)

    job.loop.call_soon_threadsafe(set_answer)


def _score_alone(model: ServedModel, rows: Rows) -> Predicted:
    """Score in a thread of its own: OpenMP's would wait for one another, these do not."""
    with single(0):
        return model.score(rows)
