"""Feature steps of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import TargetEncoder

from src.base.errors import InputError
from src.base.prepared import as_features
from src.evaluate.importance import permutation_importance
from src.features.days_between import DaysBetween
from src.features.ratio import Ratio
from src.fitting.described import Step
from src.fitting.honest import require_honest, sample
from src.fitting.model import build
from src.modelling.predictions import labels, predict_raw
from src.saving.model_file import load_model, save_model
from src.saving.trust import TRUSTED, Trust, own_types
from tests.tables import frame, make_contract
from tests.unit.test_evaluate import SETTINGS

CONTRACT = make_contract("binary")
HGB = "sklearn.ensemble.HistGradientBoostingClassifier"
RATIO = Step(step="src.features.ratio.Ratio", parameters={"pairs": [["size", "other"]]})


class Step_(TransformerMixin, BaseEstimator):  # type: ignore[misc] # noqa: N801 - scikit-learn has no types
    """A step made of a function of the table and of what fit has kept."""

    def __init__(self, make: Callable[[pd.DataFrame, Any], Any]) -> None:
        self.make = make

    def fit(self, X: pd.DataFrame, y: Any) -> Step_:  # noqa: N803, ANN401, ARG002 - scikit-learn's
        self.kept_ = np.asarray(y)
        return self

    def transform(self, X: pd.DataFrame) -> Any:  # noqa: N803, ANN401 - scikit-learn's
        return self.make(X, self.kept_)


def numbers(rows: int = 60) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return pd.DataFrame({"size": generator.normal(size=rows), "other": np.arange(rows) % 3})


def test_a_ratio_is_null_where_the_lower_number_is_zero() -> None:
    table = pd.DataFrame({"a": [6, 1, np.nan], "b": [2, 0, 1]})
    made = Ratio([["a", "b"]]).fit(table)
    out = made.transform(table)
    assert out["a / b"].tolist()[0] == 3
    assert out["a / b"].isna().tolist() == [False, True, True]
    assert list(out) == list(made.get_feature_names_out())
    with pytest.raises(ValueError, match="no column 'c', found"):
        Ratio([["a", "c"]]).fit(table)


def test_days_between_two_dates() -> None:
    dates = pd.DatetimeIndex(["2024-01-01T00:00", "2024-03-01T12:00", "NaT"])
    table = pd.DataFrame({"from": dates, "to": pd.Timestamp("2024-01-11")})
    out = DaysBetween([["from", "to"]]).fit(table).transform(table)
    assert out["from to to"].tolist()[:2] == [10, -50.5]
    assert out["from to to"].isna().tolist() == [False, False, True]
    with pytest.raises(ValueError, match="no column 'x'"):
        DaysBetween([["from", "x"]]).fit(table)


def test_steps_come_first_and_are_part_of_the_saved_model(tmp_path: Path) -> None:
    table = frame("binary", 200).assign(other=np.arange(200) % 7 + 1)
    contract = make_contract("binary", other={"kind": "numeric", "role": "feature"})
    model = build(HGB, {"max_iter": 5}, 0, make_contract("binary"), [RATIO])
    assert isinstance(model[0], Ratio)
    features, truth = as_features(table, contract), labels(table["target"], contract)
    model.fit(features, truth)
    trust = Trust((*TRUSTED, *own_types()), 10**8)
    save_model(model, tmp_path / "m.skops", trust)
    with pytest.raises(InputError, match=r"refused, nothing was loaded.*src\.features\.ratio"):
        load_model(tmp_path / "m.skops", Trust(TRUSTED, 10**8))
    loaded = load_model(tmp_path / "m.skops", trust)
    expected = predict_raw(model, features, contract)
    np.testing.assert_array_equal(predict_raw(loaded, features, contract), expected)
    found = permutation_importance(loaded, features, table, contract, SETTINGS)
    assert set(found["feature"]) == set(contract.features)
    assert found["feature"].iloc[0] in ("size", "colour")


@pytest.mark.parametrize(
    ("step", "parameters", "message"),
    [
        ("src.features.ratio.Ration", {}, "no 'Ration'; did you mean 'Ratio'"),
        (
            "src.features.rato.X",
            {},
            r"\[0\].step: there is no src/features/rato.py; did you mean "
            r"'src.features.ratio'\? Known: src.features.days_between, ",
        ),
        ("src.nothing.X", {}, r"train.steps\[0\].step: cannot import 'src.nothing.X' \(No module"),
        (HGB, {}, "is no transformer"),
        ("src.features.ratio.Ratio", {"pair": []}, "no such parameter; did you mean 'pairs'"),
        ("src.features.ratio.Ratio", {}, "refuses its parameters"),
    ],
)
def test_a_step_that_cannot_be_made_is_named(
    step: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        build(HGB, {}, 0, make_contract("binary"), [Step(step=step, parameters=parameters)])


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("class X(:\n", r"SyntaxError: invalid syntax \(broken\d\.py, line 1\)"),
        ("import re\nclass X(Base): ...\n", r"NameError: .*\(src/features/broken\d\.py, line 2\)"),
        ("import nothing_such\n", r"No module named 'nothing_such' \(src/features/broken\d\.py"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named_with_its_line(
    code: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, name = tmp_path / "features", f"broken{len(code) % 10}"
    folder.mkdir()
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr("src.features.__path__", [str(folder)])
    with pytest.raises(InputError, match=rf"steps\[0\].step: cannot import .*: {message}"):
        build(HGB, {}, 0, CONTRACT, [Step(step=f"src.features.{name}.X", parameters={})])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda t, y: t.assign(t=float(y @ np.arange(len(y)))), "looks at the target"),
        (lambda t, _: t.assign(m=t["size"] - t["size"].mean()), "a row alone than among others"),
        (lambda t, _: t[t["size"] > 0], "rows of 60, expected as many"),
        (lambda t, _: t.to_numpy(), "returns ndarray, expected a pandas DataFrame"),
        (lambda t, _: t["nothing"], "rows of the training set"),
    ],
)  # fmt: skip
def test_a_step_that_may_not_be_is_refused(
    make: Callable[[pd.DataFrame, Any], Any], message: str
) -> None:
    truth = np.array([1.0] * 20 + [0.0] * 40)
    with pytest.raises(InputError, match=rf"train.steps\[0\]: Step_ .*{message}"):
        require_honest([Step_(make)], numbers(), truth)


def test_a_step_that_fails_on_a_row_whose_text_is_null_is_told_so() -> None:
    notes: Any = pd.Series(["a b", "c d e"] * 29 + [None, "f"], dtype="str")
    words = Step_(
        lambda table, _: table.assign(words=table["note"].str.split().str.len())  # type: ignore[misc] # its stubs
    )
    with pytest.raises(InputError, match=r"on a single row whose note is null, as when"):
        require_honest([words], pd.DataFrame({"note": notes}), np.arange(60) % 2)


def first_null_of_the_rest(table: pd.DataFrame, _: object) -> pd.DataFrame:
    """Fill a rare null from the other rows at hand."""
    return table.assign(filled=table["size"].fillna(table["size"].sum()))


def test_a_null_that_is_rare_is_among_the_rows_tried() -> None:
    table = numbers(5_000)
    table.loc[4_321, "size"] = np.nan
    with pytest.raises(InputError, match="a row alone than among others"):
        require_honest([Step_(first_null_of_the_rest)], table, np.arange(5_000) % 2)


def test_a_table_sorted_by_its_target_hides_no_step_that_looks_at_it() -> None:
    truth = np.repeat([0, 1], 2_000)
    encoder = TargetEncoder().set_output(transform="pandas")
    with pytest.raises(InputError, match="looks at the target"):
        require_honest([encoder], numbers(4_000)[["other"]], truth)


def test_each_class_is_among_the_rows_tried() -> None:
    truth = np.array([0] * 9_000 + [1] * 2 + [2])
    rows = sample(numbers(9_003), truth)
    assert sorted(set(truth[rows])) == [0, 1, 2]
    assert len(rows) < 1_100
    np.testing.assert_array_equal(rows, sample(numbers(9_003), truth))


def test_a_step_may_leave_none_for_a_missing_text_and_make_categories() -> None:
    table = numbers(400).assign(text=pd.Series(["a", None, "b", "b"] * 100, dtype="str"))

    def made(part: pd.DataFrame, _: object) -> pd.DataFrame:
        cells: list[Any] = [None if pd.isna(cell) else cell.upper() for cell in part["text"]]
        upper = pd.Series(cells, index=part.index, dtype="object")
        return part.assign(upper=upper, kind=part["other"].astype("str").astype("category"))

    require_honest([Step_(made)], table, np.arange(400) % 2)


def test_a_step_that_counts_equal_cells_of_the_table_at_hand_is_refused() -> None:
    table = numbers(40_000).assign(code=np.random.default_rng(0).integers(0, 20_000, 40_000))
    count = Step_(lambda part, _: part.assign(n=part.groupby("code")["code"].transform("count")))
    with pytest.raises(InputError, match="a row alone than among others"):
        require_honest([count], table, np.arange(40_000) % 2)


class CrossFitted(Step_):
    """A step that makes other values in training."""

    def fit_transform(self, X: pd.DataFrame, y: Any = None, **_: Any) -> Any:  # noqa: N803, ANN401 - scikit-learn's
        return self.fit(X, y).transform(X).assign(size=0)


class Random(Step_):
    """A step that draws without a seed."""

    def fit(self, X: pd.DataFrame, y: Any) -> Step_:  # noqa: N803, ANN401, ARG002 - scikit-learn's
        self.kept_ = np.random.default_rng().normal(size=1)
        return self


class Named(Step_):
    """A step that names fewer columns than it makes."""

    def get_feature_names_out(self, input_features: Any = None) -> Any:  # noqa: ANN401, ARG002 - scikit-learn's
        return np.array(["size"])


def changed(table: pd.DataFrame, _: object) -> pd.DataFrame:
    table["size"] = 0
    return table


def same(table: pd.DataFrame, _: object) -> pd.DataFrame:
    return table


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (CrossFitted(same), "other values in fit_transform"),
        (Random(lambda t, kept: t.assign(size=kept[0])), "each time it is fitted.*random_state"),
        (Named(same).set_output(transform="pandas"), "names 1 columns.*Expected axis has 2"),
        (Step_(changed), "changes the table that it is given"),
        (Step_(lambda _, y: y[1_000]), "rows of the training set: IndexError: index 1000"),
        (Step_(lambda _, y: 1 // len(y[:0])), "rows of the training set: ZeroDivisionError"),
    ],
)
def test_other_steps_that_may_not_be(step: BaseEstimator, message: str) -> None:
    with pytest.raises(InputError, match=rf"train.steps\[0\]: \w+:? .*{message}"):
        require_honest([step], numbers(), np.arange(60) % 2)


def test_scikit_learns_own_target_encoder_is_refused_and_a_scaler_is_not() -> None:
    truth = np.array([1.0, 0.0, 0.0] * 20)
    encoder = TargetEncoder().set_output(transform="pandas")
    with pytest.raises(InputError, match="looks at the target"):
        require_honest([encoder], numbers()[["other"]], truth)
    scaled = Step(step="sklearn.preprocessing.StandardScaler", parameters={})
    model = build(HGB, {}, 0, make_contract("binary"), [scaled, RATIO])
    require_honest([step for _, step in model.steps[:2]], numbers(), truth)
