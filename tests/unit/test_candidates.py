"""The settings that adopt tries on folds, and that the best of them is what it proposes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from src.adopt import candidates, show, trial, write
from src.adopt.__main__ import unnamed_extras
from src.adopt.candidates import PLAIN, PROPOSED, SMALL
from src.adopt.choices import Choices
from src.adopt.model import SMALLER, with_catboost
from src.adopt.profile import profile
from src.adopt.trial import Scored
from tests.unit.test_adopt import proposed, table
from tools.project import DEFAULT

BYTES = 810_000
GIVEN = {"learning_rate": 0.1, "max_iter": 100, "l2_regularization": 1.0}


def tried(
    scores: dict[str, list[float | None]], folder: Path, monkeypatch: pytest.MonkeyPatch,
    *, whole: bool = True, rows: int = 400, extras: tuple[str, ...] = (),
) -> tuple[candidates.Tried, list[dict[str, Any]]]:  # fmt: skip
    """Let folds score as they are told, one setting after the other; return what was fitted."""
    fitted: list[dict[str, Any]] = []
    waiting = list(scores.values())

    def cross_validate(folder: Path, *_: object) -> Scored:
        text = (folder / "params.yaml").read_text(encoding="utf-8")
        train = YAML(typ="safe").load(text)["train"]
        fitted.append(
            train["hyperparameters"] | {"members": train["members"]}
            if extras
            else train["hyperparameters"]
        )
        return Scored([{"roc_auc": one} for one in waiting.pop(0)], rows, whole, 1.0, BYTES)

    monkeypatch.setattr(trial, "cross_validate", cross_validate)
    monkeypatch.setattr(trial, "read_sides", lambda *_: (None, None))
    monkeypatch.setattr(candidates, "guesses", lambda *_: {})
    made = table().head(rows)
    found = proposed(made, extras=extras)
    profiles = {str(name): profile(made[name], ".") for name in made}
    params = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    written = partial(write.params_text, params, table=Path("data/raw/x.csv"), bounds={})
    return candidates.best(folder, found, profiles, written), fitted


@pytest.mark.parametrize("best", [PROPOSED, PLAIN, SMALL])
def test_the_best_on_folds_is_proposed(
    best: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = [PROPOSED, PLAIN, SMALL]
    scores: dict[str, list[float | None]] = {
        name: [0.9 if name == best else 0.8, 0.7] for name in names
    }
    found, fitted = tried(scores, tmp_path, monkeypatch)
    assert fitted == [{**GIVEN, "early_stopping": False}, {}, {**SMALLER, "early_stopping": False}]
    assert next(iter(found.means)) == best
    assert found.means[best] == pytest.approx(0.8)
    params = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    text = write.params_text(params, found.proposal, Path("data/raw/x.csv"), {})
    chosen = YAML(typ="safe").load(text)["train"]["hyperparameters"]
    assert "model_bytes: 20_000_000 " in text  # twice 8 folds of these, to one digit
    assert chosen == fitted[names.index(best)]
    assert "# every random_state of the model" in text  # comments stay
    assert show.settings(found)["settings"].startswith(f"{best}: ROC AUC 0.8 on folds; ")


def test_of_equals_the_first_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = tried({PROPOSED: [0.8], PLAIN: [0.8], SMALL: [0.8]}, tmp_path, monkeypatch)
    assert found.proposal.model.hyperparameters is None


def test_a_part_of_the_rows_does_not_speak_for_smaller_trees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, fitted = tried({PROPOSED: [0.8], PLAIN: [0.9]}, tmp_path, monkeypatch, whole=False)
    assert list(found.means) == [PLAIN, PROPOSED]
    assert len(fitted) == 2


@pytest.mark.parametrize("mixed", [0.95, 0.85])
def test_an_extra_of_the_project_is_tried_in_the_mean(
    mixed: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores: dict[str, list[float | None]] = {PROPOSED: [0.8], PLAIN: [0.9], SMALL: [0.7]}
    with_it = f"{PLAIN} and CatBoost"
    extras = ("search", "catboost")
    found, fitted = tried({**scores, with_it: [mixed]}, tmp_path, monkeypatch, extras=extras)
    member = {"estimator": "catboost.CatBoostClassifier", "hyperparameters": {"iterations": 500}}
    assert [one["members"] for one in fitted] == [[], [], [], [member]]
    assert fitted[-1] == {"members": [member]}  # the best of the others, scikit-learn's defaults
    better = mixed > 0.9
    assert next(iter(found.means)) == (with_it if better else PLAIN)
    params = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    text = write.params_text(params, found.proposal, Path("data/raw/x.csv"), {})
    assert YAML(typ="safe").load(text)["train"]["members"] == ([member] if better else [])
    assert "EXTRAS=search,catboost" in str(found.proposal.choices)


def test_what_averaged_another_table_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = tried({PROPOSED: [0.8], PLAIN: [0.7], SMALL: [0.7]}, tmp_path, monkeypatch)
    params = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    member = "{estimator: catboost.CatBoostRegressor, hyperparameters: {}}"
    old = params.replace("members: []", f"members: [{member}]")
    text = write.params_text(old, found.proposal, Path("data/raw/x.csv"), {})
    assert YAML(typ="safe").load(text)["train"]["members"] == []


@pytest.mark.parametrize(
    ("written", "missing"),
    [("EXTRAS :=", {"catboost"}), ("EXTRAS := search catboost", set()), ("", {"catboost"})],
)
def test_an_extra_that_only_the_command_line_names_is_told(
    written: str, missing: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Makefile").write_text(f"VENV ?= .venv\n{written}\n", encoding="utf-8")
    choices = Choices("target", extras=("search", "catboost"))
    model = proposed(table()).model
    assert unnamed_extras(model, choices) == set()
    assert unnamed_extras(with_catboost(model, "binary"), choices) == missing


MEMBERS = "  # More of these, whose predictions are averaged with the estimator's"


def test_comments_stay_whatever_the_hyperparameters_become() -> None:
    text = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    found = proposed(table())
    for given in ({}, SMALLER, {"max_iter": 9}, {}, None):
        model = replace(found.model, hyperparameters=given)
        text = write.params_text(text, replace(found, model=model), Path("data/raw/x.csv"), {})
        train = YAML(typ="safe").load(text)["train"]
        assert train["hyperparameters"] == {**(GIVEN if given is None else given),
                                            "early_stopping": False}  # fmt: skip
        assert f"\n{MEMBERS}" in text.partition("early_stopping: false")[2]


@pytest.mark.parametrize(
    ("there", "tried_first"),
    [("{}", GIVEN), (str(SMALLER), GIVEN), ("{max_iter: 7}", {"max_iter": 7})],
)
def test_what_an_earlier_adopt_has_chosen_is_not_ones_own(
    there: str, tried_first: dict[str, object]
) -> None:
    text = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
    before, _, rest = text.partition("  hyperparameters:\n")
    text = f"{before}  hyperparameters: {there}\n{MEMBERS}{rest.partition(MEMBERS)[2]}"
    written = write.params_text(text, proposed(table()), Path("data/raw/x.csv"), {})
    found = YAML(typ="safe").load(written)["train"]["hyperparameters"]
    assert found == {**tried_first, "early_stopping": False}


def test_a_linear_model_is_proposed_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, fitted = tried({PROPOSED: [0.8]}, tmp_path, monkeypatch, rows=150)
    assert fitted == [{}]
    assert show.settings(found) == {}


@pytest.mark.parametrize("folds", [[], [0.8, None]])
def test_folds_without_scores_give_no_bounds(
    folds: list[float | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = tried({PROPOSED: folds}, tmp_path, monkeypatch)
    assert (found.means, found.proposal.model.hyperparameters) == ({}, None)
