"""From a chunk of a new table to its predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from src.checks import check
from src.conform import Violation, as_features
from src.errors import InputError
from src.schema import Schema
from src.scores import class_names, described, estimate


def inputs(contract: Schema) -> Schema:
    """Return the contract of a table to be scored: its features; of the rest nothing is asked."""
    columns = {
        name: column
        for name, column in contract.columns.items()
        if column.role in ("feature", "target")
    }
    return contract.model_copy(update={"columns": columns})


def score_chunk(
    model: Any,  # noqa: ANN401 - any fitted scikit-learn estimator
    chunk: pd.DataFrame,
    contract: Schema,
) -> tuple[pd.DataFrame, list[Violation]]:
    """Check a chunk and predict its rows, in their order.

    Parameters
    ----------
    contract
        As :func:`inputs` returns it. Columns it does not name are passed over, in any order; a
        truth that happens to be there is not looked at.

    Returns
    -------
    Columns as of :func:`src.scores.described`; empty where the chunk breaks the contract, which the
    violations tell.
    """
    known = chunk[[name for name in contract.features if name in chunk]]
    frame, violations = check(known.assign(**{contract.target: None}), contract)
    if violations:
        return pd.DataFrame(), violations
    output = estimate(model, as_features(frame, contract), contract)
    return described(output, class_names(contract)), []


def merged(violations: Iterable[Violation]) -> list[Violation]:
    """Add up the violations of all chunks, keeping the first examples of each."""
    total: dict[tuple[str, str], Violation] = {}
    for new in violations:
        key = (new.column, new.rule)
        old = total.get(key, Violation(*key, 0, ()))
        examples = (*old.examples, *new.examples)[:3]
        total[key] = Violation(*key, old.count + new.count, examples)
    return list(total.values())


def beside(ids: Mapping[str, pa.Array], scored: pd.DataFrame) -> pa.Table:
    """Return the ids and, right of them, the predictions.

    Raises
    ------
    InputError
        An id has the name of a prediction.
    """
    both = sorted(set(ids) & set(scored))
    if both:
        raise InputError(
            f"column {both[0]}: has role id, and predictions have a column of that name. Rename it "
            "in the table and in data/schema.yaml."
        )
    new = pa.Table.from_pandas(scored, preserve_index=False)
    return pa.table({**ids, **dict(zip(new.column_names, new, strict=True))})
