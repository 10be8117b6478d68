"""A real S3 server over a folder, on the loopback address: for trials and for the tests.

Usage: python -m tools.s3 FOLDER
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

HOST, PORT = "127.0.0.1", 9000
BUCKET = "models"


class Server:
    """``rclone serve s3``; a bucket is a folder inside the served one."""

    def __init__(self, folder: Path, port: int = 0, key: str = "", secret: str = "") -> None:
        self.bucket = folder / "buckets" / BUCKET
        self.bucket.mkdir(parents=True, exist_ok=True)
        self.key = key or secrets.token_hex(8)
        self.secret = secret or secrets.token_hex(16)
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The address that DVC calls ``endpointurl``."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which AWS's clients find their keys."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        }

    def start(self, *options: str) -> Self:
        """Start the server and wait until it listens."""
        program = shutil.which("rclone", path=str(Path(sys.executable).parent))
        assert program is not None, "rclone is missing: run make .venv/dev"
        flags = {
            "--addr": f"{HOST}:{self.port}",
            "--auth-key": f"{self.key},{self.secret}",
            "--config": "",  # none of the user's own
            "--log-level": "CRITICAL",
        }
        command = [
            program,
            "serve",
            "s3",
            str(self.bucket.parent),
            *itertools.chain(*flags.items()),
        ]
        self.process = subprocess.Popen([*command, *options])
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 0.2):
                return self
            assert self.process.poll() is None, "the S3 server ended at once"
            time.sleep(0.05)
        raise AssertionError("the S3 server does not listen")

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self, *options: str) -> None:
        """Start again: a running server remembers for minutes what was in the folder."""
        self.kill()
        self.start(*options)

    def objects(self) -> list[str]:
        """Return the keys of all objects."""
        paths = (path for path in self.bucket.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.bucket).as_posix() for path in paths)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Serve a folder until interrupted; its keys are made once and kept beside it."""
    folder = Path(sys.argv[1])
    keys = folder / "keys.env"
    server = Server(folder, PORT)
    if keys.is_file():
        known = dict(
            line.removeprefix("export ").split("=", 1) for line in keys.read_text().splitlines()
        )
        server.key, server.secret = known["AWS_ACCESS_KEY_ID"], known["AWS_SECRET_ACCESS_KEY"]
    else:
        keys.touch(mode=0o600)
        lines = [f"export {name}={value}" for name, value in server.environment.items()]
        keys.write_text("\n".join(lines) + "\n")
    server.start()
    print(
        f"S3 server at {server.endpoint}, data in {server.bucket}; stop it with Ctrl-C.\n"
        f"In another terminal: source {keys} && "
        f"make remote URL=s3://{BUCKET} ENDPOINT={server.endpoint} && dvc push",
        flush=True,
    )
    try:
        assert server.process is not None
        server.process.wait()
    except KeyboardInterrupt:
        server.kill()


if __name__ == "__main__":
    main()
