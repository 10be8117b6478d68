"""Target leakage by evidence: each kind is found, and what is honest is not accused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from src.target_leakage.find import Leak, find, named_after
from src.target_leakage.formulas import formulas
from src.target_leakage.single import cut_by_levels, explained, pure_levels

ROWS = 1_200


def honest(seed: int = 0) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return features, a target of two classes, and the number that it is cut from."""
    generator = np.random.default_rng(seed)
    features = pd.DataFrame(generator.normal(size=(ROWS, 6)), columns=list("abcdef"))
    features["colour"] = pd.Series(generator.choice(["red", "green"], ROWS), dtype="str")
    score = features["a"] + features["b"] + generator.normal(scale=1.2, size=ROWS)
    target = pd.Series(np.where(score > 0.5, "yes", "no"), name="bought", dtype="str")
    return features, target, pd.Series(100 + 20 * score, name="amount").round(2)


def grades(leaks: list[Leak]) -> dict[str, str]:
    return {name: leak.grade for leak in leaks for name in leak.columns}


@pytest.mark.parametrize("seed", range(3))
def test_an_honest_table_is_not_accused(seed: int) -> None:
    features, target, amount = honest(seed)
    assert find(features, target) == []
    assert find(features, amount) == []


def test_a_name_alone_accuses_nobody() -> None:
    features, target, _ = honest()
    assert find(features.rename(columns={"a": "duration", "b": "outcome"}), target) == []


def leaking() -> dict[str, tuple[dict[str, Any], str]]:
    """Return columns of each kind, and which of them is to be found with which grade."""
    _, target, amount = honest()
    generator = np.random.default_rng(1)
    yes = target == "yes"
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 90, ROWS), "D")
    part = pd.Series(generator.normal(50, 20, ROWS))
    reasons = pd.Series(generator.choice(["price", "moved"], ROWS), dtype="str")
    codes = pd.Series(generator.integers(0, 15, ROWS)) + np.where(yes, 0, 15)
    wrong = generator.random(ROWS) < 0.01
    return {
        "bought copy": ({"x": target.map({"yes": "17", "no": "18"})}, "certain"),
        "bought noisy copy": ({"x": target.where(~wrong, "no")}, "suspect"),
        "bought null": ({"x": part.where(yes & ~wrong)}, "suspect"),
        "bought reason": ({"x": reasons.where(yes, "none")}, "certain"),
        "bought codes": ({"x": codes.astype("str")}, "certain"),
        "bought threshold": ({"x": amount}, "certain"),
        "bought dates": (
            {"x": start, "y": start + pd.to_timedelta(np.where(yes, 9, 1), unit="D")}, "certain",
        ),
        "amount copy": ({"x": amount * 0.4536}, "certain"),
        "amount rounded": ({"x": (amount / 5).round()}, "certain"),
        "amount sum": ({"x": part, "y": amount - part}, "certain"),
        "amount ratio": ({"x": amount * part.abs(), "y": part.abs()}, "certain"),
        "amount product": ({"x": amount / part.abs(), "y": part.abs()}, "certain"),
        "amount class": ({"x": reasons.where(amount > 110, "none")}, "suspect"),
    }  # fmt: skip


@pytest.mark.parametrize("kind", leaking())
def test_each_kind_is_found(kind: str) -> None:
    features, target, amount = honest()
    columns, grade = leaking()[kind]
    found = find(features.assign(**columns), target if kind.startswith("bought") else amount)
    assert grades(found) == dict.fromkeys(columns, grade)


def test_weak_columns_that_know_it_together() -> None:
    features, _, amount = honest()
    parts = np.random.default_rng(2).normal(scale=20, size=(2, ROWS))
    noise = np.random.default_rng(3).normal(scale=0.5, size=ROWS)
    last = amount - 0.7 * parts[0] + 0.5 * parts[1] + noise
    (leak,) = find(features.assign(x=parts[0], y=parts[1], z=last), amount)
    assert leak.grade == "suspect"
    assert {"x", "z"} <= set(leak.columns) <= {"x", "y", "z"}
    assert "R²" in leak.evidence
    assert "without" in leak.evidence


def test_a_suspect_comes_with_the_score_without_it() -> None:
    features, target, _ = honest()
    columns, _ = leaking()["bought noisy copy"]
    (leak,) = find(features.assign(**columns), target)
    with_it, without = (float(text.split()[-1]) for text in leak.evidence.split("ROC AUC ")[1:]
                        for text in [text.split(" with")[0]])  # fmt: skip
    assert with_it > 0.97 > without


def test_a_name_with_evidence() -> None:
    assert named_after("reservation_status_date", ["reservation_status"]) == "reservation_status"
    assert named_after("ChurnReason", ["Churn"]) == "Churn"
    assert named_after("churn", ["Churn"]) is None
    assert named_after("day", ["d"]) is None


def test_shares_alone() -> None:
    generator = np.random.default_rng(0)
    target = pd.Series(np.exp(generator.normal(size=3000)))
    features = pd.DataFrame(
        {"copy": np.log(target), "good": target + generator.normal(scale=1, size=3000)}
    )
    shares = explained(features, target)
    assert shares["copy"] > 0.99
    assert 0.3 < shares["good"] < 0.9


def test_formulas_say_how() -> None:
    features, _, amount = honest()
    part = features["a"] * 10
    (total,) = formulas(features[["b", "c"]].assign(x=part, y=amount - part), amount)
    assert total.text == "is x + y"
    (less,) = formulas(features[["b"]].assign(x=amount + part, y=part), amount)
    assert less.text == "is x - y"
    noise = np.random.default_rng(4).normal(size=ROWS)
    assert formulas(features.assign(x=amount + noise), amount) == []


def test_levels_of_one_class_may_be_chance() -> None:
    generator = np.random.default_rng(0)
    target = pd.Series(np.where(generator.random(ROWS) < 0.02, "yes", "no"), dtype="str")
    levels = pd.Series(generator.integers(0, 100, ROWS)).astype("str")
    assert pure_levels(levels, target) == 0.0
    free = pd.Series([f"{'C' if one == 'yes' else 'K'}-{row}" for row, one in enumerate(target)],
                     dtype="str")  # fmt: skip
    assert pure_levels(free, target) == pytest.approx(1, abs=0.02)


def test_no_level_crosses_a_value() -> None:
    _, _, amount = honest()
    level = pd.Series(np.where(amount > 120, "high", "low"), dtype="str")
    assert cut_by_levels(level, amount) == pytest.approx((amount > 120).mean(), abs=1e-9)
    assert cut_by_levels(level.sample(frac=1, random_state=0).reset_index(drop=True), amount) == 0


@pytest.mark.parametrize("values", [0, 1])
def test_a_column_of_hardly_any_value_stops_nothing(values: int) -> None:
    features, amount, target = honest(0)
    empty = pd.Series(np.nan, index=features.index)
    empty.iloc[:values] = 1.5
    assert find(features.assign(empty=empty), target) == []
    assert find(features.assign(empty=empty), amount) == []
