"""Decisions of the gate, made by hand."""

from __future__ import annotations

from pathlib import Path

from src.base.files import sha256
from src.gate.decision import Decision, GateCheck, Reuse

JUDGED = ("dvc.lock", "params.yaml", "metrics/metrics.json", "metrics/details.json")
HTML = "<script>alert('1')</script>&\"`|\n/close @all"
"""What must never become markup."""


def decision(folder: Path | None = None, **changes: object) -> Decision:
    check = GateCheck(
        check="no_regression", kind="no_regression", outcome="passed", observed=0.0,
        bound="above -0.01", reason=HTML, metric="roc_auc",
    )  # fmt: skip
    content: dict[str, object] = {
        "outcome": "passed",
        "verifies": {name: sha256(folder / name) for name in JUDGED} if folder else {},
        "baseline": None,
        "checks": (check,),
        "test_set_reuse": Reuse(test_hash="x", decisions=3, limit=20),
    }
    return Decision.model_validate(content | changes)
