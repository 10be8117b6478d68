from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src.checks import check, refuse
from src.errors import InputError
from tests.tables import frame, schema

RULES = schema(
    "binary",
    size={"kind": "numeric", "role": "feature", "min": -9, "max": 9},
    colour={"kind": "categorical", "role": "feature", "levels": ["red", "green", "blue"]},
)


def sound() -> pd.DataFrame:
    return frame("binary").fillna({"size": 0.0, "colour": "red"}).reset_index(drop=True)


def test_a_sound_table_has_no_violation() -> None:
    assert check(sound(), RULES)[1] == []


def test_every_violation_is_reported_at_once() -> None:
    table = sound().astype({"size": "object"})
    table.loc[0, "size"] = "wide"
    table.loc[1, "size"] = -10.0
    table.loc[2, "size"] = np.inf
    table.loc[3, "size"] = np.nan
    table.loc[4, "colour"] = "mauve"
    table.loc[5, "target"] = "perhaps"
    violations = check(table, RULES)[1]
    assert {(one.column, one.rule, one.count) for one in violations} == {
        ("size", "is numeric", 1),
        ("size", "is at least -9", 1),
        ("size", "is at most 9", 1),
        ("size", "is finite", 1),
        ("size", "is not null", 1),
        ("colour", "is one of red, green, blue", 1),
        ("target", "is one of no, yes", 1),
    }


def test_the_report_names_column_rule_count_and_rows() -> None:
    table = sound()
    table.loc[[3, 5, 7, 9], "colour"] = "mauve"
    with pytest.raises(InputError) as error:
        refuse(check(table, RULES)[1], Path("raw.csv"), Path("schema.yaml"))
    assert "raw.csv breaks schema.yaml in 1 way " in str(error.value)
    assert (
        "colour: not every cell is one of red, green, blue "
        "(4 rows; row 4: 'mauve', row 6: 'mauve', row 8: 'mauve')"
    ) in str(error.value)


def test_nulls_are_refused_unless_nullable_or_target() -> None:
    table = sound()
    table["code"] = None
    table.loc[0, "target"] = None
    (violation,) = check(table, RULES)[1]
    assert (violation.column, violation.rule, violation.count) == ("code", "is not null", 120)
