"""From the cells of a request to rows that a model takes, refused as ``predict`` refuses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from src.base.contract import Contract
from src.base.prepared import as_features
from src.tables.convert import Violation, convert
from src.tables.kinds import KINDS
from src.tables.read import NULLABLE
from src.tables.validate import check_batch

Cells: TypeAlias = "pa.Array | pd.Series[Any]"
"""A column as it came: what a Parquet file would hold, or objects where it could not."""

SCALAR = "a number, text, true, false or null"


@dataclass(frozen=True)
class Rows:
    """Rows that keep the contract, ``n`` of them.

    Attributes
    ----------
    numbers
        Shape ``(n, k)``: the numeric features, in the contract's order.
    others
        The other features, ``n`` rows, converted to the dtypes of their kinds.
    """

    numbers: npt.NDArray[np.float64]
    others: pd.DataFrame

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.numbers)

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of several requests, one after the other."""
        if len(parts) == 1:
            return parts[0]
        others = [part.others for part in parts]
        return cls(
            np.concatenate([part.numbers for part in parts]),
            pd.concat(others, ignore_index=True)
            if len(others[0].columns)
            else pd.DataFrame(index=range(sum(map(len, parts)))),
        )

    def take(self, start: int, stop: int) -> Self:
        """Return some of the rows, by position."""
        others = self.others.iloc[start:stop].reset_index(drop=True)
        return type(self)(self.numbers[start:stop], others)


class RowsReader:
    """Checks the cells of requests by one contract.

    What surely keeps the contract is taken as it is. All else goes through
    :func:`src.predict.scoring.check_batch`, which finds the words.

    Parameters
    ----------
    contract
        As :func:`src.predict.scoring.model_inputs` returns it.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        columns = {name: contract.columns[name] for name in contract.features}
        self.numeric = [name for name, column in columns.items() if column.kind == "numeric"]
        self._others = {name: one for name, one in columns.items() if name not in self.numeric}
        self.categorical = {name for name, one in columns.items() if one.kind == "categorical"}
        numbers = [columns[name] for name in self.numeric]
        self._low = np.array([-np.inf if one.min is None else one.min for one in numbers])
        self._high = np.array([np.inf if one.max is None else one.max for one in numbers])
        self._nullable = np.array([one.nullable for one in numbers], dtype=bool)

    def read(self, cells: Mapping[str, Cells], rows: int) -> tuple[Rows, list[Violation]]:
        """Return the rows of a request; where there are violations, the rows mean nothing.

        Parameters
        ----------
        cells
            The features that the request has, each with ``rows`` cells.
        """
        quick = self._quickly(cells, rows)
        if quick is not None:
            return quick, []
        raw = pd.DataFrame(
            {name: _series(column) for name, column in cells.items()}, index=pd.RangeIndex(rows)
        )
        violations = [
            Violation.of(str(name), "cell{s} of several values", SCALAR, nested)
            for name in raw
            if len(nested := raw[name][raw[name].map(_is_nested)])
        ]
        if violations:
            return self.empty, violations
        frame, violations = check_batch(raw, self.contract)
        return (self.empty, violations) if violations else (self.of_frame(frame), [])

    @cached_property
    def empty(self) -> Rows:
        """No rows."""
        return Rows(np.empty((0, len(self.numeric))), pd.DataFrame())

    def of_frame(self, frame: pd.DataFrame) -> Rows:
        """Return the rows of a frame that :func:`check_batch` has converted."""
        numbers = frame[self.numeric].to_numpy(dtype=np.float64)
        return Rows(numbers, frame[list(self._others)])

    def features(self, rows: Rows) -> pd.DataFrame:
        """Return the columns as the model's pipeline takes them."""
        numbers = pd.DataFrame(rows.numbers, columns=self.numeric)
        return as_features(pd.concat([numbers, rows.others], axis=1), self.contract)

    def _quickly(self, cells: Mapping[str, Cells], rows: int) -> Rows | None:
        """Return the rows where every cell surely keeps the contract, else None."""
        if len(cells) < len(self.contract.features):
            return None
        numbers = np.empty((rows, len(self.numeric)))
        for place, name in enumerate(self.numeric):
            column = cells[name]
            if not (isinstance(column, pa.Array) and _is_number(column.type)):
                return None
            numbers[:, place] = column.to_numpy(zero_copy_only=False)
        known = ~np.isnan(numbers)
        inside = (numbers >= self._low) & (numbers <= self._high) & np.isfinite(numbers)
        if not np.where(known, inside, self._nullable).all():
            return None
        others = {name: self._other(cells[name], name) for name in self._others}
        if any(column is None for column in others.values()):
            return None
        return Rows(numbers, pd.DataFrame(others, index=pd.RangeIndex(rows)))

    def _other(self, cells: Cells, name: str) -> pd.Series[Any] | None:
        column, raw = self._others[name], _series(cells)
        if raw.dtype == "object":
            return None
        if raw.dtype == "bool" and column.kind == "boolean":
            return raw  # as it is, without the way through text
        converted = convert(raw, column, self.contract.csv.decimal)
        null = converted.isna()
        if null.any() and (not column.nullable or (null & raw.notna()).any()):
            return None
        sure = all(
            check.holds(converted[~null]).all() for check in KINDS[column.kind].checks(column)
        )
        return converted if sure else None


def column(cells: Sequence[Any]) -> Cells:
    """Return cells of JSON as Parquet would hold them; as objects where they are of many types."""
    try:
        return pa.array(cells)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return pd.Series(list(cells), dtype="object")


def _series(cells: Cells) -> pd.Series[Any]:
    if not isinstance(cells, pa.Array):
        return cells
    whole = pa.types.is_integer(cells.type) and cells.null_count
    series: pd.Series[Any] = cells.to_pandas(types_mapper=NULLABLE.get if whole else None)
    return series


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_nested(cell: object) -> bool:
    return isinstance(cell, list | dict | np.ndarray)
