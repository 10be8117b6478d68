"""Serve a published model over HTTP: the Open Inference Protocol V2, and records."""

from __future__ import annotations

import contextlib
import logging
import socket
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import uvicorn

from src.base.command import run
from src.base.files import temporary_folder
from src.repository.commands import TEMPORARY
from src.serve.app import Limits, Serving, make_app
from src.serve.batching import Batcher
from src.serve.metrics import Metrics
from src.serve.middleware import Outermost
from src.serve.model import ServedModel, load
from src.serve.server import DrainingServer, Reloader, head_within
from src.serve.source import ModelSource, find_source, is_fetched

LOG = logging.getLogger("src.serve")


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True)
class Arguments:
    """What is served, where, and within which limits."""

    source: str = field(metadata=_help("a fetched folder; or a repository, as of git clone"))
    version: str = field(default="", metadata=_help("tag in the repository, else the highest"))
    name: str = field(default="model", metadata=_help("of the model, in addresses (%(default)s)"))
    host: str = field(default="127.0.0.1", metadata=_help("address to listen at (%(default)s)"))
    port: int = field(default=8080, metadata=_help("0 for a free one (%(default)s)"))
    reload: float = field(
        default=60, metadata=_help("seconds between looks for another version (%(default)s)")
    )
    max_body: int = field(default=32 * 2**20, metadata=_help("bytes of a body (%(default)s)"))
    max_seconds: float = field(
        default=30, metadata=_help("for a head, a body, an answer (%(default)s)")
    )
    max_waiting: int = field(default=500_000, metadata=_help("rows that wait (%(default)s)"))
    drain: float = field(
        default=5, metadata=_help("seconds it answers after SIGTERM, not being ready (%(default)s)")
    )


def main(arguments: Arguments) -> None:
    """Load the model, then answer until a signal ends it."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    warnings.simplefilter("ignore")  # scikit-learn's tell the cells that they are about
    with _place_for_files(arguments.source) as files:
        source = find_source(arguments.source, arguments.version, files)
        state = source.newest()
        metrics = Metrics()
        model = _load(source, state)
        metrics.loaded(model)
        with Batcher(arguments.max_waiting, metrics) as batcher:
            limits = Limits(arguments.max_body, arguments.max_seconds)
            serving = Serving(arguments.name, model, batcher, metrics, limits)
            reloader = Reloader(serving, source, state, partial(_load, source), arguments.reload)
            reloader.start()
            _run(serving, arguments)
            reloader.stop()


def _place_for_files(source: str) -> contextlib.AbstractContextManager[Path]:
    """Return where versions are fetched to; a server of a fetched folder writes nothing at all."""
    if is_fetched(source):
        return contextlib.nullcontext(Path())
    return temporary_folder(TEMPORARY, "serve-")


def _load(source: ModelSource, state: str) -> ServedModel:
    model = load(source.folder(state))
    LOG.info("%s: loaded, its hashes are those of its tag; %s", model.version, model.way)
    return model


def _run(serving: Serving, arguments: Arguments) -> None:
    config = uvicorn.Config(
        Outermost(make_app(serving), serving),
        host=arguments.host, port=arguments.port, http=head_within(arguments.max_seconds),
        ws="none", lifespan="off", access_log=False, log_config=None, server_header=False,
        timeout_graceful_shutdown=int(arguments.max_seconds) + 1,
    )  # fmt: skip
    listening = config.bind_socket()
    # asyncio sets it on sockets that it has made itself; without it an answer waits 40 ms for the
    # client's system to acknowledge its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.listen(config.backlog)  # before it is said: who reads the log may ask at once
    host, port = listening.getsockname()[:2]
    LOG.info("serving %s at http://%s:%d", serving.model.version, host, port)
    DrainingServer(config, serving, arguments.drain).run([listening])


if __name__ == "__main__":
    run(main, Arguments)
