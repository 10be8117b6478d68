"""Decisions of the gate, made by hand."""

from __future__ import annotations

from pathlib import Path

from src.base.files import sha256
from src.gate.decision import Decision, GateCheck, PairedTest, Reuse

JUDGED = ("dvc.lock", "params.yaml", "metrics/metrics.json", "metrics/details.json")
HTML = "<script>alert('1')</script>&\"`|\n/close @all"
"""What must never become markup."""


PAIRED = PairedTest(
    metric="roc_auc", candidate=0.99, baseline=0.98, difference=0.01, low=0.0, high=0.02,
    margin=0.01, confidence=0.95, rows=133,
)  # fmt: skip


def decision(folder: Path | None = None, **changes: object) -> Decision:
    check = GateCheck(
        check="no_regression", kind="no_regression", outcome="passed", observed=0.0,
        bound="above -0.01", reason=HTML, paired=PAIRED,
    )  # fmt: skip
    content: dict[str, object] = {
        "outcome": "passed",
        "verifies": {name: sha256(folder / name) for name in JUDGED} if folder else {},
        "baseline": None,
        "checks": (check,),
        "test_set_reuse": Reuse(test_hash="x", decisions=3, limit=20),
    }
    return Decision.model_validate(content | changes)
