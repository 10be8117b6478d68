"""Compare what was gathered of a batch with its reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from src.modelling.predictions import Floats, Predictions
from src.monitor.alarms import LEVELS, BatchReport, ColumnDrift, without_private
from src.monitor.bins import Bins
from src.monitor.effect import Effect, effects
from src.monitor.estimated import LEAST, Calibration, calibration_gap, estimated, rarest
from src.monitor.gather import Gathered
from src.monitor.labels import labelled
from src.monitor.measured import Rows, measured
from src.monitor.reference import Reference
from src.monitor.scores import ScoreChange
from src.monitor.shift import independent, shift
from src.pages.marks import Values
from src.pages.text import number

MOST_EFFECTS = 30
"""Alarming columns whose effect on predictions is told, those that moved furthest."""


def judge(
    name: str, found: Gathered, known: pd.DataFrame | None, reference: Reference
) -> BatchReport:
    """Say what has changed since the release.

    Parameters
    ----------
    known
        The labels, as of :func:`src.monitor.labels.read_labels`; None without.
    """
    contract, margin = reference.contract, reference.margin
    remarks = _remarks(found, reference)
    groups = found.groups
    rows = float(found.rows) if groups is None else independent(np.asarray(groups, np.float64))
    test: Rows = (reference.test.predicted, reference.test.units)
    predictions, expected = None, None
    if found.is_scored and found.predictions is not None:
        predictions = _drift(
            "predictions", reference.predictions, found.predictions, (rows, reference.test_rows),
            LEVELS["predictions"],
        )  # fmt: skip
        expected = _expected(found, test, reference, remarks)
    own: Rows | None = None
    if known is not None and found.labelled:
        scored = pd.concat(found.labelled, ignore_index=True)
        own = labelled(scored, known, test[0], contract, reference.split)
    if known is not None and own is None:
        remarks.append("No row of this batch has a label.")
    private = {column for column, rules in contract.columns.items() if rules.private}
    return BatchReport(
        name=name,
        rows=found.rows,
        violations=without_private(found.violations, private),
        columns=_columns(found, rows, reference),
        predictions=predictions,
        estimated=expected,
        measured=measured(own, test, 1 - LEVELS["measured"]) if own else [],
        labelled=len(own[0]) if own else 0,
        metric=margin.metric.name,
        margin=margin.margin,
        remarks=remarks,
    )


def _remarks(found: Gathered, reference: Reference) -> list[str]:
    """Say what could not be compared, and what the chance of a false alarm rests on."""
    contract, remarks = reference.contract, list[str]()
    if not found.has_features:
        remarks.append("The batch holds predictions only: its columns are not compared.")
    if not found.is_scored:
        remarks.append("Not scored: `predict` refuses a table that breaks the contract.")
    if found.groups is None and contract.names("group"):
        remarks.append(
            f"The batch has no column `{contract.names('group')[0]}` (role group): its rows are "
            "taken for independent, which raises false alarms."
        )
    if reference.split == "time":
        remarks.append(
            "Rows are split by time: a batch is later than the training set, and what follows the "
            "season moves. Chance is that of independent rows."
        )
    unseen = [name for name in contract.features if name not in reference.columns]
    if unseen:
        names = ", ".join(f"`{name}`" for name in unseen)
        remarks.append(f"Not compared, as private or too alike for their profile: {names}.")
    return remarks


def _columns(found: Gathered, rows: float, reference: Reference) -> list[ColumnDrift]:
    """Compare each column; first come those whose shift does most to the predictions."""
    level = LEVELS["columns"] / max(1, len(found.columns))
    drifts = [
        _drift(name, reference.columns[name], counts, (rows, reference.rows), level)
        for name, counts in found.columns.items()
    ]
    moved = sorted((one for one in drifts if one.is_alarm), key=lambda one: one.rank)
    known: dict[str, Effect] = {}
    if moved and found.is_scored and not found.violations:
        known = effects(found.features, [one.name for one in moved[:MOST_EFFECTS]], reference)
    told = [replace(one, effect=known.get(one.name)) for one in drifts]
    return sorted(told, key=lambda one: one.rank)


def _drift(
    name: str, bins: Bins, counts: Floats, rows: tuple[float, float], level: float
) -> ColumnDrift:
    """Compare one column; ``rows`` are the independent ones of batch and reference."""
    own = counts / max(1.0, float(counts.sum()))
    shares: Values = [
        {"bin": label, "this": float(now), "base": float(before)}
        for label, now, before in zip(bins.names, own, bins.shares, strict=True)
        if now > 0 or before > 0
    ]
    return ColumnDrift(name, shift(bins, counts, *rows), level, shares)


def _expected(
    found: Gathered, test: Rows, reference: Reference, remarks: list[str]
) -> ScoreChange | None:
    """Estimate the score, unless something is missing that would make the estimate a guess."""
    contract, margin = reference.contract, reference.margin
    weight = contract.weight
    if weight is not None and weight not in found.sample:
        remarks.append(f"No score is estimated: the batch has no column `{weight}` (role weight).")
        return None
    output = found.sample[list(range(test[0].output.shape[1]))].to_numpy(np.float64)
    weights = None if weight is None else found.sample[weight].to_numpy(np.float64)
    truth = np.zeros(len(output), test[0].truth.dtype)  # nobody looks at it
    rows = replace(test[0], truth=truth, output=output, weight=weights)
    level, calibration = LEVELS["estimated"], reference.calibration
    if calibration is not None and (why := _no_estimate(rows, test, reference, calibration)):
        remarks.append(f"No score is estimated: {why}")
        return None
    names = [name for name in contract.names("group") if name in found.sample]
    units = pd.factorize(found.sample[names[0]])[0] if names else np.arange(len(output))
    change = estimated((rows, units), test, margin.metric, 1 - level, calibration)
    return change if change.is_defined else None


def _no_estimate(
    rows: Predictions, test: Rows, reference: Reference, calibration: Calibration
) -> str:
    """Say why an estimate would be a guess; empty where it would not."""
    margin = reference.margin
    name, cases = rarest(rows, calibration)
    if cases < LEAST:
        return f"about {number(cases, 2)} rows of class `{name}` are to be expected, too few."
    gap, beyond = calibration_gap(test, margin.metric, 1 - LEVELS["estimated"], calibration)
    if not beyond or abs(gap) <= margin.margin:
        return ""
    return (
        f"{margin.metric.label} of the test set is {number(abs(gap), 2)} "
        f"{'lower' if gap > 0 else 'higher'} than its probabilities let expect, even calibrated."
    )
