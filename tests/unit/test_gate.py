"""The gate's pure functions, the comparison against published tests of the same question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from src.base.errors import InputError
from src.base.settings import load_settings
from src.gate.decide import overall
from src.gate.decision import GateCheck, Outcome
from src.gate.no_regression import PairedComparison, compare, judge
from src.gate.saved_model import _check_agreement
from src.gate.settings import Gate, NoRegression
from src.modelling.metrics import METRICS as REGISTRY
from src.modelling.metrics import Metric
from src.modelling.predictions import Predictions, class_names
from src.results.predictions_file import identity, pair, read_predictions, recorded_frame
from tests.tables import make_contract
from tests.unit.test_scores import predicted
from tools.project import DEFAULT


def test_the_worst_outcome_decides() -> None:
    gate = load_settings(Gate, DEFAULT / "params.yaml")
    lenient = gate.model_copy(update={"inconclusive": "pass"})
    outcomes: tuple[Outcome, ...] = ("passed", "failed", "inconclusive")
    good, bad, unclear = (
        GateCheck(check="a", kind="integrity", outcome=outcome, reason="") for outcome in outcomes
    )
    assert overall([good], gate) == "passed"
    assert overall([good, unclear, bad], lenient) == "failed"
    assert overall([good, unclear], gate) == "inconclusive"
    assert overall([good, unclear], lenient) == "passed"
    assert overall([], lenient) == "failed"


def rule(metric: str = "accuracy", margin: float = 0.02) -> NoRegression:
    return NoRegression(metric=metric, margin=margin, confidence=0.95)


def named(name: str) -> Metric:
    return next(metric for metric in REGISTRY if metric.name == name)


def compared(
    candidate: Predictions, baseline: Predictions, settings: NoRegression
) -> PairedComparison:
    return compare(candidate, baseline, named(settings.metric), np.arange(len(candidate)), settings)


def models(rows: int = 400, noise: float = 0.5, seed: int = 0) -> tuple[Predictions, Predictions]:
    """Return a candidate with some noise and a baseline with less, on the same rows."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(2, size=rows)
    common = 2.0 * truth + generator.normal(size=rows)
    sides = []
    for own in (noise, 0.2):
        positive = 1 / (1 + np.exp(-(common + own * generator.normal(size=rows) - 1)))
        output = np.column_stack([1 - positive, positive])
        sides.append(Predictions("binary", ("no", "yes"), truth, output))
    return sides[0], sides[1]


def test_a_key_that_repeats_is_paired_by_its_occurrences() -> None:
    candidate = pd.Series(["b", "a", "a", "c", "a"])
    baseline = pd.Series(["a", "d", "b", "a"])
    ours, theirs = pair(candidate, baseline)
    assert list(ours) == [0, 1, 2]
    assert list(theirs) == [2, 0, 3]


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "roc_auc", "f1"])
def test_more_is_better_whatever_the_score(metric: str) -> None:
    worse, better = models(rows=2000, noise=3.0)
    assert compared(worse, better, rule(metric)).outcome(rule(metric)) == "failed"
    assert compared(better, worse, rule(metric)).outcome(rule(metric)) == "passed"
    assert compared(worse, worse, rule(metric)).outcome(rule(metric)) == "passed"


def test_a_small_test_set_is_inconclusive() -> None:
    comparison = compared(*models(rows=40, noise=1.0), rule())
    check = judge(comparison, 40, rule())
    assert check.outcome == "inconclusive"
    assert "cannot tell" in check.reason
    assert comparison.difference.detectable > 0.02


def test_an_undefined_score_is_inconclusive() -> None:
    one_class = Predictions("binary", ("no", "yes"), np.zeros(30, int), np.full((30, 2), 0.5))
    check = judge(compared(one_class, one_class, rule("roc_auc")), 30, rule("roc_auc"))
    assert check.outcome == "inconclusive"
    assert "not defined" in check.reason


def test_one_row_of_a_class_is_inconclusive() -> None:
    candidate, baseline = models(rows=200)
    kept = np.flatnonzero((candidate.truth == 0) | (np.cumsum(candidate.truth) == 1))
    rare = [side.take(kept) for side in (candidate, baseline)]
    check = judge(compared(rare[0], rare[1], rule("roc_auc")), len(kept), rule("roc_auc"))
    assert check.outcome == "inconclusive"
    assert "a class, or the units of the test set, are too few for limits" in check.reason


