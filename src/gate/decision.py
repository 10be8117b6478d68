"""What the gate decides: written to ``metrics/gate.json`` by it, read by report, release and tests.

Everyone reads it through :func:`read_decision`, and nobody takes a check's name apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from src.base.errors import InputError
from src.base.files import read_json, sha256, write_json

Outcome = Literal["passed", "failed", "inconclusive"]
Kind = Literal["no_regression", "bound", "baseline", "test_set_reuse", "budget", "integrity"]
"""What a check is about, what decides on the model's scores first."""

REMAKE = "make gate"


class _Record(BaseModel):
    """Frozen and strict, as settings are."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PairedTest(_Record):
    """How much better the model is than its baseline on the same rows, in one metric.

    Attributes
    ----------
    difference, low, high
        Positive where the model is better; the limits are one-sided, each at ``confidence``.
    margin
        The largest loss that would not matter.
    """

    metric: str
    candidate: float
    baseline: float
    difference: float
    low: float
    high: float
    margin: float
    confidence: float
    rows: int


class GateCheck(_Record):
    """One thing that was looked at.

    Attributes
    ----------
    check
        Its name, for people.
    observed, bound
        What was found and what was allowed, where these can be said in short.
    reason
        What it means, for a reader who knows the model and not the gate.
    warning
        Something a person should look at, though the check passed.
    paths
        Of a bound: the dotted paths of its number, or of the two whose difference it is.
    paired
        Of a comparison with the baseline: what it found, where it could be made.
    """

    check: str
    kind: Kind
    outcome: Outcome
    observed: float | str | None = None
    bound: str | None = None
    reason: str
    warning: bool = False
    paths: tuple[str, ...] = ()
    paired: PairedTest | None = None

    @property
    def shown(self) -> Literal["passed", "failed", "inconclusive", "warning"]:
        """The outcome as people are to see it: a warning is not a pass."""
        return "warning" if self.warning and self.outcome == "passed" else self.outcome


class Baseline(_Record):
    """The revision that the model was compared with."""

    revision: str
    commit: str


class Reuse(_Record):
    """How often the test set has decided already; None where that cannot be told."""

    test_hash: str | None
    decisions: int | None
    limit: int


class Decision(_Record):
    """The content of ``metrics/gate.json``.

    Attributes
    ----------
    verifies
        The SHA-256 of each file that the decision is about; None where it was missing.
    """

    outcome: Outcome
    verifies: dict[str, str | None]
    baseline: Baseline | None
    checks: tuple[GateCheck, ...]
    test_set_reuse: Reuse

    def changed_files(self, root: Path = Path()) -> list[str]:
        """Return the files that are not those the decision is about."""
        return [name for name, digest in self.verifies.items() if sha256(root / name) != digest]

    def ordered(self) -> list[GateCheck]:
        """Return the checks: what needs attention first, then what is about the model's scores."""
        ranks, kinds = ("failed", "inconclusive", "warning", "passed"), get_args(Kind)
        return sorted(
            self.checks, key=lambda check: (ranks.index(check.shown), kinds.index(check.kind))
        )

    def paired(self) -> PairedTest | None:
        """Return the comparison with the baseline, row by row."""
        return next((check.paired for check in self.checks if check.paired), None)


def write_decision(decision: Decision, path: Path) -> None:
    """Write a decision."""
    write_json(decision.model_dump(), path)


def read_decision(path: Path) -> Decision:
    """Read a decision.

    Raises
    ------
    InputError
        There is none, or it is not what the gate writes.
    """
    content = read_json(path, remake=REMAKE)
    try:
        decision = Decision.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"{path}: {where}: {first['msg']}; no decision of the gate. Make it again with "
            f"`{REMAKE}`."
        ) from None
    failed = [check.check for check in decision.checks if check.outcome == "failed"]
    if decision.outcome == "passed" and (failed or not decision.checks):
        raise InputError(
            f"{path}: says passed, but {failed[0] if failed else 'no check'} did not; the gate "
            f"never writes this. Make it again with `{REMAKE}`."
        )
    return decision
