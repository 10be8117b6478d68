"""The server as a process: whatever clients send, however slowly, whenever it has to end."""

from __future__ import annotations

import ast
import contextlib
import http.client
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from src.predict.scoring import score_batch
from src.tables.validate import model_inputs
from tests.clone import Clone
from tests.pipeline.storage import Remote
from tests.served import fit, records, release, replace_release
from tests.tables import frame, make_contract
from tools.project import ROOT
from tools.s3 import HOST

CONTRACT = make_contract("binary")
TABLE = frame("binary", 40)
RECORDS = records(TABLE)
SECRET = "never-in-a-log"  # noqa: S105 - a cell


@dataclass
class Started:
    """A server that runs, and what it has logged."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    port: int = 0

    def listen(self) -> None:
        """Read the log until it says the port, and go on reading."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(rf"at http://{HOST}:(\d+)", line):
                self.port = int(found[1])
                break
        assert self.port, "".join(self.lines)
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr,))
        self._reader.start()

    def _read(self, log: IO[str]) -> None:
        with log:
            self.lines.extend(log)

    def end(self, signum: int = signal.SIGKILL) -> int:
        """Send a signal; return the status with which the server ends."""
        self.process.send_signal(signum)
        status = self.process.wait(60)
        self._reader.join()
        return status

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that stays open."""
        return http.client.HTTPConnection(HOST, self.port, timeout=60)

    def post(self, body: bytes, path: str = "/predict") -> tuple[int, Any]:
        """Send a body; return status and answer."""
        with contextlib.closing(self.connect()) as connection:
            connection.request("POST", path, body)
            answer = connection.getresponse()
            return answer.status, orjson.loads(answer.read())


def start(source: str, *options: str, cwd: Path = ROOT, **more: Any) -> Started:  # noqa: ANN401 - what Popen takes
    command = [sys.executable, "-m", "src.serve", source, "--port", "0", *options]
    started = Started(subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE, text=True, **more))
    started.listen()
    return started


@pytest.fixture(scope="module")
def models() -> Mapping[str, Pipeline]:
    return {"model-v1.0.0": fit(CONTRACT, TABLE), "model-v1.1.0": fit(CONTRACT, TABLE, max_iter=9)}


@pytest.fixture(scope="module")
def folders(
    models: Mapping[str, Pipeline], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Path]:
    return {
        version: release(tmp_path_factory.mktemp("release"), version, model, CONTRACT)
        for version, model in models.items()
    }


@pytest.fixture(scope="module")
def server(folders: Mapping[str, Path]) -> Iterator[Started]:
    started = start(str(folders["model-v1.0.0"]), "--max-seconds", "1", "--max-body", "100000")
    yield started
    started.end()


def predicted(model: Pipeline, table: pd.DataFrame = TABLE) -> list[dict[str, Any]]:
    """Return what `python -m src.predict` would write."""
    scored, violations = score_batch(model, table, model_inputs(CONTRACT))
    assert violations == []
    return [{str(name): cell for name, cell in row.items()} for row in scored.to_dict("records")]


def malformed(number: int) -> Iterator[bytes]:
    """Generate bodies: noise, JSON of a wrong shape, and bodies in which bytes were changed."""
    generator = random.Random(0)  # noqa: S311 - no secret
    fine = orjson.dumps({"records": [{**RECORDS[0], "colour": SECRET}]})
    shapes: list[Any] = [None, 1, [], {}, {"records": None}, {"records": [[]]}, {"records": [{}]},
                         {"inputs": [{}]}, {"records": [{"size": {"a": [1]}}]}]  # fmt: skip
    for place in range(number):
        if place % 3 == 0:
            yield generator.randbytes(generator.randrange(200))
        elif place % 3 == 1:
            yield orjson.dumps(generator.choice(shapes))[generator.randrange(2) :]
        else:
            cut = generator.randrange(len(fine))
            yield fine[:cut] + generator.randbytes(generator.randrange(3)) + fine[cut + 1 :]


@pytest.mark.parametrize("number", [150, pytest.param(1_000, marks=pytest.mark.long)])
def test_no_generated_body_ends_the_server(
    number: int, server: Started, models: Mapping[str, Pipeline]
) -> None:
    statuses = set()
    for body in malformed(number):
        for path in ("/predict", "/v2/models/model/infer"):
            status, answer = server.post(body, path)
            statuses.add(status)
            if status != 200:
                assert answer["error"]
    assert statuses <= {200, 400, 422}
    assert {400, 422} <= statuses
    status, answer = server.post(orjson.dumps({"records": RECORDS}))
    assert answer["predictions"] == predicted(models["model-v1.0.0"])
    assert server.process.poll() is None
    log = "".join(server.lines)
    assert SECRET not in log
    assert "Traceback" not in log


def test_slow_clients_keep_nobody_waiting_and_are_closed(server: Started) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n"
    slow = [socket.create_connection((HOST, server.port)) for _ in range(20)]
    for place, one in enumerate(slow):
        one.sendall([b"", b"POST /pred", head, head + b"\r\n{"][place % 4])
    assert server.post(orjson.dumps({"records": RECORDS[:1]}))[0] == 200
    answers = []
    for one in slow:
        one.settimeout(60)
        with one:
            answers.append(b"".join(iter(lambda one=one: one.recv(4_096), b"")))  # type: ignore[misc] # mypy infers no such lambda
    assert [answer.split(b" ", 2)[1:2] for answer in answers] == [[], [], [], [b"408"]] * 5


def test_what_is_too_large_is_refused_before_it_has_come(server: Started) -> None:
    assert server.post(b"x" * 100_001)[0] == 413
    with socket.create_connection((HOST, server.port)) as one:
        one.settimeout(60)
        one.sendall(b"POST /predict HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):  # it closes while more comes
            for _ in range(50):
                one.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
        assert one.recv(4_096).split(b" ", 2)[1] == b"413"
    assert server.post(orjson.dumps({"records": RECORDS[:1]}))[0] == 200


@dataclass
class Client:
    """Asks again and again on one connection, until the server closes it."""

    server: Started
    row: int
    versions: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def run(self, expected: Mapping[str, list[dict[str, Any]]]) -> None:
        """Note what goes wrong: a lost request, a wrong number, another status."""
        body = orjson.dumps({"records": [RECORDS[self.row]]})
        closing = False
        with contextlib.closing(self.server.connect()) as connection:
            while not closing:
                try:
                    connection.request("POST", "/predict", body)
                    answer = connection.getresponse()
                    closing = answer.getheader("connection") == "close"
                    content = orjson.loads(answer.read())
                    if content["predictions"] != [expected[content["version"]][self.row]]:
                        self.faults.append(f"another number by {content['version']}")
                    self.versions.append(content["version"])
                except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
                    self.faults.append(repr(error))
                    return


def test_a_new_version_and_the_end_lose_no_request(
    folders: Mapping[str, Path], models: Mapping[str, Pipeline], tmp_path: Path
) -> None:
    replace_release(tmp_path, folders["model-v1.0.0"])
    server = start(str(tmp_path), "--reload", "0.1", "--drain", "1")
    expected = {version: predicted(model) for version, model in models.items()}
    clients = [Client(server, row) for row in range(6)]
    threads = [threading.Thread(target=client.run, args=(expected,)) for client in clients]
    for thread in threads:
        thread.start()
    replace_release(tmp_path, folders["model-v1.1.0"])
    for _ in range(600):
        time.sleep(0.1)
        if all(client.versions[-1:] == ["model-v1.1.0"] for client in clients):
            break
    status = server.end(signal.SIGTERM)
    for thread in threads:
        thread.join(60)
    assert status == 128 + signal.SIGTERM
    assert [client.faults for client in clients] == [[]] * 6
    assert all(set(client.versions) == set(expected) for client in clients)
    assert all(client.versions == sorted(client.versions) for client in clients)
    assert "Traceback" not in "".join(server.lines)


def test_the_highest_version_of_a_repository_is_served(two: Remote, tmp_path: Path) -> None:
    two.share()
    consumer = two.new_clone("consumer")
    started = start(str(tmp_path / "shared.git"), cwd=consumer.folder, env=consumer.variables())
    table = "data/raw/breast_cancer.csv"
    two.clone.succeed("python", "-m", "src.predict", table, "predictions.parquet")
    expected = pd.read_parquet(two.clone.folder / "predictions.parquet").to_dict("records")
    rows = pd.read_csv(two.clone.folder / table).drop(columns="diagnosis").to_dict("records")
    status, answer = started.post(orjson.dumps({"records": rows}))
    [script] = re.findall(r"```sh\n(.*?)```", two.clone.read("docs/serving.md"), re.DOTALL)
    printed = two.clone.succeed("sh", "-eu", "-c", script.replace("8080", str(started.port)))
    ended = started.end(signal.SIGTERM)
    assert ast.literal_eval(printed)["predictions"] == expected[:2]
    assert status == 200
    assert answer == {"version": "model-v1.1.0", "predictions": expected}
    assert ended == 128 + signal.SIGTERM


def test_what_cannot_be_served_is_told_in_one_message(fresh: Clone, tmp_path: Path) -> None:
    for source, told in ((str(tmp_path / "nothing"), "Name a repository, or a fetched folder"),
                         (".", "nothing is published there yet")):  # fmt: skip
        ran = fresh.run("python", "-m", "src.serve", source)
        assert (ran.returncode, told in ran.stderr) == (1, True), ran.stderr
        assert "Traceback" not in ran.stderr
