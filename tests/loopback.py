"""HTTP servers on the loopback address, for what the tests talk to."""

from __future__ import annotations

import http.server
import threading

from tools.s3 import HOST


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers without a word on the console."""

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Loopback:
    """A server that answers from the start, on a free port."""

    def __init__(self, handler: type[Handler]) -> None:
        self._server = http.server.ThreadingHTTPServer((HOST, 0), handler)
        self.endpoint = f"http://{HOST}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
