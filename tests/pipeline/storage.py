"""A clone that keeps its data in a real S3 server."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import http.server
import json
import threading
from pathlib import Path

from tests.pipeline.clone import Clone
from tests.s3 import BUCKET, HOST, Server

PUBLISH = ("python", "-m", "src.publish", "metrics/gate.json", "metrics/metrics.json")


class Remote:
    """A built clone, its server, and clones of it elsewhere."""

    def __init__(self, clone: Clone, server: Server, elsewhere: Path) -> None:
        self.clone, self.server, self.elsewhere = clone, server, elsewhere
        clone.environment = server.environment
        self.point_to(server.endpoint)

    def point_to(self, endpoint: str, bucket: str = BUCKET) -> None:
        """Move the clone's remote, as `make remote` does, and commit it."""
        modify = ("dvc", "remote", "modify", "storage")
        self.clone.succeed(*modify, "url", f"s3://{bucket}")
        self.clone.succeed(*modify, "endpointurl", endpoint)
        self.clone.commit("remote")

    def pass_gate(self) -> None:
        """Write the gate's report as a gate that has passed writes it."""
        names = ("dvc.lock", "params.yaml", "metrics/metrics.json")
        self.clone.write(
            "metrics/gate.json",
            json.dumps(
                {
                    "status": "passed",
                    "verifies": {
                        name: hashlib.sha256((self.clone.folder / name).read_bytes()).hexdigest()
                        for name in names
                    },
                }
            ),
        )

    def new_clone(self, name: str = "elsewhere") -> Clone:
        """Clone the repository into an empty folder, as a colleague would."""
        folder = self.elsewhere / name
        self.clone.succeed("git", "clone", "--quiet", ".", str(folder))
        clone = Clone(folder)
        clone.environment = self.clone.environment
        return clone

    def tags(self) -> list[str]:
        """Return the versions that were tagged."""
        return self.clone.succeed("git", "tag", "--list", "model-v*").split()

    def object(self, path: str) -> Path:
        """Return the file in which the server keeps an output of the clone."""
        digest = hashlib.md5((self.clone.folder / path).read_bytes(), usedforsecurity=False)
        name = digest.hexdigest()
        return self.server.bucket / "files/md5" / name[:2] / name[2:]


class ReadOnly:
    """A way to the server that refuses to write, as S3 does for keys that may only read."""

    def __init__(self, server: Server) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def forward(self) -> None:
                connection = http.client.HTTPConnection(HOST, server.port)
                with contextlib.closing(connection):
                    connection.request(self.command, self.path, headers=dict(self.headers))
                    answer = connection.getresponse()
                    self.answer(answer.status, answer.read(), dict(answer.getheaders()))

            def refuse(self) -> None:
                if "Expect" not in self.headers:  # else the body comes after "100 Continue" only
                    self.rfile.read(int(self.headers.get("Content-Length", 0)))
                code, message = "AccessDenied", "Access Denied"
                body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
                self.answer(403, body, {"Content-Type": "application/xml"})

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

            def log_message(self, *_: object) -> None:
                pass

            do_GET = do_HEAD = forward  # noqa: N815 - the names that http.server calls
            do_PUT = do_POST = do_DELETE = refuse  # noqa: N815

        self._server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
        self.endpoint = f"http://{HOST}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
