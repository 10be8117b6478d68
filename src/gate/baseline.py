"""Choose the baseline and bring its predictions and the candidate's to the same rows."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from src import artifact, predictions_file, schema
from src.conform import as_features
from src.errors import InputError, did_you_mean
from src.gate import integrity, no_regression, repository
from src.gate.candidate import Candidate, Files
from src.gate.check import Check, failed, undecided
from src.gate.repository import Revision
from src.params import Gate
from src.schema import ROW_KEY, Schema
from src.scores import NAMES, Predictions, class_names, predictions
from src.tables import read_prepared


class SchemaChangedError(InputError):
    """The baseline predicts something else."""


def choose(name: str, settings: Gate) -> tuple[Revision | None, list[Check]]:
    """Find the baseline; without a name the last published model, before which there is none."""
    try:
        revision = repository.find(name) if name else repository.last_release()
    except InputError as error:
        return None, [failed("baseline", f"No baseline: {error}")]
    if revision is None and settings.bootstrap:
        sentence = "None: gate.bootstrap is true, a first release has nothing to compare with"
        return None, [Check("baseline", "passed", None, None, f"{sentence}.", warning=True)]
    if revision is None:
        sentence = f"No baseline: there is no tag {repository.RELEASES}. For a first release set"
        return None, [failed("baseline", f"{sentence} gate.bootstrap to true.")]
    stale = settings.bootstrap and not name
    sentence = f"Compared with {revision.name} ({revision.commit[:12]})."
    if stale:
        sentence += " gate.bootstrap is still true: set it to false, a model is published."
    return revision, [Check("baseline", "passed", revision.name, None, sentence, warning=stale)]


def check(files: Files, candidate: Candidate | None, revision: Revision, settings: Gate) -> Check:
    """Compare candidate and baseline on the same rows."""
    name, rule = no_regression.NAME, settings.no_regression
    if candidate is None:
        return failed(name, "The candidate's predictions cannot be read.")
    known = NAMES[candidate.contract.task]
    if rule.metric not in known:
        return failed(name, f"gate.no_regression.metric: {rule.metric!r} is no score of a "
                            f"{candidate.contract.task} task{did_you_mean(rule.metric, known)} "
                            f"It has {', '.join(known)}.")  # fmt: skip
    try:
        with tempfile.TemporaryDirectory() as folder:
            first, second, note = _same_rows(files, candidate, revision, Path(folder))
        comparison = no_regression.compare(first, second, rule)
    except SchemaChangedError as error:
        return failed(name, f"{error}; no comparison is possible. Publish such a model from a "
                            "repository of its own, or restore the contract.")  # fmt: skip
    except InputError as error:
        return undecided(name, f"No comparison with {revision.name}: {str(error).rstrip('.')}.")
    return no_regression.judge(comparison, len(first), rule, note)


def _same_rows(
    files: Files, candidate: Candidate, revision: Revision, folder: Path
) -> tuple[Predictions, Predictions, str]:
    """Return both models' predictions of the same test rows, and a note on which rows.

    Where the test set is the baseline's, its recorded predictions are paired by row key. Where it
    changed, the baseline's model predicts the candidate's test set, without the rows it was trained
    on: knowing them would flatter it.
    """
    path = folder / files.contract.name
    path.write_text(revision.text(files.contract), encoding="utf-8")
    contract = schema.load(path)
    for what in ("task", "target", "positive"):
        old, new = getattr(contract, what), getattr(candidate.contract, what)
        if old != new:
            raise SchemaChangedError(f"The {what} in {files.contract} changed from {old} to {new}")
    if class_names(contract) != class_names(candidate.contract):
        raise SchemaChangedError(f"The classes in {files.contract} changed")
    metrics = integrity.parse_metrics(revision.text(files.metrics), f"{files.metrics}")
    old_test = metrics.get("test")
    old_hash = old_test.get("hash") if isinstance(old_test, Mapping) else None
    new_hash = predictions_file.identity(
        candidate.keys, predictions_file.names_of(candidate.predicted)
    )
    if old_hash == new_hash:
        fetched = revision.fetch(files.predictions, folder)
        keys, predicted = predictions_file.read(fetched, contract)
        ours, theirs = no_regression.pair(candidate.keys, keys)
        if not len(ours) == len(keys) == len(candidate.keys):
            raise InputError(f"only {len(ours)} rows are common to both")
        return candidate.predicted.take(ours), predicted.take(theirs), ""
    return _score_baseline(files, candidate, revision, contract, folder)


def _score_baseline(
    files: Files, candidate: Candidate, revision: Revision, contract: Schema, folder: Path
) -> tuple[Predictions, Predictions, str]:
    """Let the baseline's model predict the candidate's test set."""
    test = read_prepared(files.test, candidate.contract)
    lacking = [
        column for column in contract.features
        if column not in test or contract.columns[column].kind
        != candidate.contract.columns[column].kind
    ]  # fmt: skip
    if lacking:
        raise InputError(
            f"the test set changed, and its columns {lacking} are not those the baseline was "
            "trained on"
        )
    trained_on = pd.read_parquet(revision.fetch(files.train, folder), columns=[ROW_KEY])[ROW_KEY]
    kept = np.flatnonzero(~test[ROW_KEY].isin(trained_on))
    if not len(kept):
        raise InputError("the test set changed, and the baseline was trained on all of its rows")
    model = artifact.load(revision.fetch(files.model, folder))
    rows = test.iloc[kept]
    baseline = predictions(model, as_features(rows, contract), rows[contract.target], contract)
    note = " The test set changed: the baseline's model was scored on the candidate's"
    if len(kept) < len(test):
        note += f", without {len(test) - len(kept):,} rows it was trained on"
    return candidate.predicted.take(kept), baseline, f"{note}."
