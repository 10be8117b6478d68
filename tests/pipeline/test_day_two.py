"""The story of docs/day-two.md, block by block."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.clone import Clone
from tests.pipeline.storage import Remote
from tests.story import blocks
from tools.s3 import HOST

TABLE = "data/raw/breast_cancer.csv"
PAGE = Path("docs/day-two.md")


def free_port() -> int:
    with socket.socket() as held:
        held.bind((HOST, 0))
        port: int = held.getsockname()[1]
        return port


@pytest.fixture
def exports(remote: Remote, tmp_path: Path) -> Path:
    """Return a folder with the table, and two batches of which the second has another device."""
    folder = tmp_path / "exports"
    folder.mkdir()
    table = pd.read_csv(remote.clone.folder / TABLE)
    table.to_csv(folder / "breast_cancer.csv", index=False)
    table.sample(300, random_state=1).to_csv(folder / "monday.csv", index=False)
    for name in table.columns[table.columns.str.startswith(("mean_", "worst_"))]:
        table[name] *= 0.4
    table.to_csv(folder / "friday.csv", index=False)
    return folder


@pytest.fixture
def story(remote: Remote, exports: Path) -> Iterator[Clone]:
    """Return the clone in which the blocks run, with a server that is ended whatever happens."""
    remote.share()
    clone = remote.clone
    clone.environment |= {"EXPORTS": str(exports), "CI": "", "REBUILD": "no", "ORDINARY": "yes"}
    clone.mark_environment(exports / "venv")
    clone.environment["VENV"] = str(exports / "venv")
    yield clone
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(clone.read("serve.pid")), signal.SIGKILL)


@pytest.mark.long
def test_from_one_release_to_the_next(story: Clone, exports: Path) -> None:
    port = str(free_port())
    release, serve, monday, friday, refresh, last = (
        block.replace("8080", port) for block in blocks(PAGE)
    )

    def run(block: str) -> str:
        return story.succeed("bash", "-e", "-c", block)

    assert "model-v1.0.0: " in run(release)
    # What the server says goes to a file: a pipe would keep the shell's caller waiting.
    run(serve.replace("2>serve.log &", ">serve.log 2>&1 </dev/null &"))
    told = run(monday)
    assert "scored by model-v1.0.0" in told
    assert "no alarm in 1 batch" in told
    told = run(friday)
    assert "an alarm: report/monitor/index.html" in told
    issue = story.read("report/monitor/issue.md")
    assert "- **columns**: " in issue
    assert "- **measured**: " in issue
    grown = pd.concat([pd.read_csv(exports / name) for name in ("breast_cancer.csv", "friday.csv")])
    grown.to_csv(exports / "breast_cancer.csv", index=False)
    assert "Gate passed" in run(refresh)
    told = run(last)
    assert "friday-again.csv scored by model-v1.1.0" in told
