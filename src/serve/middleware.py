"""Around all routes: what is counted, what is logged, and how the server says that it ends."""

from __future__ import annotations

import logging
import time
import traceback
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from src.serve.app import Serving

LOG = logging.getLogger("src.serve")


class Outermost:
    """The ASGI application that the server runs: counts requests, and logs no cell of any.

    An error that nobody expected is logged by its type and place. Its message, which FastAPI's and
    uvicorn's own logs would show, may hold what a client has sent.
    """

    def __init__(self, app: FastAPI, serving: Serving) -> None:
        self._app, self._serving = app, serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._serving.draining:
                    MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:  # it ends a request, not the server
            LOG.error("%s at %s", type(error).__name__, _place(error))  # noqa: TRY400 - see above
        endpoint = getattr(scope.get("endpoint"), "__name__", "none")
        metrics = self._serving.metrics
        metrics.requests.labels(endpoint, str(status)).inc()
        metrics.seconds.labels(endpoint).observe(time.perf_counter() - start)


def _place(error: Exception) -> str:
    """Return the files and lines that an error came through, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
