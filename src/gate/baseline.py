"""Choose the baseline and bring its predictions and the candidate's to the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from src.base.contract import ROW_KEY, Contract
from src.base.errors import InputError
from src.base.files import temporary_folder
from src.base.prepared import read_prepared
from src.gate import no_regression
from src.gate.candidate import Candidate, Files
from src.gate.decision import GateCheck, Outcome
from src.gate.settings import Gate
from src.modelling.metrics import metrics_of, unknown
from src.modelling.predictions import Integers, Predictions, class_names
from src.repository.commands import TEMPORARY
from src.repository.project import this_project
from src.repository.revisions import Revision, find, last_release
from src.results.in_batches import predictions_of
from src.results.predictions_file import identity, pair, read_predictions
from src.saving.model_file import load_model
from src.saving.trust import read_trust

ALONE = (
    "If that is meant, judge this release by its bounds alone: set gate.inconclusive to pass in "
    "params.yaml, and back to fail after it"
)


class ContractChangedError(InputError):
    """The baseline predicts something else."""


def choose(name: str, settings: Gate) -> tuple[Revision | None, list[GateCheck]]:
    """Find the baseline; without a name the last published model, before which there is none."""
    try:
        revision = find(name) if name else last_release()
    except InputError as error:
        return None, [_baseline("failed", f"No baseline: {error}")]
    allowed = settings.allow_missing_baseline
    lacks = f"there is no tag {this_project().tags}"
    if revision is not None and not revision.has_project:
        lacks, revision = f"{revision.name} has no model in this folder", None
    if revision is None and allowed:
        reason = (
            f"No published model to compare with: {lacks}; allowed by gate.allow_missing_baseline "
            "in params.yaml. Set it to false once a model is published."
        )
        return None, [_baseline("passed", reason, warning=True)]
    if revision is None:
        reason = (
            f"No baseline: {lacks}. For a first release set gate.allow_missing_baseline to true in "
            "params.yaml."
        )
        return None, [_baseline("failed", reason)]
    reason = f"Compared with {revision.name} ({revision.commit[:12]})."
    stale = allowed and not name
    if stale:
        reason += (
            " gate.allow_missing_baseline is still true: set it to false in params.yaml, a model "
            "is published."
        )
    return revision, [_baseline("passed", reason, observed=revision.name, warning=stale)]


def _baseline(
    outcome: Outcome, reason: str, *, observed: str | None = None, warning: bool = False
) -> GateCheck:
    return GateCheck(
        check="baseline", kind="baseline", outcome=outcome, observed=observed, reason=reason,
        warning=warning,
    )  # fmt: skip


def check(
    files: Files, candidate: Candidate | None, revision: Revision, settings: Gate
) -> GateCheck:
    """Compare candidate and baseline on the same rows."""
    rule = settings.no_regression
    if candidate is None:
        reason = "The candidate's predictions cannot be read."
        return no_regression.no_regression("failed", reason)
    task = candidate.contract.task
    metric = metrics_of(task).get(rule.metric)
    if metric is None:
        reason = f"params.yaml: gate.no_regression.metric: {unknown(rule.metric, task)}"
        return no_regression.no_regression("failed", reason)
    try:
        with temporary_folder(TEMPORARY, "baseline-") as folder:
            rows, second, note = _same_rows(files, candidate, revision, folder)
        first, units = candidate.recorded.predicted.take(rows), candidate.recorded.units[rows]
        comparison = no_regression.compare(first, second, metric, units, rule)
    except ContractChangedError as error:
        reason = (
            f"{error}; no comparison is possible. Publish such a model from a repository of its "
            "own, or restore the contract."
        )
        return no_regression.no_regression("failed", reason)
    except InputError as error:
        reason = f"No comparison with {revision.name}: {str(error).rstrip('.')}."
        return no_regression.no_regression("inconclusive", reason)
    return no_regression.judge(comparison, len(first), rule, note)


def _same_rows(
    files: Files, candidate: Candidate, revision: Revision, folder: Path
) -> tuple[Integers, Predictions, str]:
    """Return which of the candidate's rows the baseline predicts, how, and a note on that.

    Where the test set is the baseline's, its recorded predictions are paired by row key. Where it
    changed, the baseline's model predicts the candidate's test set, without the rows it was trained
    on: knowing them would flatter it.
    """
    contract = revision.contract(files.contract)
    for what in ("task", "target", "positive"):
        old, new = getattr(contract, what), getattr(candidate.contract, what)
        if old != new:
            raise ContractChangedError(
                f"The {what} in {files.contract} changed from {old} to {new}"
            )
    if class_names(contract) != class_names(candidate.contract):
        raise ContractChangedError(f"The classes in {files.contract} changed")
    old_test = revision.details(files.details).get("test")
    old_hash = old_test.get("hash") if isinstance(old_test, Mapping) else None
    recorded = candidate.recorded
    new_hash = identity(recorded.keys, pd.Series(recorded.predicted.actual))
    if old_hash == new_hash:
        fetched = revision.fetch(files.predictions, folder)
        baseline = read_predictions(fetched, contract)
        ours, theirs = pair(recorded.keys, baseline.keys)
        if not len(ours) == len(baseline.keys) == len(recorded.keys):
            raise InputError(f"only {len(ours)} rows are common to both")
        return ours, baseline.predicted.take(theirs), ""
    return _score_baseline(files, candidate, revision, contract, folder)


def _score_baseline(
    files: Files, candidate: Candidate, revision: Revision, contract: Contract, folder: Path
) -> tuple[Integers, Predictions, str]:
    """Let the baseline's model predict the candidate's test set."""
    known = candidate.contract.columns
    lacking = [
        name for name in contract.features
        if name not in known or known[name].role == "ignore"
        or known[name].kind != contract.columns[name].kind
    ]  # fmt: skip
    if lacking:
        raise InputError(
            f"the test set changed, and its columns {lacking} are not those the baseline was "
            f"trained on. {ALONE}"
        )
    names = [ROW_KEY, contract.target]
    trained_on = pd.read_parquet(revision.fetch(files.train, folder), columns=names)
    train, test = (read_prepared(path, candidate.contract, names)
                   for path in (files.train, files.test))  # fmt: skip
    changed = _changed_targets(trained_on, pd.concat([train, test]), candidate.contract)
    kept = ~test[ROW_KEY].isin(trained_on[ROW_KEY]).to_numpy()
    if not kept.any():
        raise InputError("the test set changed, and the baseline was trained on all of its rows")
    model = load_model(revision.fetch(files.model, folder), read_trust(), any_version=True)
    # Weights are the candidate's, and the test set may have none where the baseline's had some.
    columns = {name: one for name, one in contract.columns.items() if one.role != "weight"}
    unweighted = contract.model_copy(update={"columns": columns})
    baseline = predictions_of(model, files.test, unweighted, kept)
    note = f"{changed} The test set changed: the baseline's model was scored on the candidate's"
    if not kept.all():
        note += f", without {len(kept) - kept.sum():,} rows it was trained on"
    return np.flatnonzero(kept), baseline, f"{note}."


def _changed_targets(was: pd.DataFrame, now: pd.DataFrame, contract: Contract) -> str:
    """Say in how many of the rows that both tables have, by their keys, the target changed.

    Raises
    ------
    InputError
        In most: it means something else now, such as another unit, and the baseline's model does
        not predict it.
    """
    once = [table.drop_duplicates(ROW_KEY, keep=False) for table in (was, now)]
    both = once[0].merge(once[1], on=ROW_KEY, suffixes=("_was", "_now"))
    before, after = both[f"{contract.target}_was"], both[f"{contract.target}_now"]
    if contract.task == "regression":
        other = ~np.isclose(before.to_numpy(float), after.to_numpy(float))
    else:
        other = (before.astype("str") != after.astype("str")).to_numpy()
    count = int(other.sum())
    if 2 * count > len(both):
        raise InputError(
            f"the target changed in {count:,} of {len(both):,} rows that both know, so the "
            f"baseline's model predicts something else. {ALONE}"
        )
    return f" The target changed in {count:,} of {len(both):,} rows that both know." * (count > 0)
