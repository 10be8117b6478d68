"""The same commit gives the same outputs, in any folder, with any number of threads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from src.repository.dvc_lock import md5_of
from tests.clone import Clone
from tests.pipeline.tasks import bring

OUTPUTS = ["data/prepared", "src/models/model.skops", "metrics", "src/models/README.md"]
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("binary", "sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 10}),
    ("multiclass", "sklearn.ensemble.RandomForestClassifier", {"n_estimators": 20}),
    ("multiclass", "sklearn.linear_model.LogisticRegression", {"C": 0.5}),
    ("regression", "sklearn.ensemble.HistGradientBoostingRegressor", {"max_iter": 10}),
    ("regression", "sklearn.ensemble.RandomForestRegressor", {"n_estimators": 20}),
    ("regression", "sklearn.linear_model.Ridge", {"alpha": 2.0}),
]

PROGRAM = """
from pathlib import Path
from src.base.settings import read_yaml
from src.evaluate import __main__ as evaluate
from src.prepare import __main__ as prepare
from src.train import __main__ as train

for stage in (prepare, train, evaluate):
    name = stage.__name__.split(".")[1]
    command = read_yaml(Path("dvc.yaml"))["stages"][name]["cmd"]
    table = read_yaml(Path("params.yaml"))["prepare"]["table"]
    arguments = command.replace("${prepare.table}", table).split()[3:]
    stage.main(stage.Arguments(*map(Path, arguments)))
"""
"""The stages with the paths of dvc.yaml, in one process: what is imported is not what differs."""


@pytest.mark.parametrize(("task", "estimator", "hyperparameters"), CASES)
@pytest.mark.parametrize(
    "threads", [("1", "4"), pytest.param(("1", "2", "3", "8"), marks=pytest.mark.long)], ids=len
)
def test_outputs_are_the_same_everywhere(
    fresh: Clone,
    task: str,
    estimator: str,
    hyperparameters: dict[str, Any],
    threads: tuple[str, ...],
) -> None:
    train = {"estimator": estimator, "hyperparameters": hyperparameters, "folds": 2}
    # Small tables get one thread; here every table is to get as many as asked for.
    fresh.edit("src/modelling/threads.py", "SMALL = 200_000", "SMALL = 0")
    fresh.edit("src/modelling/threads.py", "joblib.cpu_count()", 'int(os.environ["THREADS"])')
    fresh.edit("src/modelling/threads.py", "import contextlib\n", "import contextlib\nimport os\n")
    bring(fresh, task, train)
    made = set()
    for count in threads:
        environment = {
            "THREADS": count,
            "OMP_NUM_THREADS": count,
            "OPENBLAS_NUM_THREADS": count,
            "PYTHONHASHSEED": count,
        }
        fresh.succeed("python", "-c", PROGRAM, **environment)
        made.add(tuple(md5_of(fresh.folder / output) for output in OUTPUTS))
    assert len(made) == 1
    scores = json.loads(fresh.read("metrics/metrics.json"))
    better = "r2" if task == "regression" else "accuracy"
    assert scores["test"][better] > scores["dummy"][better]
