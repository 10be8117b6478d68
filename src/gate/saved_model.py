"""Whether the model's file is small enough, gives what is recorded of it, and is fast enough."""

from __future__ import annotations

import time

import numpy as np

from src.base.contract import ROW_KEY
from src.base.errors import InputError
from src.base.prepared import as_features, read_prepared, take_prepared
from src.gate.candidate import Candidate, Files
from src.gate.decision import GateCheck
from src.gate.integrity import failed, passed
from src.gate.settings import Budgets, Gate
from src.modelling.predictions import Integers, Predictions, predictions
from src.saving.model_file import load_model
from src.saving.trust import read_trust

SAMPLE_ROWS = 10_000
"""Test rows that the model predicts again, at most."""

AGREEMENT = 1e-6
"""How far a prediction may move between types of CPU, relative to itself and to the usual one."""


def check_model(
    files: Files, candidate: Candidate | None, settings: Gate, intact: bool
) -> list[GateCheck]:
    """Check size, predictions and speed; ``intact`` says that the file is the one of dvc.lock."""
    if candidate is None or not intact:
        reason = "its predictions cannot be read" if intact else "it may not be that of dvc.lock"
        return [failed("model", f"Not loaded, since {reason}. See the other failed checks.")]
    size = _check_size(files.model.stat().st_size, settings.budgets)
    try:
        again, rows, seconds = _predict_again(files, candidate)
    except InputError as error:
        return [size, failed("model", str(error))]
    return [
        size,
        _check_agreement(again, candidate.recorded.predicted.take(rows)),
        _check_speed(seconds, settings.budgets),
    ]


def _check_size(size: int, budgets: Budgets) -> GateCheck:
    return GateCheck(
        check="budgets.model_bytes",
        kind="budget",
        outcome="passed" if size <= budgets.model_bytes else "failed",
        observed=size,
        bound=f"at most {budgets.model_bytes:,}",
        reason=f"The model's file has {size:,} bytes.",
    )


def _predict_again(files: Files, candidate: Candidate) -> tuple[Predictions, Integers, float]:
    """Return predictions of a sample of the test set, its rows, and the seconds a row took."""
    model = load_model(files.model, read_trust())
    contract = candidate.contract
    keys = read_prepared(files.test, contract, [ROW_KEY])[ROW_KEY]
    if not np.array_equal(keys, candidate.recorded.keys):
        raise InputError(f"{files.test} has other rows than the predictions. Run `dvc repro`.")
    chosen = np.sort(np.random.default_rng(0).permutation(len(keys))[:SAMPLE_ROWS])
    rows = take_prepared(files.test, contract, chosen)
    features = as_features(rows, contract)
    start = time.perf_counter()
    again = predictions(model, features, rows, contract)
    return again, chosen, (time.perf_counter() - start) / len(rows)


def _check_agreement(again: Predictions, recorded: Predictions) -> GateCheck:
    furthest = float(np.abs(again.output - recorded.output).max())
    size = np.abs(recorded.output)
    # One enormous prediction must not hide what the others have become.
    scale = 1.0 if recorded.classes else float(np.median(size) or size.mean())
    near = np.isclose(again.output, recorded.output, rtol=AGREEMENT, atol=AGREEMENT * scale)
    if again.threshold != recorded.threshold:
        return failed("model", f"Its threshold is {again.threshold}, that of the recorded "
                               f"predictions {recorded.threshold}. Run `dvc repro`.")  # fmt: skip
    if not np.array_equal(again.weights, recorded.weights):
        return failed("model", "The recorded predictions have other weights than the test set. Run "
                               "`dvc repro`.")  # fmt: skip
    if near.all() and np.array_equal(again.truth, recorded.truth):
        return passed("model", f"It gives the recorded predictions on {len(again):,} rows.")
    return failed("model", f"It does not give the recorded predictions: {furthest:.3g} apart.")


def _check_speed(seconds: float, budgets: Budgets) -> GateCheck:
    """Compare the time of predicting a row; it depends on the machine, so it only warns."""
    slow = seconds > budgets.seconds_per_row
    return GateCheck(
        check="budgets.seconds_per_row",
        kind="budget",
        outcome="passed",
        observed=float(f"{seconds:.3g}"),
        bound=f"at most {budgets.seconds_per_row:g}",
        reason="Predicting a row takes longer than budgeted." if slow else "Predicting is in time.",
        warning=slow,
    )
