"""Whether files, dvc.yaml and params.yaml are what ``dvc.lock`` records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from src.gate.decision import GateCheck
from src.gate.integrity import failed, passed
from src.repository.dvc_lock import md5_of

OUTPUTS = "lock.outputs"


def check_lock(
    locked: Mapping[str, Any],
    pipeline: Mapping[str, Any],
    params: Mapping[str, Any],
    required: list[Path],
) -> list[GateCheck]:
    """Compare ``dvc.lock`` with the files, with ``params.yaml`` and with ``dvc.yaml``.

    A file that is not there is a fault where the gate reads it; a raw table need not be fetched.
    """
    return [
        _outcome(OUTPUTS, _outputs(locked, required), "Files are those of dvc.lock.",
                 "Run `dvc checkout` if you have switched branches, else `dvc repro`, and commit "
                 "all that git sees changed."),
        _outcome("lock.inputs", _inputs(locked, pipeline, params),
                 "Code, contract and parameters are those of dvc.lock.",
                 "Run `dvc repro` and commit all that git sees changed."),
    ]  # fmt: skip


def _outcome(name: str, faults: Iterator[str], otherwise: str, advice: str) -> GateCheck:
    found = list(faults)
    if not found:
        return passed(name, otherwise)
    return failed(name, f"{'; '.join(found)}. {advice}")


def _entries(locked: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Path, str]]:
    """Yield stage, path and hash of all entries of a kind: ``deps`` or ``outs``."""
    stages = locked.get("stages")
    for stage, content in stages.items() if isinstance(stages, Mapping) else ():
        for entry in content.get(kind, []):
            yield stage, Path(entry["path"]), str(entry.get("md5"))


def _outputs(locked: Mapping[str, Any], required: list[Path]) -> Iterator[str]:
    recorded = {path: recorded for _, path, recorded in _entries(locked, "outs")}
    for path in required:
        if path not in recorded:
            yield f"{path} is no output of any stage"
    for path, expected in recorded.items():
        found = md5_of(path)
        if found is None and (path in required or "metrics" in path.parts):
            yield f"{path} is missing"
        elif found is not None and found != expected:
            yield f"{path} is not the file that dvc.lock records"


def _inputs(
    locked: Mapping[str, Any], pipeline: Mapping[str, Any], params: Mapping[str, Any]
) -> Iterator[str]:
    made = {path: recorded for _, path, recorded in _entries(locked, "outs")}
    stages, known = pipeline.get("stages", {}), locked.get("stages", {})
    if set(stages) != set(known):
        yield f"dvc.yaml has the stages {sorted(stages)}, dvc.lock {sorted(known)}"
    for stage, path, expected in _entries(locked, "deps"):
        if path in made:
            if made[path] != expected:
                yield f"stage {stage} was run with another {path} than dvc.lock records"
        else:
            found = md5_of(path)
            if found is None and path.parts[0] == "data" and path.suffix != ".yaml":
                continue  # a raw table that was not fetched
            if found != expected:
                yield f"{path} is not what stage {stage} was run with"
    for stage, content in stages.items():
        yield from _changed(stage, content, known.get(stage, {}), params)


def _changed(
    stage: str, content: Mapping[str, Any], known: Mapping[str, Any], params: Mapping[str, Any]
) -> Iterator[str]:
    """Yield what of a stage is not as it was run: command, paths, parameters."""
    recorded = known.get("params", {}).get("params.yaml", {})
    keys = [key for key in content.get("params", []) if isinstance(key, str)]
    for key in keys:
        if key not in recorded or recorded[key] != _value(params, key):
            yield f"{key} of params.yaml is not what stage {stage} was run with"
    for key in sorted(set(recorded) - set(keys)):
        yield f"stage {stage} was run with {key} of params.yaml, which dvc.yaml does not name"
    listed = {
        "cmd": (_words(content.get("cmd"), params), _words(known.get("cmd"), {})),
        "deps": (_paths(content, params, "deps"), _paths(known, {}, "deps")),
        "outs": (_paths(content, params, "outs", "metrics", "plots"), _paths(known, {}, "outs")),
    }
    for what, (now, then) in listed.items():
        # What DVC takes from elsewhere than params.yaml is not compared.
        if now != then and not any("${" in text for text in now):
            yield f"{what} of stage {stage} in dvc.yaml: not what it was run with"


def _words(command: object, params: Mapping[str, Any]) -> list[str]:
    """Return the words of one command or several, which dvc.yaml may spread over lines."""
    lines = command if isinstance(command, list) else [command]
    return [word for line in lines for word in _resolved(str(line), params).split()]


def _paths(stage: Mapping[str, Any], params: Mapping[str, Any], *kinds: str) -> list[str]:
    """Return the paths of entries: texts, mappings of one key, or, in dvc.lock, with a path."""
    entries = [entry for kind in kinds for entry in stage.get(kind, [])]
    named = [entry.get("path", next(iter(entry), "")) if isinstance(entry, Mapping) else entry
             for entry in entries]  # fmt: skip
    return sorted(_resolved(str(name), params) for name in named)


def _resolved(text: str, params: Mapping[str, Any]) -> str:
    """Put parameters in, as ``${prepare.table}`` asks for; leave those that are not there."""

    def value(found: re.Match[str]) -> str:
        there = _value(params, found[1])
        if there is None:
            return found[0]
        return str(there).lower() if isinstance(there, bool) else str(there)

    return re.sub(r"\$\{([\w.]+)\}", value, text)


def _value(params: Mapping[str, Any], key: str) -> object:
    """Return what stands at a dotted key; None where nothing does."""
    node: object = params
    for part in key.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node
