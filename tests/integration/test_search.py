"""The search: the same trials from any number of processes, and after an interruption."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import optuna
import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from src.base.contract import Task
from src.base.errors import InputError
from src.fitting.described import as_searched
from src.modelling import parallel
from src.modelling.metrics import leading
from src.search import __main__ as search
from src.search import tables
from src.search.candidates import Configuration, Sampler, SearchTrial, short
from src.search.files import OFF
from src.search.journal import Journals
from src.search.scoring import Folds
from src.search.tables import Found
from tests.searching import HGB, LINEAR, SPACE, fitted, found, wanted


def written(made: Found) -> list[object]:
    """Return all that a search leaves."""
    return [tables.trials(made).to_csv(), tables.importance(made).to_csv(), tables.summary(made),
            tables.best(made)]  # fmt: skip


def test_any_number_of_processes_finds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = written(found(tmp_path / "one", trials=4))
    monkeypatch.setattr(parallel, "LARGE", 0)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 3)
    with parallel.kept():
        assert written(found(tmp_path / "three", trials=4)) == made


@pytest.mark.parametrize("batches", [1, 3])
def test_an_interrupted_search_is_taken_up(
    batches: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = written(found(tmp_path / "whole"))
    scores, count = Folds.scores, 0

    def interrupted(*arguments: Any, **rest: Any) -> list[list[float]]:  # noqa: ANN401 - passed on
        nonlocal count
        count += 1
        if count > batches:
            raise KeyboardInterrupt
        return scores(*arguments, **rest)

    monkeypatch.setattr(Folds, "scores", interrupted)
    with pytest.raises(KeyboardInterrupt):
        found(tmp_path / "part")
    count = -10
    assert written(found(tmp_path / "part")) == made
    assert count == -10 + 4 - batches  # what params.yaml has, and three batches
    # Another search does not take anything up, and damage is as if there were nothing.
    for path in (tmp_path / "part").iterdir():
        path.write_text(path.read_text()[:-5], encoding="utf-8")
    count = -10
    assert written(found(tmp_path / "part")) == made
    assert count == -6


def test_a_journal_of_other_candidates_is_not_believed(tmp_path: Path) -> None:
    asked: list[Sequence[Configuration]] = []

    def scores(candidates: Sequence[Configuration]) -> list[list[float]]:
        asked.append(candidates)
        return [[float(len(asked))] for _ in candidates]

    first, second = (Configuration(HGB, {"max_iter": count}) for count in (1, 2))
    remembered = Journals([b"x"], tmp_path).remembering("all rows", scores)
    assert [remembered([first]), remembered([second])] == [[[1.0]], [[2.0]]]
    journals = Journals([b"x"], tmp_path)
    again = journals.remembering("all rows", scores)
    assert [again([first]), again([first]), again([second])] == [[[1.0]], [[3.0]], [[4.0]]]
    journals.forget()
    assert list(tmp_path.iterdir()) == []


def test_the_first_trial_is_what_params_yaml_has(tmp_path: Path) -> None:
    made = found(tmp_path)
    present = made.trials[0].candidate
    assert (made.trials[0].number, present.hyperparameters) == (0, fitted().hyperparameters)
    # What is not searched stays as it is.
    assert {one.candidate.hyperparameters["l2_regularization"] for one in made.trials} == {0.5}
    assert made.best.mean == max(one.mean for one in made.trials)
    table = tables.trials(made)
    assert table["trial"].tolist() == list(range(7))
    assert table["best"].is_monotonic_increasing
    assert table["score"].max() == table["best"].iloc[-1]


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_a_loss_is_minimised(task: Task, tmp_path: Path) -> None:
    metric = "log_loss" if task == "multiclass" else "root_mean_squared_error"
    estimator = HGB if task == "multiclass" else HGB.replace("Classifier", "Regressor")
    made = found(tmp_path, task, fitted(estimator=estimator), metric=metric,
                 space={estimator: SPACE[HGB]})  # fmt: skip
    assert made.best.mean == min(one.mean for one in made.trials)
    assert tables.trials(made)["best"].is_monotonic_decreasing


def test_equal_scores_leave_what_there_is() -> None:
    sampler = Sampler(wanted(), Configuration(HGB, {}), 1)
    trials = [
        SearchTrial(number, Configuration(HGB, {}), [0.7, 0.9 + number * 1e-12])
        for number in range(3)
    ]
    assert sampler.best(trials).number == 0


def test_estimators_are_compared(tmp_path: Path) -> None:
    space = {HGB: {"max_iter": {"low": 2, "high": 4}}, LINEAR: {"C": {"low": 0.1, "high": 10.0}}}
    made = found(tmp_path, trials=8, space=space)
    assert {one.candidate.estimator for one in made.trials} == {HGB, LINEAR}
    table = tables.trials(made)
    linear = table["estimator"] == LINEAR
    assert table.loc[linear, "LogisticRegression.C"].notna().all()
    assert table.loc[~linear, "LogisticRegression.C"].isna().all()
    # What params.yaml has of one estimator means nothing to another.
    assert all(set(one.candidate.hyperparameters) == {"C"}
               for one in made.trials if one.candidate.estimator == LINEAR)  # fmt: skip


def test_classes_of_one_name_are_told_apart_by_their_path() -> None:
    other = "other.HistGradientBoostingClassifier"
    names = [short(path, "max_iter", {HGB: {}, other: {}, LINEAR: {}})
             for path in (HGB, other, LINEAR)]  # fmt: skip
    assert names == [f"{HGB}.max_iter", f"{other}.max_iter", "LogisticRegression.max_iter"]
    assert short(HGB, "max_iter", {HGB: {}}) == "max_iter"


def test_a_nested_score_is_of_rows_that_no_trial_has_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    made = Folds.__init__

    def counted(self: Folds, train: Any, *rest: Any) -> None:  # noqa: ANN401 - passed on
        seen.append(len(train))
        made(self, train, *rest)

    monkeypatch.setattr(Folds, "__init__", counted)
    result = found(tmp_path, nested=True, trials=2)
    assert seen == [120, 80, 80, 80]
    assert len(result.nested) == 3
    assert tables.summary(result)["nested"]["mean"] == pytest.approx(sum(result.nested) / 3, 1e-5)


@property_settings(max_examples=50)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.booleans(), st.integers(0, 2**32 - 1))
def test_a_number_is_within_its_range(low: float, width: float, log: bool, seed: int) -> None:
    low = abs(low) + 1e-9 if log else low
    values = {"low": low, "high": low + width, "log": log}
    if not values["low"] < values["high"]:
        return
    chosen = wanted(seed=seed, sampler="random", trials=2, space={HGB: {"x": values}})
    asked: list[Configuration] = []

    def scores(candidates: Sequence[Configuration]) -> list[list[float]]:
        asked.extend(candidates)
        return [[0.5]] * len(candidates)

    list(Sampler(chosen, Configuration(HGB, {}), 1).trials(scores))
    assert all(low <= one.hyperparameters["x"] <= low + width for one in asked[1:])


def test_without_trials_nothing_is_imported_or_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(search, "load_settings", lambda _: wanted(trials=0))
    monkeypatch.setattr(importlib.util, "find_spec", None)
    out = tmp_path / "search"
    search.main(search.Arguments(tmp_path / "absent", tmp_path / "absent", out))
    assert {path.name: path.read_text() for path in out.iterdir()} == OFF
    assert "off (search.trials is 0)" in capsys.readouterr().out
    assert as_searched(fitted(), out / "best.json") == fitted()


def test_train_takes_what_was_found(tmp_path: Path) -> None:
    made, path = found(tmp_path), tmp_path / "best.json"
    path.write_text(json.dumps(tables.best(made)), encoding="utf-8")
    taken = as_searched(fitted(), path)
    assert taken.hyperparameters == made.best.candidate.hyperparameters
    assert taken.folds == fitted().folds
    path.write_text('{"estimator": 3}', encoding="utf-8")
    with pytest.raises(InputError, match=r"best.json: 2 faults"):
        as_searched(fitted(), path)


def test_importance_says_nothing_of_equal_trials(tmp_path: Path) -> None:
    made = found(tmp_path, space={HGB: {"max_iter": {"choices": [3]}}}, trials=3)
    assert tables.importance(made).empty
    assert tables.summary(made)["best"]["trial"] == 0
    assert optuna.logging.get_verbosity() == optuna.logging.ERROR
    assert leading("binary").name == "roc_auc"
