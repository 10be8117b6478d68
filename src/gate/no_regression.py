"""Whether the candidate is no worse than the baseline, on the same rows, by more than a margin.

The margin is the largest loss that would not matter. The question is one of non-inferiority: the
candidate passes when the loss is below the margin with the confidence asked for, fails when it is
above with that confidence, and is inconclusive when the test set cannot tell.

References
----------
Piaggio et al. (2012), Reporting of noninferiority and equivalence randomized trials, JAMA 308 (24).
Cohen (1988), Statistical Power Analysis, chapter 2. The limits: see :mod:`src.results.intervals`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from src.base.errors import InputError
from src.gate.decision import GateCheck, Outcome, PairedTest
from src.gate.settings import NoRegression
from src.modelling.metrics import Metric, quick_score
from src.modelling.predictions import Integers, Predictions
from src.results.intervals import Difference, difference

NAME: Literal["no_regression"] = "no_regression"


@dataclass(frozen=True)
class PairedComparison:
    """How the candidate compares with the baseline on the same rows, scored by one metric."""

    candidate: float
    baseline: float
    difference: Difference

    def outcome(self, settings: NoRegression) -> Outcome:
        """Judge: by the limits alone, so that each wrong verdict has the nominal probability."""
        if not self.difference.is_defined:
            return "inconclusive"
        if self.difference.high < -settings.margin:
            return "failed"
        return "passed" if self.difference.low > -settings.margin else "inconclusive"


def compare(
    candidate: Predictions, baseline: Predictions, metric: Metric, units: Integers,
    settings: NoRegression,
) -> PairedComparison:  # fmt: skip
    """Score both on the same rows; ``units`` says which of these are independent.

    Both are weighted as the candidate's rows are: weights may have changed since.

    Raises
    ------
    InputError
        The two do not predict the same rows: number, classes or truth differ.
    """
    if (candidate.task, candidate.classes) != (baseline.task, baseline.classes):
        raise InputError("candidate and baseline predict different classes")
    if not np.array_equal(candidate.truth, baseline.truth):
        raise InputError("candidate and baseline have different truths for the same rows")
    baseline = replace(baseline, weight=candidate.weight)
    return PairedComparison(
        candidate=quick_score(metric, candidate),
        baseline=quick_score(metric, baseline),
        difference=difference(candidate, baseline, metric, units, settings.confidence),
    )


def no_regression(
    outcome: Outcome, reason: str, paired: PairedTest | None = None, bound: str = ""
) -> GateCheck:
    """Make the check."""
    return GateCheck(
        check=NAME, kind=NAME, outcome=outcome, observed=paired.low if paired else None,
        bound=bound or None, reason=reason, paired=paired,
    )  # fmt: skip


def judge(
    comparison: PairedComparison, rows: int, settings: NoRegression, note: str = ""
) -> GateCheck:
    """Say what a comparison on ``rows`` rows means."""
    metric, percent = settings.metric, f"{100 * settings.confidence:g} %"
    found = comparison.difference
    if not found.is_defined:
        reason = f"{metric} is not defined on the {rows:,} rows.{note}"
        if math.isfinite(comparison.candidate) and math.isfinite(comparison.baseline):
            reason = (
                f"{metric} {comparison.candidate:.6g}, baseline {comparison.baseline:.6g} on the "
                f"same {rows:,} rows: a class, or the units of the test set, are too few for "
                f"limits of their difference. Bring more.{note}"
            )
        return no_regression("inconclusive", reason)
    outcome = comparison.outcome(settings)
    meaning = {
        "passed": f"a loss beyond the margin is excluded with {percent} confidence",
        "failed": f"the loss is beyond the margin with {percent} confidence",
        "inconclusive": "the test set cannot tell whether the loss is within the margin",
    }[outcome]
    detects = (
        f"Smallest loss beyond the margin that it detects: {found.detectable:.2g}."
        if found.detectable
        else "In this metric the two agree on every row."
    )
    reason = (
        f"{metric} {comparison.candidate:.6g}, baseline {comparison.baseline:.6g} on the "
        f"same {rows:,} rows: difference {found.value:+.3g}, "
        f"limits {found.low:+.3g} and {found.high:+.3g}; {meaning}. "
        f"{detects}{note}"
    )
    bound = f"lower limit above {-settings.margin:g}"
    paired = PairedTest(
        metric=metric, candidate=comparison.candidate, baseline=comparison.baseline,
        difference=found.value, low=found.low, high=found.high, margin=settings.margin,
        confidence=settings.confidence, rows=rows,
    )  # fmt: skip
    return no_regression(outcome, reason, paired, bound)
