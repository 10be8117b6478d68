"""The second pass over a table: drop rows, give each its side, write both sets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.base.contract import Contract
from src.base.prepared import RowGroups
from src.tables.hashes import Records, cell_hashes, combined

Counts: TypeAlias = "pd.Series[Any]"


@dataclass(frozen=True)
class Sets:
    """What the training and the test set hold, in this order.

    Attributes
    ----------
    classes
        Rows of each class, in the order of their first row; of a number, all in one class.
    rows
        Of each row what :func:`src.tables.equal_rows.equal_rows` looks at: ``key``, equal where the
        features are, ``answer``, equal where the target is, and ``test``, its side.
    """

    classes: tuple[Counts, Counts]
    rows: Records

    @property
    def counts(self) -> tuple[int, int]:
        """The numbers of rows."""
        train, test = (int(counts.sum()) for counts in self.classes)
        return train, test


def write_sets(
    batches: Iterable[tuple[pd.DataFrame, npt.NDArray[np.bool_]]],
    contract: Contract,
    paths: tuple[Path, Path],
) -> Sets:
    """Write the rows of each side, in their order.

    Parameters
    ----------
    batches
        Rows, and which of them are in the test set.
    """
    records = Records(paths[0].parent / "rows")
    classes: list[Counts] = [pd.Series(dtype=np.int64)] * 2
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(RowGroups(path)) for path in paths]
        for frame, test in batches:
            for side, chosen in enumerate((~test, test)):
                files[side].add(frame[chosen])
                classes[side] = _added(classes[side], _classes(frame[chosen], contract))
            features = combined(cell_hashes(frame[contract.features]))
            records.add(key=features, answer=_answers(frame, contract), test=test)
    return Sets((classes[0], classes[1]), records)


def _answers(frame: pd.DataFrame, contract: Contract) -> npt.NDArray[Any]:
    if contract.task == "regression":
        return frame[contract.target].to_numpy(np.float64)
    return cell_hashes(frame[[contract.target]])[0]


def _classes(frame: pd.DataFrame, contract: Contract) -> Counts:
    if contract.task == "regression":
        return pd.Series({"": len(frame)})
    return frame[contract.target].value_counts(sort=False)


def _added(counts: Counts, more: Counts) -> Counts:
    """Add up, known classes first."""
    names = [*counts.index, *(name for name in more.index if name not in counts.index)]
    return counts.reindex(names, fill_value=0) + more.reindex(names, fill_value=0)
