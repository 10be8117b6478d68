"""What adopt decides, and what it writes."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from src.adopt import show, track, write
from src.adopt.choices import Choices, names_in
from src.adopt.count import Profiled
from src.adopt.profile import profile
from src.adopt.propose import Proposal, propose, require_names, require_target
from src.base.contract import Csv
from src.base.errors import InputError
from tests import kinds
from tests.tables import CSV, SOURCE
from tools.project import DEFAULT

PLAIN = Csv.model_validate(CSV)


def proposed(table: pd.DataFrame, target: str = "the target", **said: Any) -> Proposal:  # noqa: ANN401 - any choice
    profiles = {str(name): profile(table[name], ".") for name in table}
    looked = Profiled.of(table, profiles, target)
    return propose(looked, Choices(target, **said), PLAIN, SOURCE)


def table(**columns: Any) -> pd.DataFrame:  # noqa: ANN401 - any cells
    generator = np.random.default_rng(0)
    target = generator.choice(["no", "yes"], 400)
    return pd.DataFrame({"x": generator.normal(size=400), **columns, "the target": target})


def test_roles_and_split() -> None:
    ids = [f"c{row}" for row in range(400)]
    made = table(customer=ids, patient_id=[f"p{row // 4}" for row in range(400)])
    made["the target"] = [
        "yes" if row // 4 % 3 == 0 or row % 29 == 0 else "no" for row in range(400)
    ]
    found = proposed(made)
    roles = {name: column.role for name, column in found.contract.columns.items()}
    assert roles == {
        "x": "feature",
        "customer": "id",
        "patient_id": "group",
        "the target": "target",
    }
    assert found.split == "group"
    days = pd.date_range("2024-01-01", periods=400).astype(str)
    found = proposed(table(day=days))
    assert (found.split, found.contract.names("time")) == ("time", ["day"])
    assert proposed(table(day=days[::-1].tolist()[200:] + days[:200].tolist())).split == "row"


def test_where_few_cells_are_null_any_may_be() -> None:
    table = kinds.make(["numbers", "levels", "booleans"], "strings", 200, 0)

    def nullable() -> dict[str, bool]:
        return {name: column.nullable for name, column in proposed(table).contract.columns.items()}

    assert not any(nullable().values())
    table.loc[:99, "numbers"] = None
    assert [name for name, may_be in nullable().items() if may_be] == ["numbers"]
    table["numbers"] = table["numbers"].fillna(1.5)
    table.loc[7, "numbers"] = None
    assert [name for name, may_be in nullable().items() if not may_be] == ["the target"]


def test_leaks_are_left_out_unless_nothing_else_is_left() -> None:
    made = table()
    made["status"] = made["the target"].map({"no": "open", "yes": "closed"})
    found = proposed(made)
    assert found.contract.names("ignore") == ["status"]
    assert found.leaks[0].grade == "certain"
    assert "To keep status, give it role feature" in str(show.leakage(found))
    assert proposed(made[["status", "the target"]]).contract.features == ["status"]


@pytest.mark.parametrize(
    ("kind", "task", "positive"),
    [("strings", "binary", "pos"), ("booleans", "binary", "True"), ("zero and one", "binary", "1"),
     ("rare", "binary", "rare"), ("several", "multiclass", None), ("grades", "multiclass", None),
     ("numbers", "regression", None), ("amounts", "regression", None)],
)  # fmt: skip
def test_tasks(kind: str, task: str, positive: str | None) -> None:
    found = proposed(kinds.make(["numbers"], kind, 200, 0)).contract
    assert found.task == task
    assert found.columns["the target"].positive == positive


@pytest.mark.parametrize(
    ("kind", "message"),
    [("one class", "has 1 distinct values"), ("prose", "200 different texts in 200 rows"),
     ("nothing", "has 0 distinct values"), ("days", "holds times")],
)  # fmt: skip
def test_targets_that_cannot_be_predicted(kind: str, message: str) -> None:
    with pytest.raises(InputError, match=f"column the target: .*{message}"):
        proposed(kinds.make(["numbers"], kind, 200, 0))


def test_a_column_without_a_name_is_told_as_the_index_that_it_may_be() -> None:
    with pytest.raises(InputError, match=r"a\.csv: column 1 has no name, as where pandas has"):
        require_names("a.csv", ["", "x"])
    with pytest.raises(InputError, match=r"column 2 has no name"):
        require_names("a.csv", ["x", " "])


def test_an_unknown_target_is_named() -> None:
    with pytest.raises(InputError, match=r"TARGET=incme: .* no such column; did you mean 'income'"):
        require_target("incme", ["age", "income"])


def test_a_reserved_column_name_is_one_message() -> None:
    with pytest.raises(InputError, match=r"data/schema.yaml: .* name 'row_key' is reserved"):
        proposed(table(row_key=np.arange(400.0)))


def test_the_files_keep_their_comments_and_hold_the_proposal() -> None:
    found = proposed(kinds.make(["numbers", "levels", "yes and no"], "strings", 400, 0))
    old = (DEFAULT / "data/schema.yaml").read_text(encoding="utf-8")
    text = write.contract_text(old, found.contract)
    assert text.startswith(old.partition("source:")[0])
    assert write.contract_text(text, found.contract) == text
    old = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    text = write.params_text(old, found, Path("data/raw/t.csv"), {"test.roc_auc": {"min": 0.5}})
    changed = set(text.splitlines()) - set(old.splitlines())
    assert any(line.startswith("  table: data/raw/t.csv ") for line in changed)
    assert [line.partition("#")[2] for line in old.splitlines() if line.count("#")][:3] == [
        line.partition("#")[2] for line in text.splitlines() if line.count("#")
    ][:3]


def test_classes_are_boosted_until_the_last_tenth_of_the_rows_says_stop() -> None:
    old = (DEFAULT / "params.yaml").read_text(encoding="utf-8")

    def stopping(rows: int, target: str) -> object:
        found = proposed(kinds.make(["numbers", "levels"], target, rows, 0))
        new = write.params_text(old, found, Path("data/raw/t.csv"), {})
        again = write.params_text(new, found, Path("data/raw/t.csv"), {})
        assert again == new
        return YAML(typ="safe").load(new)["train"]["hyperparameters"].get("early_stopping")

    assert stopping(400, "strings") is False
    assert stopping(2_000, "strings") is True
    assert stopping(2_000, "numbers") is None
    assert stopping(2_000, "one in a thousand") is False


def test_a_tiny_table_gets_a_linear_model() -> None:
    old = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    for target, expected in (("strings", "LogisticRegression"), ("numbers", "Ridge")):
        found = proposed(kinds.make(["numbers", "levels"], target, 60, 0))
        new = write.params_text(old, found, Path("data/raw/t.csv"), {})
        train = YAML(typ="safe").load(new)["train"]
        assert train["estimator"] == f"sklearn.linear_model.{expected}"
        assert train["hyperparameters"] == {}


def test_lists_that_dvc_has_written_are_replaced() -> None:
    found = proposed(kinds.make(["numbers", "levels", "yes and no"], "strings", 400, 0))
    plain = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    blocks = re.sub(r"columns: \[mean_area\]( +#.*)", r"columns:\1\n    - mean_area", plain)
    assert blocks != plain  # this is how `dvc exp run -S` writes every list
    for old in (plain, blocks):
        new = YAML(typ="safe").load(write.params_text(old, found, Path("data/raw/t.csv"), {}))
        assert new["evaluate"]["slices"]["columns"] == ["levels", "yes and no"]
        assert new["evaluate"]["importance"] == {"repeats": 5, "max_rows": 500}


def test_a_table_gets_a_name_that_needs_no_quotes() -> None:
    assert track.destination("https://h/a%20b/sales.csv?v=1#x") == Path("data/raw/sales.csv")
    with pytest.raises(InputError, match=r"/folder/: expected a name ending in \.csv"):
        track.destination("https://h/folder/")
    assert track.destination("s3://b/My table (1).CSV") == Path("data/raw/My_table_1.csv")
    assert track.destination("../x/täble.parquet") == Path("data/raw/t_ble.parquet")


def test_tables_adopted_before_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track, "RAW", tmp_path)
    for name in ("first.csv.dvc", "second.csv.dvc"):
        (tmp_path / name).touch()
    assert track.others(tmp_path / "second.csv") == [str(tmp_path / "first.csv.dvc")]


def test_what_a_person_says_stands() -> None:
    made = table(
        name=[f"p{row // 4}" for row in range(400)], visit=list(range(400)), pay=[5.0, 7.0] * 200
    )
    found = proposed(made, group=("name",), time=("visit",), ignore=("x",), positive="no").contract
    roles = {name: column.role for name, column in found.columns.items()}
    assert roles == {"x": "ignore", "name": "group", "visit": "time", "pay": "feature",
                     "the target": "target"}  # fmt: skip
    assert found.positive == "no"
    grades = table().assign(**{"the target": np.arange(400) % 5})
    assert proposed(grades).contract.task == "multiclass"
    assert proposed(grades, task="regression").contract.task == "regression"
    with pytest.raises(InputError, match=r"POSITIVE=maybe: expected one of two classes.*\]\.$"):
        proposed(made, positive="maybe")
    with pytest.raises(InputError, match=r"did you mean 'yes'\?"):
        proposed(made, positive="Yes")
    with pytest.raises(InputError, match="TASK=binary: column the target has 5 values"):
        proposed(grades, task="binary")
    with pytest.raises(InputError, match="TASK=regression: column the target is boolean"):
        proposed(made, task="regression")


def test_a_column_that_is_said_is_one_of_the_table() -> None:
    known = ["a", "b, c", "d"]
    assert names_in("a, d", known, "ID", "t") == ("a", "d")
    assert names_in("b, c", known, "ID", "t") == ("b, c",)
    assert names_in("", known, "ID", "t") == ()
    assert names_in("", ["", "a"], "ID", "t") == ()
    with pytest.raises(InputError, match="GROUP=aa: the table has no column 'aa'"):
        names_in("aa", known, "GROUP", "t")
    with pytest.raises(InputError, match="IGNORE=d: 'd' is the target"):
        names_in("d", known, "IGNORE", "d")


def test_a_repeated_number_is_no_group_without_evidence() -> None:
    numbers = [row % 100 for row in range(400)]
    asked = proposed(table(sample_number=numbers))
    assert asked.contract.columns["sample_number"].role == "feature"
    assert asked.reasons["sample_number"].startswith("a group?")
    alike = table(sample_number=numbers)
    odd = np.array(numbers) % 2 == 1
    alike["the target"] = np.where(odd | (np.arange(400) % 17 == 0), "yes", "no")
    assert proposed(alike).contract.columns["sample_number"].role == "group"


@pytest.mark.parametrize(
    ("columns", "said", "final", "folds"),
    [
        ({}, {}, "ensemble", 8),
        ({"day": pd.date_range("2024-01-01", periods=400)}, {"time": ("day",)}, "refit", 5),
        ({"site": [f"s{row % 15}" for row in range(400)]}, {"group": ("site",)}, "refit", 5),
        ({"site": [f"s{row % 50}" for row in range(400)]}, {"group": ("site",)}, "ensemble", 8),
    ],
)
def test_a_mean_of_folds_needs_every_class_in_each_and_no_time(
    columns: dict[str, Any], said: dict[str, Any], final: str, folds: int
) -> None:
    found = proposed(table(**columns), **said)
    assert (found.model.final, found.model.folds) == (final, folds)
    text = write.params_text((DEFAULT / "params.yaml").read_text(), found, Path("data/x.csv"), {})
    train = YAML(typ="safe").load(text)["train"]
    assert (train["final"], train["folds"]) == (final, folds)


def test_folds_are_no_more_than_the_groups_of_a_training_set() -> None:
    made = table(site=[f"s{row % 8}" for row in range(400)])
    made["the target"] = np.random.default_rng(0).normal(size=400)
    found = proposed(made, group=("site",)).model
    assert (found.final, found.folds) == ("refit", 4)


def test_a_rare_class_is_left_to_one_model() -> None:
    made = table()
    made["the target"] = ["rare"] * 19 + ["often"] * 381
    assert proposed(made).model.final == "refit"
