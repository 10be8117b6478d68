"""What must hold before anything is pushed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from src.base.errors import InputError
from src.gate.decision import read_decision
from src.repository.cache import damaged_in_cache, remedy
from src.repository.commands import output
from src.repository.dvc_lock import LOCK, outputs


def require_reproduced() -> None:
    """Refuse a ``dvc.lock`` that is not what the code, the parameters and the data here give."""
    status: dict[str, list[Any]] = json.loads(output("dvc", "status", "--json"))
    if not status:
        return
    outs = [
        (stage, path, found)
        for stage, changes in status.items()
        for change in changes if isinstance(change, dict)
        for path, found in change.get("changed outs", {}).items()
    ]  # fmt: skip
    changed = [f"{path}: {found}" for _, path, found in outs] or [
        f"{name} changed" for name in status
    ]
    fix = "Run `dvc repro` and commit, or fetch what is missing with `dvc pull`."
    entries = {str(entry.path): entry for entry in outputs()} if outs else {}
    for stage, path, found in outs:
        if found == "not in cache" and Path(path).exists():
            fix = f"The file is here: put it back into the cache with `dvc commit --force {stage}`."
        elif path in entries and damaged_in_cache(entries[path]):
            fix = f"{path}: {remedy(entries[path])}."
    raise InputError(f"{LOCK} does not match the work tree: {', '.join(changed)}. {fix}")


def require_gate(path: Path, folder: Path = Path()) -> None:
    """Refuse unless the gate has passed, and for exactly the files of a folder."""
    decision = read_decision(path)
    if decision.outcome != "passed":
        raise InputError(
            f"{path}: the gate says {decision.outcome!r}. See its checks with `make gate`."
        )
    if str(LOCK) not in decision.verifies:
        raise InputError(f"{path}: does not say for which {LOCK} it passed. Run `make gate`.")
    if changed := decision.changed_files(folder):
        raise InputError(f"{path}: the gate passed for another {changed[0]}. Run `make gate`.")
