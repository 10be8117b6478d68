"""A module as a command: usage, one message, a clean end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from src.base.command import one_message, parser
from src.base.errors import InputError

COMMANDS = {
    "src.ingest": 1, "src.prepare": 6, "src.search": 3, "src.train": 6, "src.evaluate": 12,
    "src.predict": 2, "src.report.summary": 2, "src.report.post_note": 1, "src.release.remote": 1,
}  # fmt: skip
"""Modules and how many arguments they take."""

CALLS = """
import json, runpy, sys

ended = []
for name, *arguments in json.loads(sys.argv[1]):
    sys.argv = [name, *arguments]
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as exit:
        ended.append(exit.code)
print(json.dumps(ended))
"""
"""Runs one module after another as `python -m` does."""

SLOW = """
import sys, time
from dataclasses import dataclass
from pathlib import Path
from src.base.command import run
from src.base.files import replacing

@dataclass(frozen=True)
class Arguments:
    output: Path

def main(arguments):
    with replacing(arguments.output) as (new,):
        new.write_text("half")
        print("writing", flush=True)
        time.sleep(60)

run(main, Arguments)
"""


@dataclass(frozen=True)
class Example:
    table: Path
    bump: Literal["minor", "major"] = "minor"
    dry_run: bool = False


def test_fields_become_arguments_and_options() -> None:
    made = parser(Example, "example", "")
    assert Example(**vars(made.parse_args(["t.csv"]))) == Example(Path("t.csv"))
    given = vars(made.parse_args(["t.csv", "--dry-run", "--bump", "major"]))
    assert Example(**given) == Example(Path("t.csv"), "major", dry_run=True)


@dataclass(frozen=True)
class Several:
    tables: list[str]
    labels: str = ""


def test_a_list_takes_one_or_more() -> None:
    made = parser(Several, "name", "")
    assert vars(made.parse_args(["a", "b", "--labels", "c"])) == {"tables": ["a", "b"],
                                                                  "labels": "c"}  # fmt: skip
    with pytest.raises(SystemExit):
        made.parse_args([])


def test_a_wrong_number_of_arguments_is_told_with_the_usage() -> None:
    calls = [[name, *["x"] * (count + wrong)] for name, count in COMMANDS.items()
             for wrong in (-1, 1)]  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", CALLS, json.dumps(calls)], capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == [2] * len(calls)
    assert "Traceback" not in ran.stderr
    for name in COMMANDS:
        assert ran.stderr.count(f"usage: python -m {name} ") == 2


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InputError("params.yaml: no."), 1, "error: params.yaml: no.\n"),
        (PermissionError(13, "Permission denied", "x.csv"), 1, "error: x.csv: Permission denied\n"),
        (KeyboardInterrupt(), 130, "interrupted; earlier outputs are as they were\n"),
        (SystemExit(143), 143, "terminated; earlier outputs are as they were\n"),
        (SystemExit(2), 2, ""),  # of argparse, which has said it
    ],
)
def test_what_ends_a_command_is_one_line(
    error: BaseException, status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, one_message():
        raise error
    assert ended.value.code == status
    assert capsys.readouterr().err == message


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_earlier_outputs_and_nothing_else(
    tmp_path: Path, sent: signal.Signals, status: int
) -> None:
    output = tmp_path / "output.txt"
    output.write_text("earlier")
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(output)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    time.sleep(0.1)
    process.send_signal(sent)
    _, said = process.communicate(timeout=30)
    assert process.returncode == status
    assert said.endswith("ed; earlier outputs are as they were\n")
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["output.txt"]
    assert output.read_text() == "earlier"
