"""What the gate decided, and whether that decision is about these files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

VERIFIED = ("dvc.lock", "params.yaml", "metrics/metrics.json")
"""The files whose SHA-256 the gate notes; another hash makes its decision void."""

Status = Literal["passed", "failed", "undecided", "missing", "stale"]

TITLES: dict[Status, str] = {
    "passed": "The gate has passed",
    "failed": "The gate has failed",
    "undecided": "The gate is undecided",
    "missing": "The gate has not run",
    "stale": "The gate has not run on these files",
}

ADVICE: dict[Status, str] = {
    "passed": "",
    "failed": (
        "Each failed check says what was found and what is asked. Mend the model or the data, run "
        "`make repro` and `make gate`, and commit dvc.lock and metrics/. If a bound is wrong, "
        "change it in params.yaml, section gate, where reviewers see it."
    ),
    "undecided": (
        "Each undecided check says why. If the test set is too small, bring more test rows or ask "
        "for less. If the baseline cannot be compared, fetch it, or, where its columns are others, "
        "let this change pass with `undecided: pass`. Both stand in params.yaml, section gate, "
        "where reviewers see them."
    ),
    "missing": "Run `make gate`, then `make report`.",
    "stale": (
        "dvc.lock, params.yaml or metrics/metrics.json changed after the gate ran. Run "
        "`make repro`, `make gate` and `make report`."
    ),
}


@dataclass(frozen=True)
class Check:
    """One check of the gate, as text."""

    name: str
    status: str
    observed: object
    bound: object
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """The gate's decision; ``checks`` are sorted, what needs attention first."""

    status: Status
    checks: tuple[Check, ...] = ()
    baseline: str = ""
    wear: str = ""

    @property
    def title(self) -> str:
        """The decision as a heading."""
        return TITLES[self.status]

    @property
    def advice(self) -> str:
        """What to do; empty when there is nothing."""
        return ADVICE[self.status]

    def paired(self, metric: str) -> Check | None:
        """Return the no-regression check of a metric: it compares both models row by row."""
        word = re.compile(rf"\b{re.escape(metric)}\b")
        found = (
            check for check in self.checks
            if check.name.startswith("no_regression") and word.search(check.name)
        )  # fmt: skip
        return next(found, None)


def judge(text: str | None, digests: Mapping[str, str | None]) -> Verdict:
    """Read ``metrics/gate.json``; whatever is not a decision on these files is not one.

    Parameters
    ----------
    text
        The file's content, None where there is no file.
    digests
        The SHA-256 of each file in ``VERIFIED`` as it is now; None where it is missing.
    """
    try:
        content = json.loads(text or "")
        status, checks = content["status"], tuple(map(_check, content["checks"]))
        verifies = {name: content["verifies"][name] for name in VERIFIED}
        if status not in ("passed", "failed", "undecided"):
            return Verdict("missing")
    except (ValueError, KeyError, TypeError):  # no file, no JSON, or not what the gate writes
        return Verdict("missing")
    if verifies != {name: digests.get(name) for name in VERIFIED}:
        return Verdict("stale")
    if status == "passed" and (not checks or any(check.status == "failed" for check in checks)):
        return Verdict("failed", checks)  # the gate never writes this; a hand may
    ranks = {"failed": 0, "undecided": 1, "warning": 2}
    ordered = tuple(sorted(checks, key=lambda check: ranks.get(check.status, 3)))
    return Verdict(status, ordered, _baseline(content), _wear(content))


def _check(raw: Mapping[str, Any]) -> Check:
    return Check(
        str(raw["name"]), str(raw["status"]), raw.get("observed"), raw.get("bound"),
        str(raw.get("sentence") or ""),
    )  # fmt: skip


def _baseline(content: Mapping[str, Any]) -> str:
    baseline = content.get("baseline")
    if not isinstance(baseline, Mapping):
        return "no baseline"
    return f"{baseline.get('revision')} ({str(baseline.get('commit'))[:8]})"


def _wear(content: Mapping[str, Any]) -> str:
    wear = content.get("wear")
    if not isinstance(wear, Mapping):
        return ""
    decisions, limit = wear.get("decisions"), wear.get("limit")
    return f"This test set has decided {decisions} merges; its limit is {limit}."
