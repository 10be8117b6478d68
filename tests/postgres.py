"""A real PostgreSQL server on the loopback address, in a folder of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests import programs
from tools.s3 import HOST, free_port

USER, DATABASE = "reader", "shop"
ACCOUNT = "postgres"
"""The system's user that the server runs as where the tests are root's, whom it refuses."""

FAST = "-c fsync=off -c full_page_writes=off -c unix_socket_directories='' -c shared_buffers=16MB"


class Postgres:
    """A server with one database and one user, who has a password."""

    def __init__(self) -> None:
        self._programs = _programs()
        self.password = secrets.token_hex(16)
        self.port = free_port()
        # The tests' own folders cannot be entered by another user.
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))

    @property
    def address(self) -> str:
        """The address without the password."""
        return f"postgresql://{USER}@{HOST}:{self.port}/{DATABASE}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which PostgreSQL's clients find the password."""
        return {"PGPASSWORD": self.password}

    def start(self) -> Self:
        """Make the server's files, start it and wait until it answers."""
        word = self.folder / "password"
        word.write_text(self.password, encoding="utf-8")
        if os.getuid() == 0:
            for path in (self.folder, word):
                shutil.chown(path, ACCOUNT)
        self._call(
            "initdb", "--pgdata", str(self._data), "--username", USER, "--pwfile", str(word),
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync",
        )  # fmt: skip
        self.restart()
        self.run(f"CREATE DATABASE {DATABASE}", database="postgres")
        return self

    def restart(self) -> None:
        """Start a server that was stopped."""
        options = f"-p {self.port} -h {HOST} {FAST}"
        log = str(self.folder / "log")
        self._call("pg_ctl", "start", "-D", str(self._data), "-w", "-o", options, "-l", log)

    def stop(self) -> None:
        """Stop the server; its files stay."""
        self._call("pg_ctl", "stop", "-D", str(self._data), "-m", "immediate", "-w")

    def remove(self) -> None:
        """Stop the server, whatever its state, and delete its files."""
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder)

    def run(self, sql: str, database: str = DATABASE) -> str:
        """Run SQL as psql does; return what it prints."""
        address = self.address.replace(f"/{DATABASE}", f"/{database}")
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", address, "-c", sql]
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _call(self, program: str, *arguments: str) -> None:
        user = ["runuser", "-u", ACCOUNT, "--"] if os.getuid() == 0 else []
        command = [*user, str(self._programs / program), *arguments]
        with (self.folder / f"{program}.log").open("wb") as log:
            ran = subprocess.run(
                command, cwd=self.folder, stdout=log, stderr=log, check=False, timeout=120
            )
        assert ran.returncode == 0, (self.folder / f"{program}.log").read_text(encoding="utf-8")


def _programs() -> Path:
    """Return the folder of the server's programs, which Debian keeps out of PATH; else skip."""
    programs.require("psql")
    found = Path("/usr/lib/postgresql").glob("*/bin")
    newest = max(found, key=lambda path: int(path.parent.name), default=Path())
    [initdb] = programs.require(str(newest / "initdb"))
    return Path(initdb).parent
