"""Describe the training set, column by column, to compare two versions of the data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd

from src.base.contract import Column, Contract
from src.tables.kinds import KINDS

Profile = dict[str, Any]


def profile(column: Callable[[str], pd.Series[Any]], contract: Contract) -> Profile:
    """Describe the features and the target.

    Parameters
    ----------
    column
        Returns the cells of the column of a name.

    Returns
    -------
    ``rows``, and under ``columns`` for each column its ``kind``, the share of ``null`` cells and
    the summary of the others that the kind makes.
    """
    columns, rows = {}, 0
    for name in [*contract.features, contract.target]:
        cells = column(name)
        columns[name], rows = describe(cells, contract.columns[name]), len(cells)
    return {"rows": rows, "columns": columns}


def describe(cells: pd.Series[Any], column: Column) -> Profile:
    """Describe one column; one of nulls has no distribution, and a private one tells none."""
    known = cells.dropna()
    described: Profile = {"kind": column.kind, "null": 1 - len(known) / len(cells)}
    if column.private:
        return described | {"private": True}
    return described if known.empty else described | KINDS[column.kind].summarise(known)


def profile_lines(described: Profile) -> str:
    """Write a profile as JSON, one line a column: git then shows which columns changed."""
    rest = {key: value for key, value in described.items() if key != "columns"}
    columns = [f"{_json(name)}: {_json(column)}" for name, column in described["columns"].items()]
    return f'{_json(rest)[:-1]}, "columns": {{\n' + ",\n".join(columns) + "\n}}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
