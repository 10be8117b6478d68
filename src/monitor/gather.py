"""Read a batch once, in pieces, and keep of it what can be added up, and a sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.base.contract import ROW_KEY
from src.base.errors import InputError
from src.base.prepared import as_features
from src.modelling.predictions import PROBABILITY, Floats, are_probabilities, decided, predict_raw
from src.monitor.labels import beside, key_columns, keys_of
from src.monitor.reference import Reference
from src.tables.convert import Violation, convert
from src.tables.read import frames, read_batches
from src.tables.validate import check_batch, merge_violations, model_inputs

SAMPLE_ROWS = 100_000
"""Rows of which all predictions are kept: more would tell no more than the test set can."""

FEATURE_ROWS = 2_000
"""Rows of which the cells are kept, to see what a column does to the predictions."""

DRAW = "draw"
"""The column of a number drawn for each row: those with the smallest are the sample."""


@dataclass
class Gathered:
    """What is known of a batch so far.

    Attributes
    ----------
    columns
        Cells of each feature by bin, see :class:`src.monitor.bins.Bins`.
    predictions
        The same of what is predicted.
    sample
        The output and what :func:`src.monitor.labels.beside` names, of some rows.
    features
        The cells of some rows.
    labelled
        As ``sample``, with ``row_key``, of the rows whose key is among those of the labels.
    groups
        Rows of each group, where the batch has such a column.
    """

    rows: int = 0
    violations: list[Violation] = field(default_factory=list)
    columns: dict[str, Floats] = field(default_factory=dict)
    predictions: Floats | None = None
    sample: pd.DataFrame = field(default_factory=pd.DataFrame)
    features: pd.DataFrame = field(default_factory=pd.DataFrame)
    labelled: list[pd.DataFrame] = field(default_factory=list)
    groups: pd.Series[int] | None = None
    has_features: bool = True
    is_scored: bool = True
    generator: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))


def gather(path: Path, reference: Reference, known: pd.DataFrame | None) -> Gathered:
    """Check, count and score a batch.

    Predictions that the batch holds, under the names that ``predict`` gives them, are taken for
    what was served; else the model predicts. It does not where a cell breaks the contract, as
    ``predict`` would have refused the table.

    Parameters
    ----------
    known
        The labels, as of :func:`src.monitor.labels.read_labels`; None without.

    Raises
    ------
    InputError
        The batch cannot be read, or its predictions are none of this model.
    """
    result = Gathered()
    for raw in frames(batch for batch, _ in read_batches(path, reference.contract.csv)):
        add(result, raw, reference, known, path)
    return result


def add(
    result: Gathered, raw: pd.DataFrame, reference: Reference, known: pd.DataFrame | None,
    path: Path,
) -> None:  # fmt: skip
    """Add a piece of the batch, whose index goes on from the last; see :func:`gather`."""
    contract = reference.contract
    served = _served(raw, reference, path)
    result.rows += len(raw)
    result.has_features = served is None or bool({*contract.features} & {*raw})
    frame = pd.DataFrame(index=raw.index)
    if result.has_features:
        frame, found = check_batch(raw, model_inputs(contract))
        result.violations = merge_violations([*result.violations, *found])
        _count(result.columns, frame, reference)
    if served is None and not result.violations:
        served = predict_raw(reference.model, as_features(frame, contract), contract)
    if served is None:
        result.is_scored = False
        return
    extra = {
        name: convert(raw[name], contract.columns[name], contract.csv.decimal)
        for name in [*contract.names("id"), *beside(contract)] if name in raw
    }  # fmt: skip
    _keep(result, frame.assign(**extra), served, reference, known)


def _served(raw: pd.DataFrame, reference: Reference, path: Path) -> Floats | None:
    """Return the predictions that the batch holds, shape ``(rows, k)``; None without any."""
    template = reference.test.predicted
    names = [f"{PROBABILITY}{name}" for name in template.classes] or ["predicted"]
    if not {*names} <= {*raw}:
        return None
    output: Floats = raw[names].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    fine = bool(np.isfinite(output).all())
    if not fine or (template.classes and not are_probabilities(output)):
        kind = "probabilities" if template.classes else "numbers"
        raise InputError(
            f"{path}: {', '.join(names)}: expected {kind} as `predict` writes them, from row "
            f"{raw.index[0] + 1} on. Remove the columns, and the model scores the rows."
        )
    return output


def _count(columns: dict[str, Floats], frame: pd.DataFrame, reference: Reference) -> None:
    """Add the cells of a piece to the counts of all."""
    for name, bins in reference.columns.items():
        if name in frame:
            columns[name] = columns.get(name, 0.0) + bins.count(frame[name])


def _keep(
    result: Gathered, frame: pd.DataFrame, output: Floats, reference: Reference,
    known: pd.DataFrame | None,
) -> None:  # fmt: skip
    """Count the predictions of a piece, and draw from its rows."""
    contract, template = reference.contract, reference.test.predicted
    numbers = (
        pd.Series(np.array(template.classes)[decided(output, template.threshold)], dtype="str")
        if contract.task == "multiclass"
        else pd.Series(output[:, -1])
    )
    counts = reference.predictions.count(numbers)
    result.predictions = counts if result.predictions is None else result.predictions + counts
    scored = pd.DataFrame(output, index=frame.index)
    scored = scored.assign(**{name: frame[name] for name in beside(contract) if name in frame})
    groups = contract.names("group")
    if groups and groups[0] in frame:
        sizes = frame[groups[0]].value_counts(dropna=False)
        result.groups = sizes if result.groups is None else result.groups.add(sizes, fill_value=0)
    drawn = pd.Series(result.generator.random(len(frame)), index=frame.index, name=DRAW)
    result.sample = _smallest(result.sample, scored, drawn, SAMPLE_ROWS)
    if result.has_features and not result.violations:
        cells = frame[contract.features]
        result.features = _smallest(result.features, cells, drawn, FEATURE_ROWS)
    if known is not None:
        lacking = [name for name in key_columns(contract) if name not in frame]
        if lacking:
            raise InputError(
                f"the batch lacks {', '.join(lacking[:3])}{' …' * (len(lacking) > 3)}, by which "
                "labels are joined to its rows. Let what scores write these columns, or leave "
                "LABELS out."
            )
        keys = keys_of(frame, contract).set_axis(frame.index)
        kept = scored.assign(**{ROW_KEY: keys})
        result.labelled.append(kept[keys.isin(known[ROW_KEY])])


def _smallest(
    sample: pd.DataFrame, rows: pd.DataFrame, drawn: pd.Series[Any], most: int
) -> pd.DataFrame:
    """Return the rows with the smallest numbers drawn, of a sample and of further rows."""
    chosen = drawn.nsmallest(most)
    new = rows.loc[chosen.index].assign(**{DRAW: chosen})
    both = pd.concat([sample, new]) if len(sample) else new
    return both.nsmallest(most, DRAW)
