"""Another table: only params.yaml, data/schema.yaml and the raw table change."""

import json

import pytest

from tests.clone import Clone
from tests.pipeline.tasks import bring

DEFAULTS = {
    "binary": "sklearn.ensemble.HistGradientBoostingClassifier",
    "multiclass": "sklearn.ensemble.HistGradientBoostingClassifier",
    "regression": "sklearn.ensemble.HistGradientBoostingRegressor",
}
PLOTS = {
    "binary": "Scores by class",
    "multiclass": "F1 by class",
    "regression": "Predicted against actual",
}


@pytest.mark.parametrize("task", DEFAULTS)
def test_each_task_runs_through(fresh: Clone, task: str) -> None:
    bring(fresh, task, {"estimator": DEFAULTS[task], "folds": 2})
    fresh.succeed("dvc", "add", "--quiet", f"data/raw/{task}.csv")
    fresh.succeed("dvc", "repro", "--quiet")
    metrics = json.loads(fresh.read("metrics/details.json"))
    loss = "root_mean_squared_error" if task == "regression" else "log_loss"
    assert metrics["test"][loss] < metrics["dummy"][loss]
    drawn = fresh.run("dvc", "plots", "show")
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert PLOTS[task] in fresh.read("dvc_plots/index.html")


def test_csv_and_parquet_give_the_same_model(fresh: Clone) -> None:
    train = {"estimator": DEFAULTS["multiclass"], "folds": 0, "final": "refit"}
    models = []
    for suffix in ("csv", "parquet"):
        bring(fresh, "multiclass", train, suffix)
        fresh.succeed("dvc", "repro", "--quiet")
        models.append((fresh.folder / "src/models/model.skops").read_bytes())
    assert models[0] == models[1]
