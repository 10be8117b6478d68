"""Outputs replace their predecessors together, or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from src.base.errors import InputError


@contextlib.contextmanager
def temporary_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Yield a new folder in ``parent`` that only this user can read; it is deleted afterwards.

    A process that is killed cannot delete its folder. The system then drops the lock that it held
    on it, and the next call with this parent and prefix deletes it.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{prefix}*"):
        with _locked(left) as unused:
            if unused:
                shutil.rmtree(left, ignore_errors=True)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        with _locked(folder) as ours:
            if not (ours and folder.exists()):
                continue  # another process took it for left over before it was locked
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder, or yield False where another process holds it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # another process has just deleted it
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        locked = False
    except OSError:  # a file system without locks: what others have left stays, ours is ours
        locked = not any(folder.iterdir())
    else:
        locked = True
    try:
        yield locked
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def replacing(*outputs: Path) -> Iterator[list[Path]]:
    """Yield one path to write for each output; move them into place when the block ends well.

    The new files are written beside the outputs, so that the move is a rename. When the block
    raises, they are deleted and every earlier output is left as it was. An output may be a file or
    a folder.
    """
    with contextlib.ExitStack() as stack:
        folders = [
            stack.enter_context(temporary_folder(output.parent, ".new-")) for output in outputs
        ]
        fresh = [folder / output.name for folder, output in zip(folders, outputs, strict=True)]
        yield fresh
        for new in fresh:
            new.stat()  # raises before anything is replaced
        for new, output, folder in zip(fresh, outputs, folders, strict=True):
            if output.is_dir():
                output.rename(folder / f"old-{output.name}")
            new.replace(output)


def read_json(path: Path, *keys: str, remake: str = "dvc repro") -> dict[str, Any]:
    """Read a JSON object that one of our commands has written.

    Raises
    ------
    InputError
        The file is missing, damaged or lacks one of the ``keys``, which are dotted paths;
        ``remake`` is the command that makes it again.
    """
    again = f"Make it again with `{remake}`."
    try:
        content = parse_json(path.read_bytes(), str(path))
        require_keys(content, str(path), *keys)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. {again}") from None
    except InputError as error:
        raise InputError(f"{error} {again}") from None
    return content


def parse_json(text: str | bytes, where: str) -> dict[str, Any]:
    """Make a mapping from the text of a JSON object; see :func:`read_json`."""
    try:
        content = json.loads(text)
    except ValueError as error:  # of JSON or of UTF-8
        raise InputError(f"{where}: no readable JSON ({error}).") from None
    if not isinstance(content, dict):
        raise InputError(f"{where}: expected a JSON object, found {type(content).__name__}.")
    return content


def require_keys(content: object, where: str, *keys: str) -> None:
    """Refuse content in which one of the dotted ``keys`` does not lead to a value."""
    for key in keys:
        node = content
        for part in key.split("."):
            if not isinstance(node, Mapping) or part not in node:
                raise InputError(f"{where}: has no {key}.")
            node = node[part]


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON with a stable order of keys, ready to be compared line by line in git."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def rounded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Round every float in a JSON value to 6 significant digits; NaN and infinities become None.

    Six digits are more than a test set can tell; JSON knows no NaN.
    """
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def sha256(path: Path) -> str | None:
    """Hash a file; None where there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


IGNORED = ("__pycache__", ".DS_Store")
"""Inside a folder that is hashed: what .dvcignore and the system keep out of it."""


def files_of(folder: Path) -> list[Path]:
    """Return the files of a folder that DVC hashes, its folders' among them."""
    return [
        file for file in folder.rglob("*")
        if file.is_file() and not set(file.parts) & set(IGNORED) and file.suffix != ".pyc"
    ]  # fmt: skip


def md5(path: Path) -> str:
    """Hash a file or folder as DVC does.

    A folder's hash is that of a JSON list of its files' hashes and relative paths, in the order of
    these paths, and ends in ``.dir``.
    """
    if not path.is_dir():
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
        return digest.hexdigest()
    files = {file.relative_to(path).as_posix(): file for file in files_of(path)}
    listing = [{"md5": md5(files[name]), "relpath": name} for name in sorted(files)]
    content = json.dumps(listing, sort_keys=True).encode()
    return f"{hashlib.md5(content, usedforsecurity=False).hexdigest()}.dir"
