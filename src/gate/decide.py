"""Bring together what the stages left, the baseline and the settings, and run every check."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from src import artifact, params, predictions_file, schema
from src.conform import as_features
from src.errors import InputError
from src.files import sha256
from src.gate import baseline, integrity, repository
from src.gate.bounds import check_bounds
from src.gate.candidate import Candidate, Files
from src.gate.check import Check, Status, failed, passed, verdict
from src.params import Gate
from src.schema import ROW_KEY
from src.scores import predictions
from src.tables import read_prepared

LOCK, PIPELINE = Path("dvc.lock"), Path("dvc.yaml")
"""DVC's own names."""

SAMPLE = 10_000
"""Test rows that the model predicts again, at most."""

AGREEMENT = 1e-6
"""How far a probability may move between types of CPU, relative to the largest prediction."""


@dataclass(frozen=True)
class Decision:
    """The content of ``metrics/gate.json``."""

    status: Status
    verifies: dict[str, str | None]
    baseline: dict[str, str] | None
    checks: list[Check]
    wear: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return what is written."""
        return asdict(self)


def decide(files: Files, settings: Gate, name: str) -> Decision:
    """Run every check; what cannot be read or compared is a failed or undecided check.

    ``name`` is the baseline's revision; empty, the last published model is the baseline.

    Raises
    ------
    InputError
        There is no git repository here.
    """
    repository.require_repository()
    verified = (LOCK, params.PARAMS, files.metrics)
    verifies = {path.as_posix(): sha256(path) for path in verified}
    checks = _check_lock(files)
    intact = any(check.name == "lock.outputs" and check.status == "passed" for check in checks)
    try:
        metrics = integrity.read_metrics(files.metrics)
        checks.append(passed("metrics", f"{files.metrics} is readable."))
    except InputError as error:
        metrics = {}
        checks.append(failed("metrics", str(error)))
    checks += check_bounds(metrics, settings.bounds)
    candidate, found = _read_candidate(files, metrics)
    checks += found
    checks += _check_model(files, candidate, settings, intact)
    revision, found = baseline.choose(name, settings)
    checks += found
    if revision is not None:
        checks.append(baseline.check(files, candidate, revision, settings))
    wear, check = _check_wear(files, metrics, settings)
    checks.append(check)
    if verifies != {path.as_posix(): sha256(path) for path in verified}:
        checks.append(failed("unchanged", "A file changed while the gate ran. Run it again."))
    return Decision(
        status=verdict(checks, settings),
        verifies=verifies,
        baseline={"revision": revision.name, "commit": revision.commit} if revision else None,
        checks=checks,
        wear=wear,
    )


def _check_lock(files: Files) -> list[Check]:
    required = [files.metrics, files.predictions, files.model, files.train, files.test]
    try:
        lock, pipeline, settings = map(params.read_yaml, (LOCK, PIPELINE, params.PARAMS))
        return integrity.check_lock(lock, pipeline, settings, required)
    except InputError as error:
        return [failed("lock", str(error))]
    except (AttributeError, KeyError, TypeError) as error:
        return [failed("lock", f"{LOCK} or {PIPELINE} is not as DVC writes it ({error!r}).")]


def _read_candidate(
    files: Files, metrics: Mapping[str, Any]
) -> tuple[Candidate | None, list[Check]]:
    try:
        contract = schema.load(files.contract)
        keys, predicted = predictions_file.read(files.predictions, contract)
    except InputError as error:
        return None, [failed("predictions", str(error))]
    checks = [passed("predictions", f"{len(keys):,} rows are readable and well formed.")]
    checks += integrity.check_predictions(keys, predicted, metrics)
    return Candidate(metrics, contract, keys, predicted), checks


def _check_model(
    files: Files, candidate: Candidate | None, settings: Gate, intact: bool
) -> list[Check]:
    """Weigh the model's file, and let it predict again what is recorded of it."""
    if candidate is None or not intact:
        # A file of unknown origin is not loaded: a tampered tree can crash the process.
        return [failed("model", "Not loaded: it cannot be shown to be the one of dvc.lock, or its "
                                "predictions cannot be read.")]  # fmt: skip
    size, most = files.model.stat().st_size, settings.budgets.model_bytes
    budget = Check(
        "budgets.model_bytes", "passed" if size <= most else "failed", size, f"at most {most:,}",
        f"The model's file has {size:,} bytes.",
    )  # fmt: skip
    try:
        model = artifact.load(files.model)
        test = read_prepared(files.test, candidate.contract)
        if list(test[ROW_KEY]) != list(candidate.keys):
            return [budget, failed("model", f"{files.test} has other rows than the predictions.")]
        chosen = np.sort(np.random.default_rng(0).permutation(len(test))[:SAMPLE])
        rows = test.iloc[chosen]
        features = as_features(rows, candidate.contract)
        start = time.perf_counter()
        again = predictions(model, features, rows[candidate.contract.target], candidate.contract)
        took = (time.perf_counter() - start) / len(rows)
    except InputError as error:
        return [budget, failed("model", str(error))]
    recorded = candidate.predicted.take(chosen)
    furthest = float(np.abs(again.output - recorded.output).max())
    same = furthest <= AGREEMENT * max(1.0, float(np.abs(recorded.output).max()))
    same = same and np.array_equal(again.truth, recorded.truth)
    return [
        budget,
        passed("model", f"It gives the recorded predictions on {len(rows):,} rows.") if same
        else failed("model", f"It does not give the recorded predictions: {furthest:.3g} apart."),
        _check_speed(took, settings.budgets.seconds_per_row),
    ]  # fmt: skip


def _check_speed(seconds: float, most: float) -> Check:
    """Compare the time of predicting a row; it depends on the machine, so it only warns."""
    slow = seconds > most
    sentence = "Predicting a row takes longer than budgeted." if slow else "Predicting is in time."
    return Check("budgets.seconds_per_row", "passed", float(f"{seconds:.3g}"), f"at most {most:g}",
                 sentence, warning=slow)  # fmt: skip


def _check_wear(
    files: Files, metrics: Mapping[str, Any], settings: Gate
) -> tuple[dict[str, Any], Check]:
    """Count what this test set has decided already: each decision fits the models to it a bit."""
    test = metrics.get("test")
    test_hash = test.get("hash") if isinstance(test, Mapping) else None
    limit = settings.wear.limit
    count = repository.decisions(files.metrics, test_hash) if isinstance(test_hash, str) else None
    wear = {"test_hash": test_hash, "decisions": count, "limit": limit}
    if count is None:
        return wear, failed("wear", "metrics.json does not name its test set.")
    sentence = f"Earlier decisions on this test set in the history of this branch: {count}."
    if repository.is_shallow():
        sentence = f"{sentence[:-1]}, at least: the clone is shallow."
    worn = count > limit
    if worn:
        sentence += " Its scores are too good by now: take a new one, or raise gate.wear.limit."
    return wear, Check("wear", "passed", count, f"warns above {limit}", sentence, warning=worn)
