"""Whether metrics and predictions belong together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from src.base.files import rounded
from src.gate.bounds import number
from src.gate.decision import GateCheck
from src.modelling.metrics import metrics_of, score
from src.modelling.predictions import Predictions
from src.results.predictions_file import Recorded, identity


def passed(check: str, reason: str) -> GateCheck:
    """Make a check of something that is right or wrong and was right."""
    return GateCheck(check=check, kind="integrity", outcome="passed", reason=reason)


def failed(check: str, reason: str) -> GateCheck:
    """Make a check of something that is right or wrong and was wrong."""
    return GateCheck(check=check, kind="integrity", outcome="failed", reason=reason)


FOLDS = "folds"
"""What in ``metrics.json`` is not of the test set: the mean of the leading score over the folds."""


def check_headline(metrics: Mapping[str, Any], details: Mapping[str, Any]) -> GateCheck:
    """Compare ``metrics.json``, which people see, with ``details.json``, which says more."""
    test = details.get("test")
    known = {**details, **test} if isinstance(test, Mapping) else {}
    own = {name: value for name, value in metrics.items() if name != FOLDS}
    wrong = [name for name, value in own.items() if name not in known or known[name] != value]
    if wrong or not own:
        said = ", ".join(f"{name} {own[name]}" for name in wrong) or "nothing"
        return failed("metrics", f"metrics.json says {said}, which is not what details.json says. "
                                 "Run `dvc repro`.")  # fmt: skip
    return passed("metrics", "metrics.json and details.json are readable and say the same.")


def check_predictions(recorded: Recorded, details: Mapping[str, Any]) -> list[GateCheck]:
    """Compare the predictions with ``details.json``: the test set's identity and the scores."""
    test = details.get("test")
    if not isinstance(test, Mapping):
        return [failed("scores", "details.json has no section 'test'.")]
    keys, predicted = recorded.keys, recorded.predicted
    found = identity(keys, pd.Series(predicted.actual))
    same = found == test.get("hash") and test.get("rows") == len(keys)
    reason = "The predictions are of the test set that details.json names."
    if not same:
        reason = (
            f"The predictions are of another test set than details.json names: {len(keys)} rows "
            f"with hash {found[:12]}, expected {test.get('rows')} with {str(test.get('hash'))[:12]}"
            ". Keys, order and truth must be the same."
        )
    return [
        GateCheck(
            check="test_set", kind="integrity", outcome="passed" if same else "failed",
            observed=found[:12], bound=f"hash {str(test.get('hash'))[:12]}", reason=reason,
        ),
        _check_scores(score(predicted), test, predicted),
        check_intervals(test, recorded.unit_count),
    ]  # fmt: skip


def _check_scores(
    scores: Mapping[str, float], test: Mapping[str, Any], predicted: Predictions
) -> GateCheck:
    known = {"hash", "rows", "unit", "interval", *metrics_of(predicted.task)}
    unknown = sorted(set(test) - known)
    missing = sorted(known - set(test))
    if unknown or missing:
        return failed("scores", f"details.json, section test: missing {missing}, unknown {unknown}"
                                f"; a {predicted.task} task has other scores.")  # fmt: skip
    wrong = [
        f"{name} {test[name]} (predictions give {rounded(value)})"
        for name, value in scores.items()
        if not _same(test[name], rounded(value))
    ]
    if wrong:
        return failed("scores", f"details.json does not follow from the predictions: "
                                f"{', '.join(wrong)}.")  # fmt: skip
    return passed("scores", f"All {len(scores)} scores follow from the predictions.")


def check_intervals(test: Mapping[str, Any], units: int) -> GateCheck:
    """Refuse an interval that does not contain its own estimate, or counts by other units."""
    intervals, unit = test.get("interval"), test.get("unit")
    if not isinstance(unit, Mapping) or unit.get("count") != units:
        return failed("intervals", f"details.json, section test: unit is {unit}, the predictions "
                                   f"have {units} units.")  # fmt: skip
    if units < 2:
        return failed("intervals", f"the test set is one {unit.get('kind', 'unit')}, and intervals "
                                   "need two. Bring more, or change prepare.split.")  # fmt: skip
    if not isinstance(intervals, Mapping) or not intervals:
        return failed("intervals", "details.json, section test: has no intervals.")
    wrong = []
    for name, ends in intervals.items():
        low, high = (ends.get(end) if isinstance(ends, Mapping) else "none"
                     for end in ("low", "high"))  # fmt: skip
        if low is high is test.get(name) is None:
            continue  # a score that is undefined on this test set
        least, value, most = map(number, (low, test.get(name), high))
        if least is None or value is None or most is None or not least <= value <= most:
            wrong.append(f"{name} {test.get(name)} in [{low}, {high}]")
    if wrong:
        return failed("intervals", "details.json: an interval does not contain its own estimate: "
                                   f"{', '.join(wrong)}.")  # fmt: skip
    return passed("intervals", f"All {len(intervals)} intervals contain their estimates.")


def _same(recorded: object, found: float | None) -> bool:
    """Tell whether two numbers agree to 6 significant digits; None agrees with None only."""
    if found is None or recorded is None:
        return found is recorded
    if isinstance(recorded, bool) or not isinstance(recorded, int | float):
        return False
    return math.isclose(recorded, found, rel_tol=1e-5, abs_tol=1e-12)
