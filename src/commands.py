"""Run git and dvc as a user would, and turn their failures into one clear message."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

from src.errors import InputError

HERE = Path()


def call(*command: str, cwd: Path = HERE, advice: str = "") -> None:
    """Run a command that speaks to the user itself: its progress and its errors are seen.

    Raises
    ------
    InputError
        The command failed; the message ends with the advice.
    """
    status = _run(command, cwd, capture=False).returncode
    if status:
        raise InputError(f"`{shlex.join(command)}` failed with status {status}. {advice}".strip())


def output(*command: str, cwd: Path = HERE, advice: str = "") -> str:
    """Run a command quietly and return what it prints.

    Raises
    ------
    InputError
        The command failed; the message holds the last line of its errors and the advice.
    """
    ran = _run(command, cwd, capture=True)
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or [f"status {ran.returncode}"])[-1]
        raise InputError(f"`{shlex.join(command)}` failed: {last}. {advice}".strip())
    return ran.stdout.strip()


def _run(command: tuple[str, ...], cwd: Path, *, capture: bool) -> subprocess.CompletedProcess[str]:
    program = shutil.which(command[0])
    if program is None:
        raise InputError(f"{command[0]}: not found. Run `make repro`, or activate the environment.")
    return subprocess.run(  # noqa: S603 - git and dvc, with arguments of our own
        [program, *command[1:]], cwd=cwd, capture_output=capture, text=True, check=False
    )