def test_two_models_that_decide_alike_on_few_rows_are_not_the_same() -> None:
    """With 40 rows and no disagreement, 5 % of others may be lost all the same."""
    _, baseline = models(rows=40)
    decided = np.where(baseline.predicted == 1, 0.7, 0.3)
    alike = Predictions("binary", ("no", "yes"), baseline.truth,
                        np.column_stack([1 - decided, decided]))  # fmt: skip
    assert compared(alike, baseline, rule()).difference.value == 0
    assert compared(alike, baseline, rule()).outcome(rule()) == "inconclusive"
    assert compared(baseline, baseline, rule()).outcome(rule()) == "passed"


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_two_models_that_both_separate_few_rows_are_not_the_same(metric: str) -> None:
    """Of 40 rows that both separate, 20 positive, nothing tells that others are separated, too."""

    def perfect(rows: int, seed: int) -> Predictions:
        truth = np.arange(rows) % 2
        positive = (truth + np.random.default_rng(seed).random(rows)) / 2
        return Predictions(
            "binary", ("no", "yes"), truth, np.column_stack([1 - positive, positive])
        )

    few = compared(perfect(40, 0), perfect(40, 1), rule(metric))
    assert few.difference.value == 0
    assert few.outcome(rule(metric)) == "inconclusive"
    assert few.difference.detectable > rule(metric).margin
    many = compared(perfect(1_000, 0), perfect(1_000, 1), rule(metric))
    assert many.outcome(rule(metric)) == "passed"


def test_rows_of_one_group_count_once() -> None:
    candidate, baseline = models(rows=300)
    groups = np.repeat(np.arange(300), 10)
    more, other = candidate.take(groups), baseline.take(groups)
    once = compared(candidate, baseline, rule("log_loss")).difference
    grouped = compare(more, other, named("log_loss"), groups, rule("log_loss")).difference
    assert (grouped.low, grouped.high) == pytest.approx((once.low, once.high), rel=1e-6)
    as_rows = compared(more, other, rule("log_loss")).difference
    assert as_rows.high - as_rows.low < 0.4 * (once.high - once.low)


def test_rows_that_are_not_the_same_are_refused() -> None:
    candidate, baseline = models()
    with pytest.raises(InputError, match="different truths"):
        compared(candidate, baseline.take(np.arange(len(baseline))[::-1]), rule())


@pytest.mark.parametrize("seed", range(8))
def test_accuracy_agrees_with_mcnemar(seed: int) -> None:
    """With next to no margin, excluding a loss is McNemar's one-sided question."""
    candidate, baseline = models(noise=0.2 + 0.15 * seed, seed=seed)
    right = [side.predicted == side.truth for side in (candidate, baseline)]
    counts = pd.crosstab(right[0], right[1]).to_numpy()
    two_sided = float(mcnemar(counts, exact=False, correction=False).pvalue)
    gain = right[0].mean() - right[1].mean()
    one_sided = two_sided / 2 if gain < 0 else 1 - two_sided / 2
    high = compared(candidate, baseline, rule(margin=1e-9)).difference.high
    if abs(one_sided - 0.05) > 0.02:  # nearer to the level the two may differ
        assert (high < 0) == (one_sided < 0.05)


def delong(candidate: Predictions, baseline: Predictions) -> tuple[float, float]:
    """Return the difference of two areas under the ROC curve, and its standard error.

    DeLong, DeLong and Clarke-Pearson (1988) by midranks, as in Sun and Xu (2014), Fast
    implementation of DeLong's algorithm, IEEE Signal Processing Letters 21 (11).
    """
    positive = candidate.truth == 1
    m, n = int(positive.sum()), int((~positive).sum())
    by_positive, by_negative, areas = [], [], []
    for side in (candidate, baseline):
        ranks = pd.Series(side.positive).rank().to_numpy()
        among_positive = pd.Series(side.positive[positive]).rank().to_numpy()
        among_negative = pd.Series(side.positive[~positive]).rank().to_numpy()
        by_positive.append((ranks[positive] - among_positive) / n)
        by_negative.append(1 - (ranks[~positive] - among_negative) / m)
        areas.append((ranks[positive].sum() - m * (m + 1) / 2) / (m * n))
    covariance: npt.NDArray[np.float64] = np.cov(by_positive) / m + np.cov(by_negative) / n
    contrast = np.array([1.0, -1.0])
    return areas[0] - areas[1], float(np.sqrt(contrast @ covariance @ contrast))


