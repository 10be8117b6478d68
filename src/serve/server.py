"""The process: sockets, slow clients, the way a server ends, and new versions while it runs."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from src.base.errors import InputError, brief
from src.serve.app import Serving
from src.serve.model import ServedModel
from src.serve.source import ModelSource

LOG = logging.getLogger("src.serve")


def head_within(seconds: float) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol, which closes a connection whose next head takes longer.

    uvicorn itself waits for ever: for the first request of a connection, and for the end of a head
    that has begun.
    """

    class PunctualProtocol(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's own annotation
            super().connection_made(transport)
            self._timer = self.loop.call_later(seconds, transport.close)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._timer.cancel()
            self._timer = self.loop.call_later(seconds, self.transport.close)

        def on_headers_complete(self) -> None:
            self._timer.cancel()
            super().on_headers_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            self._timer.cancel()
            super().connection_lost(exc)

    return PunctualProtocol


class DrainingServer(uvicorn.Server):
    """Uvicorn's server, which on SIGTERM goes on answering for a while.

    It is not ready then, and closes each connection with its answer, so that a load balancer and
    clients go elsewhere before the socket closes: what the system has accepted for a socket that
    closes is lost. Ctrl-C, or a second signal, ends it at once, after the answers under way.
    """

    def __init__(self, config: uvicorn.Config, serving: Serving, seconds: float) -> None:
        super().__init__(config)
        self._serving, self._seconds = serving, seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        if sig != signal.SIGTERM or self._serving.draining:
            super().handle_exit(sig, frame)
            return
        self._serving.draining = True
        self._captured_signals.append(sig)
        LOG.info("no longer ready; ends in %g s", self._seconds)
        timer = threading.Timer(self._seconds, setattr, (self, "should_exit", True))
        timer.daemon = True
        timer.start()


class Reloader(threading.Thread):
    """Looks for another version every few seconds, loads it beside the one in force, changes over.

    Requests that have begun keep the model that they were checked with. Where the new version
    cannot be had or loaded, the old one stays, and the log says why.
    """

    def __init__(
        self, serving: Serving, source: ModelSource, state: str, load: Callable[[str], ServedModel],
        every: float,
    ) -> None:  # fmt: skip
        super().__init__(name="reloading", daemon=True)
        self._serving, self._source, self._load = serving, source, load
        self._state, self._every = state, every
        self._ended = threading.Event()

    def run(self) -> None:
        """Look, until told to stop."""
        while not self._ended.wait(self._every):
            try:
                self.look()
            except (InputError, OSError) as error:
                self._serving.metrics.reloads.labels("failed").inc()
                LOG.warning("still %s: %s", self._serving.model.version, brief(error))

    def look(self) -> None:
        """Change over to another version, if there is one."""
        state = self._source.newest()
        if state == self._state:
            return
        model = self._load(state)
        self._serving.model, self._state = model, state
        self._serving.metrics.loaded(model)

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
