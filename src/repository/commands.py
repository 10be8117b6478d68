"""Run git and dvc as a user would, and turn their failures into one clear message."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from src.base.errors import InputError

HERE = Path()

TEMPORARY = Path(".dvc/tmp")
"""Not the system's folder, so that the next command finds what a killed one left there."""

_SECRET = re.compile(r"(?<=://)[^/@\s]+(?=@)")
"""Name and password, or a token, in an address."""

REASONS = ("ERROR: ", "fatal: ", "remote: ", "! [")
"""How lines begin in which DVC and git say why something failed; else it is the last line."""


def call(*command: str, cwd: Path = HERE, advice: str = "") -> None:
    """Run a command that speaks to the user itself: its progress and its errors are seen.

    Raises
    ------
    InputError
        The command failed; the message ends with the advice.
    """
    status = status_of(*command, cwd=cwd)
    if status:
        raise _failure(command, f" with status {status}", advice)


def status_of(*command: str, cwd: Path = HERE) -> int:
    """Run a command that says all there is to say itself; return its exit status."""
    return _run(command, cwd, capture=False).returncode


def output(*command: str, cwd: Path = HERE, advice: str = "", given: bytes | None = None) -> str:
    """Run a command quietly, with ``given`` as its input, and return what it prints.

    Raises
    ------
    InputError
        The command failed; the message holds the line that says why, and the advice.
    """
    ran = _run(command, cwd, capture=True, given=given)
    if ran.returncode:
        lines = [line.strip() for line in ran.stderr.decode(errors="replace").strip().splitlines()]
        said = [line for line in lines if line.startswith(REASONS)] or lines[-1:]
        why = "; ".join(said[:2]) or f"status {ran.returncode}"
        raise _failure(command, f": {why}", advice)
    return ran.stdout.decode(
        errors="surrogateescape"
    ).rstrip()  # what `git status` begins with says something


def attempt(*command: str, cwd: Path = HERE) -> bytes | None:
    """Run a command quietly and return what it prints, None where it fails."""
    ran = _run(command, cwd, capture=True)
    return None if ran.returncode else ran.stdout


def _failure(command: tuple[str, ...], why: str, advice: str) -> InputError:
    message = f"`{shlex.join(command)}` failed{why}. {advice}".strip()
    return InputError(_SECRET.sub("***", message))


def _run(
    command: tuple[str, ...], cwd: Path, *, capture: bool, given: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    environment = dict(os.environ)
    program = [sys.executable, "-m", "dvc"] if command[0] == "dvc" else [command[0]]
    if shutil.which(program[0]) is None:
        raise InputError(f"{command[0]}: not found. Install it, or run this from a clone's shell.")
    if command[0] == "dvc":
        environment["DVC_SITE_CACHE_DIR"] = str(site_cache(cwd))
        environment["TMPDIR"] = str((cwd / TEMPORARY).absolute())
        if capture:  # DVC folds long addresses to the width of a terminal
            environment["COLUMNS"] = "10000"
    return subprocess.run(  # noqa: S603 - git and dvc, with arguments of our own
        [*program, *command[1:]], cwd=cwd, capture_output=capture, check=False, env=environment,
        input=given,
    )  # fmt: skip


def site_cache(folder: Path) -> Path:
    """Return where DVC keeps its index for a clone: a folder that only this user can write to.

    DVC's own default is shared by all users of the machine, and what it reads there it unpickles
    (CVE-2025-69872).
    """
    place = (folder / TEMPORARY / "site_cache").absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.mkdir(mode=0o700, exist_ok=True)
    return place
