"""Whether the candidate is no worse than the baseline, on the same rows, by more than a margin.

The margin is the largest loss that would not matter. The question is one of non-inferiority: the
candidate passes when the loss is below the margin with the confidence asked for, fails when it is
above with that confidence, and is inconclusive when the test set cannot tell.

References
----------
Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 8 (pairs are resampled
together) and 13 (percentile interval). Piaggio et al. (2012), Reporting of noninferiority and
equivalence randomized trials, JAMA 308 (24). Cohen (1988), Statistical Power Analysis, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import pandas as pd

from src.base.errors import InputError
from src.gate.decision import GateCheck, Outcome
from src.gate.settings import NoRegression
from src.modelling.metrics import Metric
from src.modelling.predictions import Integers, Predictions
from src.results.intervals import on_all_rows, replicate

NAME: Literal["no_regression"] = "no_regression"

POWER = 0.8
"""How surely a loss has to be seen before the test set is said to detect it."""


@dataclass(frozen=True)
class PairedComparison:
    """How the candidate compares with the baseline, positive where it is better.

    Attributes
    ----------
    difference
        Candidate's score minus baseline's, the sign turned for losses.
    low, high
        One-sided confidence limits of the difference, each at the confidence asked for.
    detectable
        The smallest loss beyond the margin that this test set would detect.
    """

    candidate: float
    baseline: float
    difference: float
    low: float
    high: float
    detectable: float
    undefined: float

    def outcome(self, settings: NoRegression) -> Outcome:
        """Judge: by the limits alone, so that each wrong verdict has the nominal probability."""
        if not np.isfinite([self.difference, self.low, self.high]).all():
            return "inconclusive"
        if self.undefined > 1 - settings.confidence:
            return "inconclusive"
        if self.high < -settings.margin:
            return "failed"
        return "passed" if self.low > -settings.margin else "inconclusive"


def pair(candidate: pd.Series[str], baseline: pd.Series[str]) -> tuple[Integers, Integers]:
    """Find the rows that two tables have in common.

    A key that occurs several times is paired by its occurrences: the first with the first, and so
    on; those one side has more of stay unpaired.

    Returns
    -------
    Positions in either table, ``m`` each, in the candidate's order.
    """
    sides = [
        pd.DataFrame({"key": keys.to_numpy(), "place": np.arange(len(keys))})
        for keys in (candidate, baseline)
    ]
    for side in sides:
        side["occurrence"] = side.groupby("key").cumcount()
    both = sides[0].merge(sides[1], on=["key", "occurrence"], suffixes=("_candidate", "_baseline"))
    both = both.sort_values("place_candidate")
    return both["place_candidate"].to_numpy(np.intp), both["place_baseline"].to_numpy(np.intp)


def compare(
    candidate: Predictions, baseline: Predictions, metric: Metric, settings: NoRegression
) -> PairedComparison:
    """Resample the rows, each time the same for both, and score both.

    Raises
    ------
    InputError
        The two do not predict the same rows: number, classes or truth differ.
    """
    if (candidate.task, candidate.classes) != (baseline.task, baseline.classes):
        raise InputError("candidate and baseline predict different classes")
    if not np.array_equal(candidate.truth, baseline.truth):
        raise InputError("candidate and baseline have different truths for the same rows")
    both = [candidate, baseline]
    first, second = (on_all_rows(metric, side) for side in both)
    own, theirs = (
        side[metric.name] for side in replicate(both, [metric], settings.replicates, settings.seed)
    )
    drawn = metric.sign * (own - theirs)
    defined = drawn[np.isfinite(drawn)]
    tail = 1 - settings.confidence
    low, high = np.quantile(defined, [tail, 1 - tail]) if len(defined) else (np.nan, np.nan)
    normal = NormalDist()
    deviates = normal.inv_cdf(settings.confidence) + normal.inv_cdf(POWER)
    return PairedComparison(
        candidate=first,
        baseline=second,
        difference=metric.sign * (first - second),
        low=float(low),
        high=float(high),
        detectable=deviates * float(np.std(defined)) if len(defined) else np.nan,
        undefined=1 - len(defined) / len(drawn),
    )


def no_regression(
    outcome: Outcome, reason: str, metric: str, observed: float | None = None, bound: str = ""
) -> GateCheck:
    """Make the check."""
    return GateCheck(
        check=NAME, kind=NAME, outcome=outcome, observed=observed, bound=bound or None,
        reason=reason, metric=metric,
    )  # fmt: skip


def judge(
    comparison: PairedComparison, rows: int, settings: NoRegression, note: str = ""
) -> GateCheck:
    """Say what a comparison on ``rows`` rows means."""
    metric, percent = settings.metric, f"{100 * settings.confidence:g} %"
    if not np.isfinite([comparison.difference, comparison.low, comparison.high]).all():
        reason = f"{metric} is not defined on the {rows} rows.{note}"
        return no_regression("inconclusive", reason, metric)
    if comparison.undefined > 1 - settings.confidence:
        share = f"{100 * comparison.undefined:.0f} %"
        reason = f"{metric} is not defined in {share} of resamples.{note}"
        return no_regression("inconclusive", reason, metric)
    outcome = comparison.outcome(settings)
    meaning = {
        "passed": f"a loss beyond the margin is excluded with {percent} confidence",
        "failed": f"the loss is beyond the margin with {percent} confidence",
        "inconclusive": "the test set cannot tell whether the loss is within the margin",
    }[outcome]
    detects = (
        f"Smallest loss beyond the margin that it detects: {comparison.detectable:.2g}."
        if comparison.detectable
        else "In this metric the two agree on every resample."
    )
    reason = (
        f"{metric} {comparison.candidate:.6g}, baseline {comparison.baseline:.6g} on the "
        f"same {rows:,} rows: difference {comparison.difference:+.3g}, "
        f"limits {comparison.low:+.3g} and {comparison.high:+.3g}; {meaning}. "
        f"{detects}{note}"
    )
    bound = f"lower limit above {-settings.margin:g}"
    return no_regression(outcome, reason, metric, comparison.low, bound)
