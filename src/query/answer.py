"""An answer as a table whose bytes do not depend on the order in which rows came."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from src.base.errors import InputError, brief

Rows = Sequence[tuple[object, ...]]

TYPES: dict[frozenset[type], pa.DataType | None] = {
    frozenset(): pa.string(),  # nothing but nulls
    frozenset([bool]): pa.bool_(),
    frozenset([int]): pa.int64(),
    frozenset([float]): pa.float64(),
    frozenset([int, float]): pa.float64(),
    frozenset([Decimal]): None,  # with the digits that the values have
    frozenset([str]): pa.string(),
    frozenset([UUID]): pa.string(),
    frozenset([date]): pa.date32(),
    frozenset([datetime]): None,  # in UTC where the values have a zone
}
"""The Arrow type by what a column's cells are in Python, nulls aside."""

ADVICE = "Take parts of it, or cast it to text, in the query."


def require_columns(names: Sequence[str], json: Sequence[str]) -> None:
    """Refuse an answer without columns, with two of one name, or with one of JSON.

    Raises
    ------
    InputError
        Names the column.
    """
    if not names:
        raise InputError("the query gives no table. Write one SELECT.")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(
            f"column {twice[0]}: stands more than once in the answer. Give each column a name of "
            "its own with AS."
        )
    if json:
        raise InputError(f"column {json[0]}: JSON is no cell of a table. {ADVICE}")


def from_rows(names: Sequence[str], batches: Iterable[Rows]) -> pa.Table:
    """Make a table of rows of Python values; each column has one type, whatever batch a cell is in.

    Raises
    ------
    InputError
        Names a column whose cells are of several kinds, or of one that no table has.
    """
    pieces: list[list[pa.Array]] = [[] for _ in names]
    classes: list[set[type]] = [set() for _ in names]
    for rows in batches:
        for place, cells in enumerate(zip(*rows, strict=True)):
            classes[place] |= set(map(type, cells)) - {type(None)}
            pieces[place].append(_array(names[place], classes[place], cells))
    columns = zip(names, classes, pieces, strict=True)
    return pa.table([_column(name, kinds, parts) for name, kinds, parts in columns], list(names))


def _array(name: str, classes: set[type], cells: Sequence[Any]) -> pa.Array:
    _require_kind(name, classes)
    if Decimal in classes and any(cell is not None and not cell.is_finite() for cell in cells):
        raise _no_value(name, "NaN or infinity as a decimal")
    try:
        if UUID in classes:
            return pa.array([None if cell is None else str(cell) for cell in cells])
        return pa.array(cells)
    except (pa.ArrowException, OverflowError, TypeError, UnicodeError) as error:
        raise _no_value(name, brief(error)) from None


def _no_value(name: str, why: str) -> InputError:
    return InputError(
        f"column {name}: holds a value that no table can ({why}). Cast it in the query: "
        "decimals to double precision, long numbers to text."
    )


def _require_kind(name: str, classes: set[type]) -> None:
    if frozenset(classes) not in TYPES:
        found = " and ".join(sorted(kind.__name__ for kind in classes))
        raise InputError(f"column {name}: {found} is no kind of cell that a table has. {ADVICE}")


def _column(name: str, classes: set[type], parts: list[pa.Array]) -> pa.ChunkedArray:
    known = TYPES[frozenset(classes)]
    if known is None:
        schemas = [pa.schema([(name, part.type)]) for part in parts]
        known = pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    try:
        return pa.chunked_array([part.cast(known) for part in parts], known)
    except pa.ArrowException as error:
        raise _no_value(name, brief(error)) from None


def write_sorted(answer: pa.Table, path: Path) -> None:
    """Write an answer as Parquet, its rows in the order of all columns from left to right.

    Rows that are equal are alike to the byte, so equal answers make equal files.

    Raises
    ------
    InputError
        It has no rows, or a column of a type that no table has; names it.
    """
    if not answer.num_rows:
        raise InputError("the answer has no rows. Look at its conditions; the earlier table stays.")
    names = answer.column_names
    columns = [_plain(name, answer.column(name)) for name in names]
    # By place, since Arrow takes a name that begins with a dot for a path.
    numbered = pa.table(columns, [str(place) for place in range(len(columns))])
    order = pc.sort_indices(numbered, [(name, "ascending") for name in numbered.column_names])
    table = numbered.take(order).rename_columns(names).combine_chunks()
    pq.write_table(table, path, compression="zstd")


def _plain(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Bring a column to a type that a table's cells have: a level to its text, a time to UTC."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(name, column.cast(kind.value_type))
    if pa.types.is_null(kind) or _is_text(kind):
        return column.cast(pa.string())
    if pa.types.is_floating(kind):
        return pc.add(column, pa.scalar(0.0, kind))  # -0.0 equals 0.0 and has other bytes
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp(kind.unit, "UTC" if kind.tz else None))
    known = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_decimal, pa.types.is_date)
    if not any(is_kind(kind) for is_kind in known):
        said = re.sub(r"<.*", "", str(kind))
        raise InputError(f"column {name}: {said} is no kind of cell that a table has. {ADVICE}")
    return column


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
