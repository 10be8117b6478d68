"""What differs between the ``dvc.lock`` of a commit and that of the files here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from src.base.errors import InputError
from src.base.settings import parse_yaml, read_yaml
from src.repository.dvc_lock import LOCK
from src.repository.revisions import Revision


def lock_differences(commit: Revision) -> Iterator[str]:
    """Compare commands, dependencies and parameters of each stage; outputs are looked at closer."""
    recorded = _stages(parse_yaml(commit.text(LOCK), f"{LOCK} of {commit.name}"))
    found = _stages(read_yaml(LOCK))
    for name in dict.fromkeys([*recorded, *found]):
        if name not in found or name not in recorded:
            which = "is no stage any more" if name not in found else "is not recorded"
            yield f"{LOCK}: {name} {which}"
            continue
        for part in dict.fromkeys([*recorded[name], *found[name]]):
            old, new = (stages[name].get(part) for stages in (recorded, found))
            if old != new:
                yield f"{LOCK}: {name}: {part}: recorded {old}, here {new}"


def _stages(content: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return what each stage was made from, by name, as text."""
    stages = content.get("stages")
    if not isinstance(stages, dict):
        raise InputError(f"{LOCK}: has no stages. Make it again with `dvc repro`.")
    return {name: dict(_parts(stage)) for name, stage in stages.items()}


def _parts(stage: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "cmd", str(stage.get("cmd"))
    for dependency in stage.get("deps", []):
        yield Path(dependency["path"]).as_posix(), str(dependency.get("md5"))
    for file, parameters in stage.get("params", {}).items():
        yield from _leaves(parameters, f"{file}: ")


def _leaves(parameters: object, name: str) -> Iterator[tuple[str, str]]:
    """Yield each parameter by its dotted name."""
    if isinstance(parameters, dict) and parameters:
        for key, value in parameters.items():
            yield from _leaves(value, f"{name}{'' if name.endswith(' ') else '.'}{key}")
    else:
        yield name, str(parameters)
