"""Whether metrics, predictions, model and ``dvc.lock`` belong together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from src.base.files import rounded
from src.gate.bounds import number
from src.gate.decision import GateCheck
from src.modelling.metrics import metrics_of, score
from src.modelling.predictions import Predictions
from src.repository.dvc_lock import md5_of
from src.results.predictions_file import Recorded, identity

OUTPUTS = "lock.outputs"


def passed(check: str, reason: str) -> GateCheck:
    """Make a check of something that is right or wrong and was right."""
    return GateCheck(check=check, kind="integrity", outcome="passed", reason=reason)


def failed(check: str, reason: str) -> GateCheck:
    """Make a check of something that is right or wrong and was wrong."""
    return GateCheck(check=check, kind="integrity", outcome="failed", reason=reason)


def check_lock(
    locked: Mapping[str, Any],
    pipeline: Mapping[str, Any],
    params: Mapping[str, Any],
    required: list[Path],
) -> list[GateCheck]:
    """Compare ``dvc.lock`` with the files, with ``params.yaml`` and with the stages' names.

    A file that is not there is a fault where the gate reads it; a raw table need not be fetched.
    """
    return [
        _outcome(OUTPUTS, _outputs(locked, required), "Files are those of dvc.lock.",
                 "Run `dvc checkout` if you have switched branches, else `dvc repro`, and commit "
                 "all that git sees changed."),
        _outcome("lock.inputs", _inputs(locked, pipeline, params),
                 "Code, contract and parameters are those of dvc.lock.",
                 "Run `dvc repro` and commit all that git sees changed."),
    ]  # fmt: skip


def _outcome(name: str, faults: Iterator[str], otherwise: str, advice: str) -> GateCheck:
    found = list(faults)
    if not found:
        return passed(name, otherwise)
    return failed(name, f"{'; '.join(found)}. {advice}")


def _entries(locked: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Path, str]]:
    """Yield stage, path and hash of all entries of a kind: ``deps`` or ``outs``."""
    stages = locked.get("stages")
    for stage, content in stages.items() if isinstance(stages, Mapping) else ():
        for entry in content.get(kind, []):
            yield stage, Path(entry["path"]), str(entry.get("md5"))


def _outputs(locked: Mapping[str, Any], required: list[Path]) -> Iterator[str]:
    recorded = {path: recorded for _, path, recorded in _entries(locked, "outs")}
    for path in required:
        if path not in recorded:
            yield f"{path} is no output of any stage"
    for path, expected in recorded.items():
        found = md5_of(path)
        if found is None and (path in required or "metrics" in path.parts):
            yield f"{path} is missing"
        elif found is not None and found != expected:
            yield f"{path} is not the file that dvc.lock records"


def _inputs(
    locked: Mapping[str, Any], pipeline: Mapping[str, Any], params: Mapping[str, Any]
) -> Iterator[str]:
    made = {path: recorded for _, path, recorded in _entries(locked, "outs")}
    stages, known = pipeline.get("stages", {}), locked.get("stages", {})
    if set(stages) != set(known):
        yield f"dvc.yaml has the stages {sorted(stages)}, dvc.lock {sorted(known)}"
    for stage, path, expected in _entries(locked, "deps"):
        if path in made:
            if made[path] != expected:
                yield f"stage {stage} was run with another {path} than dvc.lock records"
        else:
            found = md5_of(path)
            if found is None and path.parts[0] == "data" and path.suffix != ".yaml":
                continue  # a raw table that was not fetched
            if found != expected:
                yield f"{path} is not what stage {stage} was run with"
    for stage, content in stages.items():
        recorded = known.get(stage, {}).get("params", {}).get("params.yaml", {})
        for key in content.get("params", []):
            if key not in recorded or recorded[key] != _value(params, key):
                yield f"{key} of params.yaml is not what stage {stage} was run with"


def _value(params: Mapping[str, Any], key: str) -> object:
    """Return what stands at a dotted key; None where nothing does."""
    node: object = params
    for part in key.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


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
