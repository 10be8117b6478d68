"""What adopt decides, and what it writes."""

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from src.adopt import show, trial, write
from src.adopt.accept import accepted
from src.adopt.bounds import bounds
from src.adopt.profile import profile
from src.adopt.propose import Proposal, propose, require_target
from src.base.contract import Contract, Csv
from src.base.errors import InputError
from src.tables.validate import validate_table
from tests import kinds
from tests.tables import CSV, SOURCE, frame, make_contract
from tools.project import DEFAULT

PLAIN = Csv.model_validate(CSV)


def proposed(table: pd.DataFrame, target: str = "the target") -> Proposal:
    profiles = {str(name): profile(table[name], ".") for name in table}
    return propose(table, profiles, target, PLAIN, SOURCE)


def table(**columns: Any) -> pd.DataFrame:  # noqa: ANN401 - any cells
    generator = np.random.default_rng(0)
    target = generator.choice(["no", "yes"], 400)
    return pd.DataFrame({"x": generator.normal(size=400), **columns, "the target": target})


def test_roles_and_split() -> None:
    ids = [f"c{row}" for row in range(400)]
    found = proposed(table(customer=ids, patient_id=[f"p{row // 4}" for row in range(400)]))
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
    made["status_date"] = pd.date_range("2024-01-01", periods=20).astype(str).tolist() * 20
    assert proposed(made).contract.names("ignore") == ["status", "status_date"]
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


def test_an_unknown_target_is_named() -> None:
    with pytest.raises(InputError, match=r"TARGET=incme: .* no such column; did you mean 'income'"):
        require_target("incme", ["age", "income"])


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


def test_a_table_gets_a_name_that_needs_no_quotes() -> None:
    assert write.destination("https://h/a%20b/sales.csv?v=1#x") == Path("data/raw/sales.csv")
    with pytest.raises(InputError, match=r"https://h/folder/: expected a name ending in \.csv"):
        write.destination("https://h/folder/")
    assert write.destination("s3://b/My table (1).CSV") == Path("data/raw/My_table_1.csv")
    assert write.destination("../x/täble.parquet") == Path("data/raw/t_ble.parquet")


def test_tables_adopted_before_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "RAW", tmp_path)
    for name in ("first.csv.dvc", "second.csv.dvc"):
        (tmp_path / name).touch()
    assert write.others(tmp_path / "second.csv") == [tmp_path / "first.csv.dvc"]


def test_bounds_lie_beyond_what_the_folds_scored() -> None:
    folds = {"roc_auc": {"mean": 0.9, "std": 0.01}, "log_loss": {"mean": 0.3, "std": 0.02}}
    found = bounds("binary", folds, 5)
    # Student's t: 3.747 * sqrt(1 + 1/5) * 0.01 * sqrt(5/4) = 0.0459
    assert found == {"test.roc_auc": {"min": 0.854}, "test.log_loss": {"max": 0.392}}
    assert bounds("regression", {"r2": {"mean": None, "std": None}}, 5) == {}


def test_a_bound_that_guessing_meets_is_told() -> None:
    table = kinds.make(["numbers"], "strings", 200, 0)
    profiles = {str(name): profile(table[name], ".") for name in table}
    useless = {"test.roc_auc": {"min": 0.4}, "test.log_loss": {"max": 2.0}}
    steps = show.next_steps(proposed(table), profiles, useless)
    assert any("test.roc_auc min 0.4 is no better than guessing" in step for step in steps)
    better = show.next_steps(proposed(table), profiles, {"test.roc_auc": {"min": 0.6}})
    assert not any("guessing" in step for step in better)


def test_a_long_table_is_tried_on_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = kinds.make(["numbers", "levels"], "strings", 400, 0)
    table.to_csv(tmp_path / "whole.csv", index=False)
    (tmp_path / "data").mkdir()
    contract = write.contract_text((DEFAULT / write.CONTRACT).read_text(), proposed(table).contract)
    (tmp_path / "data/schema.yaml").write_text(contract, encoding="utf-8")
    shutil.copy(DEFAULT / "params.yaml", tmp_path)
    monkeypatch.setattr(trial, "ROWS", 300)
    assert trial.prepare(tmp_path, table, tmp_path / "whole.csv").startswith(
        "part.parquet: 300 raw"
    )


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
