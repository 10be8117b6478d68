"""A way to an S3 server on which the key decides who may write."""

from __future__ import annotations

import contextlib
import http.client

from tests.loopback import Handler, Loopback
from tools.s3 import HOST, Server


class Guard(Loopback):
    """Passes every request on, but refuses to write for any key but one, as S3 does by policy."""

    def __init__(self, server: Server, writer: str | None = None) -> None:
        class GuardHandler(Handler):
            protocol_version = "HTTP/1.1"  # "100 Continue", which S3's clients wait for

            def forward(self) -> None:
                body = self.body()
                headers = {name: self.headers[name] for name in self.headers if name != "Expect"}
                connection = http.client.HTTPConnection(HOST, server.port)
                with contextlib.closing(connection):
                    connection.request(self.command, self.path, body, headers)
                    answer = connection.getresponse()
                    self.answer(answer.status, answer.read(), dict(answer.getheaders()))

            def forward_if_writer(self) -> None:
                credential = f"Credential={writer}/"
                if writer is not None and credential in self.headers.get("Authorization", ""):
                    self.forward()
                    return
                self.body()
                code, message = "AccessDenied", "Access Denied"
                text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
                self.answer(403, text.encode(), {"Content-Type": "application/xml"})

            def body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                kept = {"Content-Length": str(len(body))} | {
                    name: value
                    for name, value in headers.items()
                    if name.lower() not in ("transfer-encoding", "date", "server")
                }
                for name, value in kept.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = forward  # noqa: N815 - the names that http.server calls
            do_PUT = do_POST = do_DELETE = forward_if_writer  # noqa: N815 - as above

        super().__init__(GuardHandler)
