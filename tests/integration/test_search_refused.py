"""What cannot be searched is one message, which names the key of params.yaml."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from src.base.errors import InputError
from src.search import __main__ as search
from src.search.journal import Journals
from src.search.run import searched
from tests.searching import HGB, LINEAR, fitted, found, quietly, wanted
from tests.tables import make_contract
from tests.unit.test_folds import keyed


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"space": {HGB: {"max_iter": {"low": 9, "high": 1}}}}, "should be {low: 1, high: 10}"),
        ({"space": {HGB: {"max_iter": {"low": 0, "high": 1, "log": True}}}}, "with log: true if"),
        ({"space": {HGB: {"max_iter": {"choices": []}}}}, "should be"),
        ({"space": {HGB: {"max_iter": {"low": 1, "hihg": 2}}}}, "should be"),
        ({"space": {HGB: {"max_iter": 5}}}, r"search.space.*max_iter: found 5"),
        ({"space": {}}, "space should name an estimator"),
        ({"sampler": "grid"}, "search.sampler: found 'grid'"),
        ({"batch": 0}, "search.batch: found 0"),
    ],
)
def test_a_section_that_cannot_be_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        wanted(**changed)


@pytest.mark.parametrize(
    ("changed", "fit", "says"),
    [
        ({"metric": "r2"}, {}, "search.metric: 'r2' is no metric of a binary task"),
        ({}, {"folds": 0}, "search.trials: a search scores on folds, and train.folds is 0"),
        ({"space": {"sklearn.nowhere.X": {"a": {"choices": [1]}}}}, {}, "search.space: cannot"),
        ({"space": {HGB: {"max_itre": {"choices": [1]}}}}, {}, "max_itre: .* did you mean"),
        ({"space": {HGB: {"max_iter": {"choices": [-1]}}}}, {}, f"search.space.{HGB}: .* refuses"),
        ({"space": {HGB: {"random_state": {"choices": [1]}}}}, {}, "set train.seed"),
        ({"space": {LINEAR: {"tol": {"choices": [1]}, "solver": {"choices": ["lbfgs"]},
                             "C": {"choices": [1]}, "penalty": {"choices": ["l1"]}}}},
         {}, "search.space: .*cannot be trained"),
        ({}, {"hyperparameters": {"max_depth": date(2026, 4, 1)}},
         r"train.hyperparameters.max_depth: found datetime.date\(.*, which JSON does not know"),
        ({}, {"hyperparameters": {"max_depth": math.inf}}, "max_depth: found inf, which JSON"),
        ({}, {"hyperparameters": {"max_itre": 1}}, "train.hyperparameters.max_itre"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_one_message(
    changed: dict[str, Any], fit: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=says):
        found(tmp_path, fit=fitted(**fit), **changed)


def test_an_undefined_score_is_refused(tmp_path: Path) -> None:
    table, contract = keyed("binary"), make_contract("binary")
    positive = contract.positive
    other = next(name for name in table["target"].unique() if name != positive)
    table["target"] = [positive if row % 10 == 0 else other for row in range(len(table))]
    constant = fitted(hyperparameters={"min_samples_leaf": 1000})
    with pytest.raises(InputError, match=r"search.metric: precision is undefined on a fold of 40"):
        searched(table, contract, wanted(metric="precision"), constant,
                 Journals([], tmp_path), quietly)  # fmt: skip


def test_optuna_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "load_settings", lambda _: wanted())
    monkeypatch.setattr(search, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"EXTRAS := search"):
        search.main(search.Arguments(tmp_path / "a", tmp_path / "b", tmp_path / "search"))
    assert not (tmp_path / "search").exists()
