from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src.base.errors import InputError
from src.tables.validate import refuse, validate_table
from tests.tables import frame, make_contract

RULES = make_contract(
    "binary",
    size={"kind": "numeric", "role": "feature", "min": -9, "max": 9},
    colour={"kind": "categorical", "role": "feature", "levels": ["red", "green", "blue"]},
)


def sound() -> pd.DataFrame:
    return frame("binary").fillna({"size": 0.0, "colour": "red"}).reset_index(drop=True)


def test_a_sound_table_has_no_violation() -> None:
    assert validate_table(sound(), RULES)[1] == []


def test_every_violation_is_reported_at_once() -> None:
    table = sound().astype({"size": "object"})
    table.loc[0, "size"] = "wide"
    table.loc[1, "size"] = -10.0
    table.loc[2, "size"] = np.inf
    table.loc[3, "size"] = np.nan
    table.loc[4, "colour"] = "mauve"
    table.loc[5, "target"] = "perhaps"
    violations = validate_table(table, RULES)[1]
    assert {(one.column, one.expected, one.count) for one in violations} == {
        ("size", "kind: numeric", 1),
        ("size", "min: -9", 1),
        ("size", "max: 9", 1),
        ("size", "kind: numeric, which is finite", 1),
        ("size", "nullable: false", 1),
        ("colour", "levels: [red, green, blue]", 1),
        ("target", "levels: [no, yes]", 1),
    }


def test_the_report_names_column_rule_count_and_rows() -> None:
    table = sound()
    table.loc[[3, 5, 7, 9], "colour"] = "mauve"
    with pytest.raises(InputError) as error:
        refuse(validate_table(table, RULES)[1], Path("raw.csv"), RULES.csv, Path("schema.yaml"))
    assert "raw.csv: 1 violation of schema.yaml " in str(error.value)
    assert (
        "column colour: 4 cells of other levels (row 4: 'mauve', row 6: 'mauve', row 8: 'mauve'), "
        "but the contract says levels: [red, green, blue]"
    ) in str(error.value)


def test_a_target_whose_squares_are_infinite_is_refused() -> None:
    table, contract = frame("regression"), make_contract("regression")
    table["target"] = table["target"].where(table.index > 1, -1e200)
    [violation] = validate_table(table, contract)[1]
    assert (violation.column, violation.count) == ("target", 2)
    assert "whose squares can be added up" in violation.expected


def test_nulls_are_refused_unless_nullable_or_target() -> None:
    table = sound()
    table["code"] = None
    table.loc[0, "target"] = None
    (violation,) = validate_table(table, RULES)[1]
    assert (violation.column, violation.expected, violation.count) == (
        "code", "nullable: false", 120
    )  # fmt: skip
    assert str(violation).startswith("column code: 120 nulls (row 1, row 2, row 3), but the ")
