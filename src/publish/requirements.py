"""What must hold before anything is pushed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from src.commands import output
from src.errors import InputError
from src.files import read_json, sha256
from src.lock import LOCK


def require_clean_tree() -> None:
    """Refuse a work tree that differs from its commit: what is tagged must be what was built."""
    changed = output("git", "status", "--porcelain").splitlines()
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise InputError(
            f"the work tree is not clean: {', '.join(line[3:] for line in changed[:3])}{more}. "
            "Commit or remove these files."
        )


def require_reproduced() -> None:
    """Refuse a ``dvc.lock`` that is not what the code, the parameters and the data here give."""
    status: dict[str, Any] = json.loads(output("dvc", "status", "--json"))
    if status:
        raise InputError(
            f"{LOCK} does not match the work tree: {', '.join(status)} changed. Run `dvc repro` "
            "and commit, or fetch what is missing with `dvc pull`."
        )


def require_gate(report: Path) -> None:
    """Refuse unless the gate has passed, and for exactly the files that are here."""
    if not report.is_file():
        raise InputError(f"{report}: the gate has not run. Run `make gate`.")
    try:
        gate = read_json(report)
        status, verified = gate["status"], dict(gate["verifies"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{report}: not a report of the gate ({error}). Run `make gate`."
        ) from None
    if status != "passed":
        raise InputError(f"{report}: the gate says {status!r}. See its checks with `make gate`.")
    if str(LOCK) not in verified:
        raise InputError(f"{report}: does not say for which {LOCK} it passed. Run `make gate`.")
    for name, digest in verified.items():
        found = sha256(Path(name)) or "no file"
        if found != digest:
            raise InputError(
                f"{report}: the gate passed for another {name} (sha256 {digest[:12]}…, now "
                f"{found[:12]}…). Run `make gate`."
            )
