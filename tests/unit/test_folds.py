"""Folds of the training set: what must stay together, stays together."""

from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from src.base.contract import ROW_KEY, Task
from src.base.errors import InputError
from src.fitting.cross_validation import folds
from src.modelling.predictions import labels
from src.train.training import trained
from tests.tables import frame, make_contract
from tests.training import quietly
from tests.training import settings as settings_of


def keyed(task: Task, rows: int = 120) -> pd.DataFrame:
    """Return a table as prepare leaves it, every row with a key of its own."""
    return frame(task, rows).assign(**{ROW_KEY: [f"{row:016x}" for row in range(rows)]})


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_folds_cover_every_row_once(task: Task) -> None:
    made = folds(keyed(task), make_contract(task), 4, seed=0)
    validated = np.concatenate([validate for _, validate in made])
    assert sorted(validated) == list(range(120))


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_without_equal_rows_the_folds_are_scikit_learns(task: Task) -> None:
    table, contract = keyed(task), make_contract(task)
    by_row = (KFold if task == "regression" else StratifiedKFold)(5, shuffle=True, random_state=3)
    truth = labels(table["target"], contract)
    for own, theirs in zip(folds(table, contract, 5, 3), by_row.split(table, truth), strict=True):
        assert [side.tolist() for side in own] == [side.tolist() for side in theirs]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["binary", "multiclass", "regression"]), st.integers(0, 2**16))
def test_rows_with_one_key_stay_in_one_fold(task: Task, seed: int) -> None:
    table = keyed(task)
    keys = np.random.default_rng(seed).integers(0, 50, 120)
    table[ROW_KEY] = [f"{key:016x}" for key in keys]
    validated = []
    for fit, validate in folds(table, make_contract(task), 3, seed=seed):
        assert not set(keys[fit]) & set(keys[validate])
        assert len(fit) + len(validate) == 120
        validated += validate.tolist()
    assert sorted(validated) == list(range(120))


def test_folds_respect_groups_and_time() -> None:
    table = keyed("binary").assign(unit=[f"u{row % 9}" for row in range(120)])
    grouped = make_contract("binary", unit={"kind": "categorical", "role": "group"})
    for fit, validate in folds(table, grouped, 3, seed=0):
        assert not set(table["unit"].iloc[fit]) & set(table["unit"].iloc[validate])
    timed = make_contract("binary", day={"kind": "datetime", "role": "time"})
    for fit, validate in folds(table, timed, 3, seed=0):
        assert table["day"].iloc[fit].max() < table["day"].iloc[validate].min()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=30, max_size=90), st.integers(2, 5), st.randoms())
def test_rows_of_one_time_stay_in_one_fold_whatever_their_order(
    times: list[int], count: int, random: Random
) -> None:
    table = keyed("regression", len(times)).assign(day=[float(one) for one in times])
    timed = make_contract("regression", day={"kind": "numeric", "role": "time"})
    if len(set(times)) <= count:
        with pytest.raises(InputError, match=f"by time they need {count + 1} different times"):
            folds(table, timed, count, seed=0)
        return
    made = folds(table, timed, count, seed=0)
    days = table["day"].to_numpy()
    for fit, validate in made:
        assert days[fit].max() < days[validate].min()
    places = list(range(len(times)))
    random.shuffle(places)
    again = folds(table.iloc[places].reset_index(drop=True), timed, count, seed=0)
    for (_, validate), (_, shuffled) in zip(made, again, strict=True):
        assert {places[row] for row in shuffled} == set(validate.tolist())


def test_folds_of_groups_and_times_are_scikit_learns_and_take_a_byte_a_row() -> None:
    table = keyed("binary").assign(unit=[f"u{row % 9}" for row in range(120)])
    grouped = make_contract("binary", unit={"kind": "categorical", "role": "group"})
    truth = labels(table["target"], grouped)
    order = np.argsort(table["day"].to_numpy(), kind="stable")
    by_group = StratifiedGroupKFold(3, shuffle=True, random_state=0)
    expected = {
        "group": list(by_group.split(table, truth, table["unit"])),
        "time": [
            (order[fit], order[validate]) for fit, validate in TimeSeriesSplit(3).split(order)
        ],
    }
    timed = make_contract("binary", day={"kind": "datetime", "role": "time"})
    for role, contract in (("group", grouped), ("time", timed)):
        made = folds(table, contract, 3, seed=0)
        assert made.of_row.nbytes == 120
        for own, theirs in zip(made, expected[role], strict=True):
            assert [side.tolist() for side in own] == [side.tolist() for side in theirs]


def test_too_many_folds_are_explained() -> None:
    with pytest.raises(InputError, match=r"train\.folds: 500 folds do not fit"):
        folds(keyed("binary"), make_contract("binary"), 500, seed=0)


def test_a_fold_without_a_rare_class_is_scored() -> None:
    table, contract = keyed("multiclass"), make_contract("multiclass")
    table.loc[table.index[:119], "target"] = np.where(np.arange(119) % 2, "a", "c")
    table.loc[119, "target"] = "b"
    forest = {
        "estimator": "sklearn.ensemble.RandomForestClassifier",
        "hyperparameters": {"n_estimators": 5},
    }
    with pytest.warns(UserWarning, match="least populated class"):
        _, found = trained(table, contract, settings_of(**forest), quietly)
    scored = found.scores()
    assert len(scored) == 3
    assert pd.DataFrame(scored).notna().to_numpy().all()
