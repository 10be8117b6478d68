"""A search as a stage of the pipeline."""

from __future__ import annotations

import csv
import io
import json

from tests.clone import Clone


def test_a_search_decides_what_is_trained(built: Clone) -> None:
    """Without it nothing is; then train takes the best, and a second repro has nothing to do."""
    assert json.loads(built.read("metrics/search/best.json")) == {}
    built.edit("params.yaml", "max_iter: 20", "max_iter: 2")  # which any other is better than
    built.edit("params.yaml", "trials: 0 ", "trials: 3 ")
    built.edit("params.yaml", "max_iter: {low: 50, high: 500, log: true}",
               "max_iter: {low: 20, high: 30}")  # fmt: skip
    printed = built.succeed("dvc", "repro")
    assert built.ran(printed) == ["search", "train", "evaluate"]
    assert "of 3 is the best, roc_auc 0.98" in printed
    rows = list(csv.DictReader(io.StringIO(built.read("metrics/search/trials.csv"))))
    assert [row["trial"] for row in rows] == ["0", "1", "2", "3"]
    best = json.loads(built.read("metrics/search/best.json"))["hyperparameters"]
    number = json.loads(built.read("metrics/search/summary.json"))["best"]["trial"]
    assert rows[number]["max_iter"] == str(best["max_iter"])
    # The folds of train are those that the search has scored on.
    folds = json.loads(built.read("metrics/folds/metrics.json"))
    assert folds["roc_auc"]["mean"] == float(rows[number]["score"])
    assert f"| `max_iter` | `{best['max_iter']}` |" in built.read("src/models/README.md")
    assert built.ran(built.succeed("dvc", "repro")) == []


def test_an_experiment_turns_a_search_on(built: Clone) -> None:
    built.succeed("dvc", "exp", "run", "-S", "search.trials=1", "-n", "searched")
    assert "searched" in built.succeed("dvc", "exp", "show", "--csv")
    assert json.loads(built.read("metrics/search/summary.json"))["trials"] == 1
