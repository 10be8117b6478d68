"""A table that changed: what accept writes and says."""

import pytest
from ruamel.yaml import YAML

from src.adopt import write
from src.adopt.accept import accepted, explained
from src.base.contract import Contract
from src.base.errors import InputError
from src.tables.validate import validate_table
from tests import kinds
from tests.tables import frame, make_contract
from tests.unit.test_adopt import proposed
from tools.project import DEFAULT


def test_slices_and_bounds_of_columns_that_are_gone_go_too() -> None:
    old = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    assert write.params_without(old, {"mean_radius"}) == old
    new = YAML(typ="safe").load(write.params_without(old, {"mean_area"}))
    assert new["evaluate"]["slices"]["columns"] == []
    assert not [path for path in new["gate"]["bounds"] if "mean_area" in path]


def test_a_new_column_of_one_value_is_left_out() -> None:
    table = kinds.make(["numbers"], "strings", 100, 0)
    columns = accepted(table.assign(version="1.5"), proposed(table).contract)
    assert columns["version"].role == "ignore"


def test_accepting_widens_what_is_broken_and_keeps_what_a_person_wrote() -> None:
    known = make_contract(
        "binary",
        size={"kind": "numeric", "role": "feature", "min": 0, "max": 1, "description": "in m"},
        colour={"kind": "categorical", "role": "ignore"},
        code={"kind": "numeric", "role": "feature"},
    )
    grown = frame("binary").drop(columns="day").assign(new=1.5, code="a")
    grown.loc[0, "target"] = "maybe"
    columns = accepted(grown, known)
    assert list(columns) == ["size", "colour", "code", "flag", "target", "new"]
    assert columns["size"].nullable
    assert columns["size"].description == "in m"
    assert columns["size"].min == grown["size"].min()
    assert columns["colour"].role == "ignore"
    assert columns["code"].kind == "categorical"
    assert columns["target"].levels == ["no", "yes", "maybe"]
    updated = Contract.model_validate({**known.model_dump(), "columns": {
        name: column.model_dump() for name, column in columns.items()}})  # fmt: skip
    assert validate_table(grown, updated)[1] == []


def test_another_table_is_not_accepted() -> None:
    with pytest.raises(InputError, match="'target' is not in the table"):
        accepted(frame("binary").drop(columns="target"), make_contract("binary"))


def test_accepting_says_what_was_renamed_and_what_follows() -> None:
    old = make_contract("binary").columns
    renamed = {("size_cm" if name == "size" else name): column for name, column in old.items()}
    lines = explained(old, renamed)
    assert lines[0].startswith("size_cm: new, taken for a numeric feature. Is it size, renamed?")
    assert lines[1] == "size: gone, with its rules and slices."
    assert "cannot compare with it and is inconclusive" in lines[2]
    assert explained(old, old) == []
    added = {**old, "weight": old["size"]}
    assert explained(old, added) == ["weight: new, taken for a numeric feature."]
