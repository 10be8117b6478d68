"""What is called better, worse or unchanged, and which parameters have changed."""

from typing import Any

import numpy as np
import pytest

from src.base.contract import Task
from src.modelling.metrics import metrics_of, score
from src.modelling.predictions import Predictions
from src.report import note
from src.report.compare import MEANINGS, Score, ScoreComparison, scores
from src.repository.changes import Change, changes
from src.results.intervals import Difference

TASKS: list[Task] = ["binary", "multiclass", "regression"]


def compared(
    new: Score, base: Score | None, name: str = "roc_auc", paired: Difference | None = None
) -> ScoreComparison:
    return ScoreComparison(name, new, base, paired)


@pytest.mark.parametrize(
    ("new", "base", "paired", "verdict"),
    [
        # Intervals that overlap hide a difference that the rows show, and the other way round.
        ((0.9, 0.84, 0.96), (0.8, 0.75, 0.85), (0.1, 0.05, 0.15), "better"),
        ((0.9, 0.84, 0.96), (0.95, 0.9, 0.98), (-0.05, -0.08, -0.02), "worse"),
        ((0.9, 0.88, 0.92), (0.8, 0.75, 0.85), (0.01, -0.01, 0.03), "no clear difference"),
        ((0.9, 0.8, 1.0), (0.9, 0.7, 1.0), (0.0, 0.0, 0.0), "unchanged"),
        # Without the rows nothing is called noise.
        ((0.9, 0.88, 0.92), (0.8, 0.75, 0.85), None, "better"),
        ((0.8, 0.75, 0.85), (0.9, 0.88, 0.92), None, "worse"),
        ((0.9, 0.84, 0.96), (0.8, 0.75, 0.85), None, "cannot tell"),
        ((0.9, 0.8, 1.0), (0.9, 0.7, 1.0), None, "cannot tell"),
        ((0.9, None, None), (0.8, 0.75, 0.85), None, "cannot tell"),
        ((None, None, None), (0.9, 0.7, 1.0), None, ""),
        ((0.9, 0.8, 1.0), None, None, ""),
    ],
)
def test_a_change_is_called_what_the_rows_show(
    new: Any,  # noqa: ANN401 - three numbers or None
    base: Any,  # noqa: ANN401 - three numbers or None
    paired: Any,  # noqa: ANN401 - three numbers or None
    verdict: str,
) -> None:
    rows = paired and Difference(paired[0], paired[1], paired[2], 0.01)
    found = compared(Score(*new), base and Score(*base), paired=rows)
    assert found.verdict == verdict
    assert verdict in MEANINGS or not verdict


def test_a_lower_loss_is_better() -> None:
    found = compared(
        Score(0.1, 0.08, 0.12), Score(0.3, 0.25, 0.35), "log_loss", Difference(0.2, 0.1, 0.3, 0.1)
    )
    assert (found.verdict, note.arrow(found)) == ("better", "🟢 ▼ better")
    assert (found.change, found.change_bounds) == (-0.2, (-0.3, -0.1))


@pytest.mark.parametrize("task", TASKS)
def test_the_direction_of_every_score_is_known(task: Task) -> None:
    """A perfect prediction beats a bad one by the report's notion of better."""
    truth = np.array([0, 1, 2] * 10) if task == "multiclass" else np.array([0, 1] * 15)
    width = {"binary": 2, "multiclass": 3, "regression": 1}[task]
    perfect = np.eye(width)[truth] if width > 1 else truth[:, None].astype(float)
    bad = np.roll(perfect, 1, axis=0)
    classes = tuple("abc"[:width]) if width > 1 else ()
    good, poor = (score(Predictions(task, classes, truth, output)) for output in (perfect, bad))
    for name in metrics_of(task):
        found = compared(Score(good[name], None, None), Score(poor[name], None, None), name)
        assert found.gain is not None
        assert found.gain > 0, name


def test_scores_of_an_older_form_are_undefined() -> None:
    new = {"rows": 1, "auc": 0.5, "interval": {"auc": {"low": 0.1, "high": 0.9}}}
    (found,) = scores(new, {"auc": "0.5"})
    assert (found.change, found.verdict) == (None, "")


def test_changes_are_those_of_leaves() -> None:
    new = {"a": {"b": 1, "c": [1]}, "d": None, "e": {}}
    base = {"a": {"b": 2, "c": [1]}, "f": "x", "e": {}}
    found = {(change.key, change.base, change.new) for change in changes(new, base)}
    assert found == {("a.b", "2", "1"), ("d", None, "null"), ("f", "x", None)}


def test_a_mapping_in_the_place_of_a_value_is_one_change() -> None:
    null, chosen = {"threshold": None, "x": 1}, {"threshold": {"maximize": "f1"}, "x": 1}
    assert changes(chosen, null) == [Change("threshold", "null", '{"maximize": "f1"}')]
    assert changes(null, chosen) == [Change("threshold", '{"maximize": "f1"}', "null")]
    assert changes(chosen, {"x": 1}) == [Change("threshold.maximize", None, "f1")]