@pytest.mark.parametrize("seed", range(4))
def test_roc_auc_agrees_with_delong(seed: int) -> None:
    candidate, baseline = models(rows=1000, noise=0.4 + 0.3 * seed, seed=seed)
    difference, error = delong(candidate, baseline)
    found = compared(candidate, baseline, rule("roc_auc")).difference
    assert found.value == pytest.approx(difference, abs=1e-12)
    assert found.low == pytest.approx(difference - 1.645 * error, abs=0.02 * error)
    assert found.high == pytest.approx(difference + 1.645 * error, abs=0.02 * error)


def test_the_detectable_loss_is_detected_as_often_as_it_says() -> None:
    """A candidate worse by the margin and the detectable loss fails in about 80 % of test sets."""
    comparisons = [compared(*models(800, 1.2, seed), rule()) for seed in range(100)]
    true_loss = -float(np.mean([comparison.difference.value for comparison in comparisons]))
    detectable = float(np.mean([comparison.difference.detectable for comparison in comparisons]))
    found = rule(margin=true_loss - detectable)
    share = np.mean([comparison.outcome(found) == "failed" for comparison in comparisons])
    assert 0.7 < share < 0.9


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_predictions_are_read_as_they_were_written(tmp_path: Path, task: Any) -> None:  # noqa: ANN401 - a literal
    made = predicted(task)
    contract = make_contract(task)
    if task != "regression":
        names = class_names(contract)
        made = Predictions(task, names, made.truth, made.output)
    keys = pd.Series([f"{row:016x}" for row in range(len(made))], name="row_key")
    units = np.arange(len(made)) // 2
    slices = pd.DataFrame({"site": ["a", "b"] * (len(made) // 2)})
    frame = recorded_frame(keys, units, made, slices)
    frame.to_parquet(tmp_path / "p.parquet")
    found = read_predictions(tmp_path / "p.parquet", contract)
    assert list(found.keys) == list(keys)
    assert (found.units == units).all()
    assert (found.predicted.truth == made.truth).all()
    assert (found.predicted.output == made.output).all()
    pd.testing.assert_frame_equal(found.slices, slices)
    frame.drop(columns="unit").to_parquet(tmp_path / "p.parquet")  # as it was before 0.3.0
    assert read_predictions(tmp_path / "p.parquet", contract).unit_count == len(keys)


def test_the_identity_follows_keys_and_truth_and_order() -> None:
    keys, truth = pd.Series(["a", "b"]), pd.Series(["x", "y"])
    name = identity(keys, truth)
    assert identity(keys, pd.Series(["x", "x"])) != name
    assert identity(keys[::-1], truth[::-1]) != name
    assert identity(pd.Series(["a", "c"]), truth) != name


@pytest.mark.parametrize(
    ("recorded", "again", "outcome"),
    [
        ([1.0, 2.0, 3.0, 1e9], [900.0, -500.0, 3.0, 1e9], "failed"),
        ([1.0, 2.0, 3.0, 1e9], [1.0 + 1e-9, 2.0, 3.0, 1e9 + 1], "passed"),
        ([1e-9, 2e-9, 3e-9, 4e-9], [2e-9, 2e-9, 3e-9, 4e-9], "failed"),
        ([0.0, 0.0, 0.0, 5.0], [1e-15, 0.0, 0.0, 5.0], "passed"),
        ([1.0, 2.0, 3.0, 4.0], [np.nan, 2.0, 3.0, 4.0], "failed"),
    ],
)
def test_each_prediction_is_the_recorded_one(
    recorded: list[float], again: list[float], outcome: str
) -> None:
    sides = [Predictions("regression", (), np.arange(4.0), np.array(side)[:, None])
             for side in (again, recorded)]  # fmt: skip
    assert _check_agreement(*sides).outcome == outcome
