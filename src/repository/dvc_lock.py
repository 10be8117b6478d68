"""What ``dvc.lock`` and the ``.dvc`` files say: which file has which hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.base.errors import InputError
from src.base.files import md5, require_keys
from src.base.settings import read_yaml

LOCK = Path("dvc.lock")
"""DVC's own name for the file."""


@dataclass(frozen=True)
class Entry:
    """A file or folder whose content DVC has hashed.

    Attributes
    ----------
    path
        Relative to the root of the repository.
    md5
        Hexadecimal; of a folder, DVC's hash of its listing, ending in ``.dir``.
    """

    path: Path
    md5: str


def outputs(root: Path = Path()) -> list[Entry]:
    """Return every output of every stage, and every table tracked by ``dvc add``.

    Raises
    ------
    InputError
        ``dvc.lock`` or a ``.dvc`` file is missing or unreadable, or lacks a hash.
    """
    return [*results(root), *data(root)]


def results(root: Path = Path()) -> list[Entry]:
    """Return every output of every stage.

    Raises
    ------
    InputError
        ``dvc.lock`` is missing or unreadable, or lacks a hash.
    """
    stages = _stages(root)
    return [_entry(out, Path(), LOCK) for stage in stages.values() for out in stage["outs"]]


def data(root: Path = Path()) -> list[Entry]:
    """Return every table tracked by ``dvc add`` or ``dvc import``.

    Raises
    ------
    InputError
        A ``.dvc`` file is unreadable, or lacks a hash.
    """
    found: list[Entry] = []
    for file in sorted(root.glob("data/**/*.dvc")):
        relative = file.relative_to(root)
        found += [_entry(out, relative.parent, relative) for out in read_yaml(file)["outs"]]
    return found


def of_stage(name: str, root: Path = Path()) -> dict[str, Entry]:
    """Return what a stage read and wrote, by the file's name.

    Raises
    ------
    InputError
        ``dvc.lock`` does not know the stage.
    """
    stages = _stages(root)
    if name not in stages:
        raise InputError(f"{root / LOCK}: stage {name!r} has not run. Run `dvc repro`.")
    entries = [*stages[name].get("deps", []), *stages[name]["outs"]]
    return {entry.path.name: entry for entry in (_entry(part, Path(), LOCK) for part in entries)}


def differences(entries: list[Entry], root: Path = Path()) -> dict[Path, str]:
    """Return what was found of each entry that is missing or has another hash."""
    found: dict[Path, str] = {}
    for entry in entries:
        path = root / entry.path
        digest = md5_of(path)
        if digest is None:
            found[entry.path] = "missing"
        elif digest != entry.md5:
            found[entry.path] = f"md5 {digest}, expected {entry.md5}"
    return found


def md5_of(path: Path) -> str | None:
    """Hash a file or folder as DVC does; None where there is none."""
    return md5(path) if path.exists() else None


def made(lock: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a parsed ``dvc.lock`` says of each output, by its path."""
    stages = lock.get("stages", {}).values()
    return {entry["path"]: entry for stage in stages for entry in stage.get("outs", [])}


def _stages(root: Path) -> dict[str, Any]:
    content = read_yaml(root / LOCK)
    try:
        require_keys(content, str(root / LOCK), "stages")
    except InputError as error:
        raise InputError(f"{error} Make it again with `dvc repro`.") from None
    stages: dict[str, Any] = content["stages"]
    return stages


def _entry(part: dict[str, Any], folder: Path, source: Path) -> Entry:
    if "md5" not in part:
        raise InputError(f"{source}: {part.get('path')}: no md5. Run `dvc repro`.")
    return Entry(folder / part["path"], part["md5"])
