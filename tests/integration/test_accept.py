"""A table that changed: what accept writes and says."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from ruamel.yaml import YAML

from src.adopt import sample, write
from src.adopt.accept import accepted, accepted_of, explained, violations_of
from src.base.contract import Contract
from src.base.errors import InputError
from src.tables import formats
from src.tables.validate import validate_table
from tests import kinds
from tests.tables import frame, make_contract, read_table
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


@pytest.mark.parametrize("rows", [7, 1000])
def test_what_is_accepted_does_not_depend_on_the_batches(rows: int, tmp_path: Path) -> None:
    known = make_contract(
        "binary",
        size={"kind": "numeric", "role": "feature", "min": 0, "max": 1},
        colour={"kind": "categorical", "role": "feature", "nullable": True, "levels": ["red"]},
    )
    grown = frame("binary", 200).assign(new=np.arange(200) % 5 / 2)
    grown.loc[[10, 150], "colour"] = ["violet", "amber"]
    grown["code"] = grown["code"].astype("object").where(grown.index < 190, "other")
    path = tmp_path / "table.parquet"
    grown.to_parquet(path, index=False)
    whole = accepted(read_table(path, known.csv), known)
    with patch.object(formats, "ROWS", rows):
        columns = accepted_of(path, known)
        updated = known.model_copy(update={"columns": columns})
        assert violations_of(path, updated) == []
        broken = violations_of(path, known)
    assert columns == whole
    assert columns["colour"].levels == ["red", *sorted({"amber", "blue", "green", "violet"})]
    at_once = validate_table(read_table(path, known.csv), known)[1]
    few, whole_ones = ({(one.column, one.expected, one.count) for one in found}
                       for found in (broken, at_once))  # fmt: skip
    assert few == whole_ones
    assert len(few) > 2


def test_columns_of_a_long_table_are_described_from_a_sample(tmp_path: Path) -> None:
    table = frame("binary", 500).assign(new=np.arange(500) / 2)
    table.loc[499, "new"] = 10_000.0
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    with patch.object(formats, "BLOCK", 4_000), patch.object(sample, "ROWS", 100):
        columns = accepted_of(path, make_contract("binary"))
    assert columns["new"].kind == "numeric"
    assert columns["new"].role == "feature"


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
