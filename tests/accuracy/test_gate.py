"""What the gate has decided, one test a check: `make accuracy` runs the gate, then this.

No decision, or one that is not about the files that are here, is a failed test, never a skipped
one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from src.base.errors import InputError
from src.base.settings import load_settings
from src.gate.decision import GateCheck, read_decision
from src.gate.settings import Gate

DECISION = Path("metrics/gate.json")


def checks() -> list[GateCheck]:
    """Return the gate's checks, or one failed check that says why there are none."""
    try:
        decision = read_decision(DECISION)
        changed = decision.changed_files()
    except InputError as error:
        return [GateCheck(check="gate", kind="integrity", outcome="failed", reason=str(error))]
    if changed:
        reason = f"{changed[0]} is not the file that the gate has judged. Run `make gate`."
        return [GateCheck(check="gate", kind="integrity", outcome="failed", reason=reason)]
    return list(decision.checks)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    found = checks()
    metafunc.parametrize("check", found, ids=[check.check for check in found])


def test_gate(check: GateCheck, record_property: Callable[[str, object], None]) -> None:
    for name in ("observed", "bound", "reason"):
        record_property(name, getattr(check, name))
    accepted = ["passed"]
    if check.outcome == "inconclusive" and load_settings(Gate).inconclusive == "pass":
        accepted.append("inconclusive")
    assert check.outcome in accepted, check.reason
