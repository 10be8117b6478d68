"""The quick trial of adopt, and the bounds that follow from it."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from src.adopt import show, trial, write
from src.adopt.bounds import Bounds, bounds
from src.adopt.guessing import Guess, guesses
from src.adopt.profile import profile
from src.adopt.sample import Sample
from src.base.contract import CONTRACT
from tests import kinds
from tests.tables import frame, make_contract
from tests.unit.test_adopt import proposed
from tools.project import DEFAULT


def folds(**scores: list[float]) -> list[dict[str, float | None]]:
    return [dict(zip(scores, values, strict=True)) for values in zip(*scores.values(), strict=True)]


def guess(deviation: float = 0.02, **scores: float) -> dict[str, Guess]:
    return {name: Guess(score, deviation) for name, score in scores.items()}


def test_bounds_lie_beyond_what_the_folds_scored() -> None:
    scored = folds(roc_auc=[0.88, 0.89, 0.9, 0.91, 0.92], log_loss=[0.3] * 5)
    found = bounds("binary", scored, guess(roc_auc=0.5, log_loss=0.69), 0.3)
    # Student's t with 4 degrees of freedom: 4.604 * 0.01581 * sqrt(1 / 5 + 0.3) = 0.0515
    assert found == Bounds({"test.roc_auc": {"min": 0.848}, "test.log_loss": {"max": 0.3}})
    undefined: list[dict[str, float | None]] = [{"r2": None}, {"r2": 0.5}]
    assert bounds("regression", undefined, guess(r2=0.0), 1).of == {}


@pytest.mark.parametrize("scores", [[0.5, 0.9, 0.55, 0.8, 0.6], [0.51, 0.5, 0.49, 0.5, 0.51]])
def test_no_bound_is_as_weak_as_guessing(scores: list[float]) -> None:
    found = bounds("binary", folds(roc_auc=scores), guess(roc_auc=0.5), 0.3)
    assert found.weak == ("test.roc_auc",)
    assert 0.5 < found.of["test.roc_auc"]["min"] < 0.6
    uneven = folds(r2=[0.1, -0.2, 0.3], root_mean_squared_error=[3.0, 9.0, 7.0])
    losses = bounds("regression", uneven, guess(r2=-0.01, root_mean_squared_error=6.0), 0.3)
    assert losses.of["test.r2"]["min"] > -0.01
    assert losses.weak == ("test.r2",)
    one_useful = folds(roc_auc=[0.8, 0.82, 0.81], log_loss=[0.2, 1.1, 0.5])
    known = guess(roc_auc=0.5, log_loss=0.6)
    assert list(bounds("binary", one_useful, known, 0.3).of) == ["test.roc_auc"]


def test_a_weak_bound_lies_between_guessing_and_prediction_beside_their_spread() -> None:
    scored = folds(roc_auc=[0.6, 0.65, 0.7, 0.75])  # spread 0.0645 * sqrt(1 / 4 + 0.75) = 0.0645
    found = bounds("binary", scored, guess(0.0645, roc_auc=0.5), 0.75)
    assert found == Bounds({"test.roc_auc": {"min": 0.587}}, ("test.roc_auc",))


def test_a_small_test_set_scores_far_from_guessing_by_chance() -> None:
    sides = [frame("binary", 300, 1), frame("binary", 60, 2)]
    train, test = (side.assign(row_key=[f"{row:x}" for row in range(len(side))]) for side in sides)
    found = guesses(train, test, make_contract("binary"))["roc_auc"]
    # Hanley and McNeil (1982): sqrt((30 + 30 + 1) / (12 * 30 * 30)) = 0.0752
    assert found.score == 0.5
    assert found.deviation == pytest.approx(0.0752, rel=0.15)
    large = guesses(train, pd.concat([test] * 100), make_contract("binary"))["roc_auc"]
    assert large.deviation == pytest.approx(found.deviation / 10, rel=0.2)


def test_a_weak_bound_is_told() -> None:
    table = kinds.make(["numbers"], "strings", 200, 0)
    profiles = {str(name): profile(table[name], ".") for name in table}
    useless = Bounds({"test.roc_auc": {"min": 0.51}}, ("test.roc_auc",))
    steps = show.next_steps(proposed(table), profiles, useless, ())
    assert any("test.roc_auc is only a step from guessing" in step for step in steps)
    better = Bounds({"test.roc_auc": {"min": 0.6}})
    first, *others = show.next_steps(proposed(table), profiles, better, {"catboost"})
    assert not any("guessing" in step for step in others)
    assert "`EXTRAS :=` in the Makefile name catboost" in first


def test_slices_need_levels_on_both_sides(tmp_path: Path) -> None:
    sides = {"train": ["a", "b", "a"], "test": ["a", "a", "b"]}
    for side, levels in sides.items():
        part = pd.DataFrame({"both": levels, "one": [side, "x", "x"], "n": [1.0, 2.0, 3.0]})
        part.to_parquet(tmp_path / f"{side}.parquet")
    assert trial.on_both_sides(tmp_path, ("both", "one", "n")) == ("both", "n")


def test_a_long_table_is_tried_on_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = kinds.make(["numbers", "levels"], "strings", 400, 0)
    table.to_csv(tmp_path / "whole.csv", index=False)
    (tmp_path / "data").mkdir()
    contract = write.contract_text((DEFAULT / CONTRACT).read_text(), proposed(table).contract)
    (tmp_path / "data/schema.yaml").write_text(contract, encoding="utf-8")
    shutil.copy(DEFAULT / "params.yaml", tmp_path)
    monkeypatch.setattr(trial, "ROWS", 300)
    assert trial.prepare(tmp_path, Sample(table, 400), tmp_path / "whole.csv").startswith(
        "part.parquet: 300 raw"
    )
