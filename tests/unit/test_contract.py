from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from src.base.contract import Contract, Task, load_contract
from src.base.errors import InputError
from src.base.settings import parse
from tests.tables import contract_dict
from tools.project import DEFAULT

PATH = Path("data/schema.yaml")


def parsed(content: dict[str, Any]) -> Contract:
    return parse(Contract, content, PATH)


def test_the_committed_contract_is_a_binary_task() -> None:
    committed = load_contract(DEFAULT / PATH)
    assert (committed.task, committed.positive) == ("binary", "malignant")
    assert len(committed.features) == 30


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_target_decides_the_task(task: Task) -> None:
    assert parsed(contract_dict(task)).task == task


def test_a_boolean_target_is_binary_and_true_is_positive() -> None:
    made = parsed(contract_dict("binary", target={"kind": "boolean", "role": "target"}))
    assert (made.task, made.positive) == ("binary", "True")


def test_whole_numbers_are_levels() -> None:
    target = {"kind": "categorical", "role": "target", "levels": [0, 1], "positive": 1}
    made = parsed(contract_dict("binary", target=target))
    assert made.columns["target"].levels == ["0", "1"]
    assert made.positive == "1"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"size": {"kind": "number", "role": "feature"}}, "columns.size.kind: found 'number'"),
        ({"size": {"kind": "numeric", "rolle": "feature"}}, "did you mean 'role'"),
        ({"size": {"kind": "numeric"}}, "columns.size.role: missing"),
        ({"size": {"kind": "numeric", "role": "target"}}, "exactly one column with role 'target'"),
        ({"target": {"kind": "numeric", "role": "ignore"}}, "found none"),
        ({"target": {"kind": "text", "role": "target"}}, "target target is text"),
        ({"target": {"kind": "categorical", "role": "target"}}, "two or more 'levels'"),
        ({"target": {"kind": "categorical", "role": "target", "levels": ["a", "b"]}},
         "'positive' names one of"),
        ({"size": {"kind": "text", "role": "feature", "min": 1}}, "'min' is a rule for numeric"),
        ({"size": {"kind": "numeric", "role": "feature", "levels": ["a"]}}, "'levels' is a rule"),
        ({"size": {"kind": "numeric", "role": "feature", "min": 2, "max": 1}},
         "columns.size: 'min' 2 is above 'max' 1"),
        ({"day": {"kind": "datetime", "role": "feature", "format": "%Q"}},
         "columns.day: 'format' '%Q': 'Q' is a bad directive"),
        ({"size": {"kind": "text", "role": "time"}}, "role 'time' needs kind numeric or datetime"),
        ({"target": {"kind": "boolean", "role": "target", "private": True}},
         "target target cannot be 'private'"),
        ({"row_key": {"kind": "text", "role": "ignore"}}, "'row_key' is reserved"),
        ({"size": {"kind": "numeric", "role": "group"}, "code": {"kind": "text", "role": "group"}},
         "more than one column with role 'group'"),
        ({"code": {"kind": "categorical", "role": "feature", "levels": ["a", "a"]}},
         "names one level twice"),
        ({"code": {"kind": "categorical", "role": "feature", "positive": "a"}},
         "'positive' is for the target"),
    ],
)  # fmt: skip
def test_a_broken_contract_is_explained(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        parsed(contract_dict("binary", **columns))
    assert str(error.value).startswith("data/schema.yaml: ")
    assert message in str(error.value)
    assert len(str(error.value)) < 250


@pytest.mark.parametrize("delimiter", ["", "::", "€", "\n"])
def test_a_delimiter_is_one_ascii_character(delimiter: str) -> None:
    content = contract_dict("binary")
    content["csv"] = content["csv"] | {"delimiter": delimiter}
    with pytest.raises(InputError, match=r"csv\.delimiter: found"):
        parsed(content)


def test_a_column_named_by_a_number_needs_quotes(tmp_path: Path) -> None:
    content = contract_dict("binary")
    content["columns"][2024] = {"kind": "numeric", "role": "feature"}
    path = tmp_path / "schema.yaml"
    with path.open("w") as stream:
        YAML(typ="safe").dump(content, stream)
    with pytest.raises(InputError, match="put the name 2024 in quotes"):
        load_contract(path)
