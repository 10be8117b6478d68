"""Describe the training set, column by column, to compare two versions of the data."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from src.base.contract import Contract
from src.base.kinds import Kind
from src.tables.kinds import KINDS

Profile = dict[str, Any]


def profile(frame: pd.DataFrame, contract: Contract) -> Profile:
    """Describe the features and the target.

    Returns
    -------
    ``rows``, and under ``columns`` for each column its ``kind``, the share of ``null`` cells and
    the summary of the others that the kind makes.
    """
    names = [*contract.features, contract.target]
    columns = {name: describe(frame[name], contract.columns[name].kind) for name in names}
    return {"rows": len(frame), "columns": columns}


def describe(cells: pd.Series[Any], kind: Kind) -> Profile:
    """Describe one column; a column of nulls has no distribution."""
    known = cells.dropna()
    described: Profile = {"kind": kind, "null": 1 - len(known) / len(cells)}
    return described if known.empty else described | KINDS[kind].summarise(known)


def profile_lines(described: Profile) -> str:
    """Write a profile as JSON, one line a column: git then shows which columns changed."""
    rest = {key: value for key, value in described.items() if key != "columns"}
    columns = [f"{_json(name)}: {_json(column)}" for name, column in described["columns"].items()]
    return f'{_json(rest)[:-1]}, "columns": {{\n' + ",\n".join(columns) + "\n}}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
