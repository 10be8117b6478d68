"""What the gate decided, and whether that decision is about these files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from src.base.errors import InputError
from src.gate.decision import Decision, GateCheck, PairedTest, read_decision

Status = Literal["passed", "failed", "inconclusive", "missing", "stale", "switched"]

TITLES: dict[Status, str] = {
    "passed": "The gate has passed",
    "failed": "The gate has failed",
    "inconclusive": "The gate is inconclusive",
    "missing": "The gate has not run",
    "stale": "The gate has not run on these files",
    "switched": "The gate has not run on this commit",
}

ADVICE: dict[Status, str] = {
    "passed": "",
    "failed": (
        "Each failed check says what was found and what is asked. Fix the model or the data, run "
        "`make repro`, and commit all that git sees changed. If a bound is wrong, "
        "change it in params.yaml, section gate, where reviewers see it."
    ),
    "inconclusive": (
        "Each inconclusive check says why. If the test set is too small, bring more test rows or "
        "ask for less. If the baseline cannot be compared, fetch it, or, where its columns are "
        "others, let this change pass with `inconclusive: pass`. Both stand in params.yaml, "
        "section gate, where reviewers see them."
    ),
    "missing": "Run `make gate`, then `make report`.",
    "stale": (
        "dvc.lock, params.yaml or metrics/metrics.json changed after the gate ran. Run "
        "`make repro`, `make gate` and `make report`."
    ),
    "switched": (
        "The gate ran on another commit, and this one is checked out as it was committed. Run "
        "`dvc checkout`, `make gate` and `make report`."
    ),
}


@dataclass(frozen=True)
class Verdict:
    """The gate's decision as the report shows it.

    Attributes
    ----------
    decision
        None where there is none on these files.
    fault
        Why there is none, where a file that should hold it cannot be read.
    """

    status: Status
    decision: Decision | None = None
    fault: str = ""

    @property
    def title(self) -> str:
        """The decision as a heading."""
        return TITLES[self.status]

    @property
    def advice(self) -> str:
        """What to do; empty when there is nothing."""
        return f"{self.fault} {ADVICE[self.status]}".strip()

    @property
    def checks(self) -> list[GateCheck]:
        """The checks, what needs attention first."""
        return self.decision.ordered() if self.decision else []

    @property
    def attention(self) -> list[GateCheck]:
        """The checks that did not simply pass."""
        return [check for check in self.checks if check.shown != "passed"]

    @property
    def deciding(self) -> list[GateCheck]:
        """The checks of the model's scores that simply passed."""
        return [check for check in self.passed if check.kind in ("bound", "no_regression")]

    @property
    def others(self) -> list[GateCheck]:
        """The other checks that simply passed."""
        return [check for check in self.passed if check not in self.deciding]

    @property
    def passed(self) -> list[GateCheck]:
        """The checks that simply passed."""
        return [check for check in self.checks if check.shown == "passed"]

    @property
    def baseline(self) -> str:
        """What the model was compared with."""
        if self.decision is None or self.decision.baseline is None:
            return "no baseline"
        return f"{self.decision.baseline.revision} ({self.decision.baseline.commit[:8]})"

    @property
    def reuse(self) -> str:
        """How often the test set has decided."""
        if self.decision is None:
            return ""
        found = self.decision.test_set_reuse
        times = f"{found.decisions} time{'s' * (found.decisions != 1)}"
        return f"This test set has decided {times}; its limit is {found.limit}."

    @property
    def paired(self) -> PairedTest | None:
        """The gate's comparison with its baseline, row by row."""
        return self.decision.paired() if self.decision else None


def read_verdict(path: Path, root: Path = Path(), *, switched: bool = False) -> Verdict:
    """Read the gate's decision; whatever is not a decision on these files is not one.

    Parameters
    ----------
    switched
        Whether a decision on other files is one on another commit: the work tree has no change.
    """
    if not path.is_file():
        return Verdict("missing")
    try:
        decision = read_decision(path)
    except InputError as error:
        return Verdict("missing", fault=str(error))
    if decision.changed_files(root):
        return Verdict("switched" if switched else "stale")
    return Verdict(decision.outcome, decision)
