"""The same commit gives the same dvc.lock, in any folder, with any number of threads."""

import json
from typing import Any

import pytest

from tools import project
from tests.clone import Clone
from tests.pipeline.tasks import bring

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("binary", "sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 10}),
    ("multiclass", "sklearn.ensemble.RandomForestClassifier", {"n_estimators": 20}),
    ("multiclass", "sklearn.linear_model.LogisticRegression", {"C": 0.5}),
    ("regression", "sklearn.ensemble.HistGradientBoostingRegressor", {"max_iter": 10}),
    ("regression", "sklearn.ensemble.RandomForestRegressor", {"n_estimators": 20}),
    ("regression", "sklearn.linear_model.Ridge", {"alpha": 2.0}),
]


@pytest.mark.parametrize(("task", "estimator", "hyperparameters"), CASES)
def test_the_lock_is_the_same_everywhere(
    tmp_path_factory: pytest.TempPathFactory,
    task: str,
    estimator: str,
    hyperparameters: dict[str, Any],
) -> None:
    train = {"estimator": estimator, "hyperparameters": hyperparameters, "folds": 2}
    locks, metrics = set(), set()
    for threads in ("1", "2", "4"):
        folder = tmp_path_factory.mktemp(f"threads{threads}")
        project.copy_project(folder)
        clone = Clone(folder)
        # Small tables get one thread; here every table is to get as many as asked for.
        clone.edit("src/threads.py", "SMALL = 200_000", "SMALL = 0")
        clone.edit("src/threads.py", "joblib.cpu_count()", 'int(os.environ["THREADS"])')
        clone.edit("src/threads.py", "import contextlib\n", "import contextlib\nimport os\n")
        bring(clone, task, train)
        environment = {
            "THREADS": threads,
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "PYTHONHASHSEED": threads,
        }
        clone.succeed("dvc", "repro", "--quiet", "--force", "evaluate", **environment)
        locks.add(clone.read("dvc.lock"))
        metrics.add(clone.read("metrics/metrics.json"))
    assert len(locks) == 1
    assert len(metrics) == 1
    scores = json.loads(metrics.pop())
    better = "r2" if task == "regression" else "accuracy"
    assert scores["test"][better] > scores["dummy"][better]
