import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from src.base.contract import Contract
from src.prepare.overview import look
from src.prepare.sets import write_sets
from src.tables.equal_rows import equal_rows
from src.tables.findings import Finding, Looked, findings, in_order, listed, stability
from tests.tables import contract_dict, frame, make_contract


def looked(train: pd.DataFrame, test: pd.DataFrame, contract: Contract) -> Looked:
    """Write both sets and look at them as prepare does."""
    with tempfile.TemporaryDirectory() as name:
        paths = (Path(name) / "train.parquet", Path(name) / "test.parquet")
        sides = [
            (part.assign(row_key="0"), np.full(len(part), held_out))
            for part, held_out in ((train, False), (test, True))
        ]
        return look(*paths, write_sets(sides, contract, paths), contract)


def found(
    table: pd.DataFrame, contract_: Contract, test: pd.DataFrame | None = None
) -> set[tuple[str, str]]:
    held_out = frame("binary", 600, seed=1) if test is None else test
    seen = findings(looked(table, held_out, contract_), contract_, "row")
    return {(finding.warning, finding.column) for finding in seen}


def test_an_honest_table_gets_no_warning() -> None:
    assert found(frame("binary", 2000), make_contract("binary")) == set()


def test_rows_that_differ_in_the_target_alone_bound_the_accuracy() -> None:
    table = frame("binary", 400)
    twice = table.assign(target=["yes", "no"] * 200)
    both = pd.concat([table.assign(target="yes"), twice], ignore_index=True)
    sides = both.iloc[:700], both.iloc[700:]
    contract = make_contract("binary")
    warned = next(finding for finding in findings(looked(*sides, contract), contract, "row")
                  if finding.warning == "equal_features")  # fmt: skip
    assert "800 of 800 rows" in warned.message
    assert "400 of them differ in target" in warned.message
    assert "accuracy of 0.750" in warned.message


def test_rows_that_differ_in_a_number_bound_r2() -> None:
    answers = [0.0, 2.0, 5.0, 5.0, 9.0]
    table = pd.DataFrame({"key": [1, 1, 2, 2, 3], "answer": answers, "test": False})
    rows = table.to_records(index=False)
    counted = equal_rows([rows[:2], rows[2:]])
    assert (counted.rows, counted.disagreeing) == (4, 2)
    means = np.array([1.0, 1.0, 5.0, 5.0, 9.0])
    assert counted.ceiling == pytest.approx(r2_score([0.0, 2.0, 5.0, 5.0, 9.0], means))


def test_a_copy_of_the_target_is_target_leakage() -> None:
    table = frame("binary", 2000)
    table["code"] = table["target"].map({"no": "17", "yes": "18"})
    assert ("target_leakage", "code") in found(table, make_contract("binary"))


def test_columns_that_say_nothing() -> None:
    table = frame("binary", 2000).assign(flag=False)
    table["colour"] = [f"colour {row}" for row in range(2000)]
    warned = found(table, make_contract("binary"))
    assert {("near_constant", "flag"), ("near_unique", "colour")} <= warned


def test_rare_classes_and_imbalance() -> None:
    table = frame("multiclass", 2000)
    table.loc[3:1999, "target"] = table.loc[3:1999, "target"].replace("c", "a")
    assert ("rare_class", "target") in found(table, make_contract("multiclass"), table)
    table = frame("binary", 2000)
    table.loc[100:, "target"] = "no"
    assert ("imbalance", "target") in found(table, make_contract("binary"), table)


def test_rows_with_an_id_may_be_copies_across_the_split() -> None:
    with_id = make_contract("binary", key={"kind": "text", "role": "id"})
    train = frame("binary", 500).assign(key=[f"a{row}" for row in range(500)])
    other = frame("binary", 500, seed=1).assign(key="b")
    assert ("duplicates", "target") not in found(train, with_id, other)
    copies = train.head(100).assign(key=[f"c{row}" for row in range(100)])
    assert ("duplicates", "target") in found(train, with_id, pd.concat([other, copies]))


def test_time_and_group_that_the_split_ignores() -> None:
    roles = {"day": {"kind": "datetime", "role": "time"}, "code": {"kind": "text", "role": "group"}}
    warned = found(frame("binary"), make_contract("binary", **roles))
    assert {("time_order", "day"), ("group_leakage", "code")} <= warned
    ordered = frame("binary").sort_values("day", ignore_index=True)
    assert ("time_order", "day") in found(ordered, make_contract("binary"))
    assert in_order(ordered["day"][::-1])
    assert not in_order(frame("binary")["day"])


def test_a_shift_is_told_from_chance() -> None:
    test = frame("binary", 600, seed=1)
    assert ("shift", "size") in found(frame("binary", 2000), make_contract("binary"),
                                      test.assign(size=test["size"] + 1))  # fmt: skip
    generator = np.random.default_rng(0)
    for rows in (30, 300, 3000):
        old, new = (pd.Series(generator.normal(size=rows)) for _ in range(2))
        index, noise = stability(old, new)
        assert index < 0.25 + noise


def test_an_acknowledged_warning_keeps_its_reason_and_leaves_the_list() -> None:
    content = contract_dict("binary") | {
        "acknowledged": [{"warning": "near_constant", "column": "flag", "reason": "new"}]
    }
    table = frame("binary", 2000).assign(flag=False)
    contract = Contract.model_validate(content)
    seen = findings(looked(table, frame("binary", 600, seed=1), contract), contract, "row")
    flag = next(finding for finding in seen if finding.column == "flag")
    assert flag.reason == "new"
    assert listed([flag]) == ["1 acknowledged in data/schema.yaml"]


def test_the_list_says_how_to_acknowledge() -> None:
    lines = listed([Finding("shift", "it's [odd]", "moved")])
    assert lines[:2] == ["1 warning:", "  shift: it's [odd]: moved"]
    assert "{warning: shift, column: 'it''s [odd]', reason: why}" in lines[2]
    assert listed([]) == []


def test_what_is_acknowledged_must_be_a_column() -> None:
    content = contract_dict("binary") | {
        "acknowledged": [{"warning": "shift", "column": "sise", "reason": "new"}]
    }
    with pytest.raises(ValueError, match="'acknowledged' names no column: 'sise'; did you mean"):
        Contract.model_validate(content)
