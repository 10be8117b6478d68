"""The same commit gives the same outputs, in any folder, with any number of threads."""

from __future__ import annotations

import json
import os
import signal
import time
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
import os, sys
from pathlib import Path
from src.base.settings import read_yaml
from src.evaluate import __main__ as evaluate
from src.prepare import __main__ as prepare
from src.search import __main__ as search
from src.train import __main__ as train

for folder in sys.argv[1:]:
    os.chdir(folder)
    for stage in (prepare, search, train, evaluate):
        name = stage.__name__.split(".")[1]
        command = read_yaml(Path("dvc.yaml"))["stages"][name]["cmd"]
        table = read_yaml(Path("params.yaml"))["prepare"]["table"]
        arguments = command.replace("${prepare.table}", table).split()[3:]
        stage.main(stage.Arguments(*map(Path, arguments)))
"""
"""The stages with the paths of dvc.yaml, a folder after another in one process."""


@pytest.mark.parametrize(
    "threads", [("1", "4"), pytest.param(("1", "2", "3", "8"), marks=pytest.mark.long)], ids=len
)
def test_outputs_are_the_same_everywhere(fresh: Clone, threads: tuple[str, ...]) -> None:
    # Small tables get one thread; here every table is to get as many as asked for.
    code = "src/modelling/threads.py"
    fresh.edit(code, "SMALL = 200_000", "SMALL = 0")
    fresh.edit(code, "joblib.cpu_count()", 'int(os.environ["THREADS"])')
    fresh.edit(code, "import contextlib\n", "import contextlib\nimport os\n")
    projects = []
    for number, (task, estimator, hyperparameters) in enumerate(CASES):
        project = Clone(fresh.folder / f"project{number}")
        for name in ("dvc.yaml", "params.yaml", "data/schema.yaml", "data/raw/.gitignore"):
            project.write(name, fresh.read(name))
        bring(project, task, {"estimator": estimator, "hyperparameters": hyperparameters,
                              "folds": 2})  # fmt: skip
        projects.append(project)
    made = set()
    for count in threads:
        environment = {
            "THREADS": count,
            "OMP_NUM_THREADS": count,
            "OPENBLAS_NUM_THREADS": count,
            "PYTHONHASHSEED": count,
            "PYTHONPATH": str(fresh.folder),
        }
        folders = [str(project.folder) for project in projects]
        fresh.succeed("python", "-c", PROGRAM, *folders, **environment)
        made.add(
            tuple(md5_of(project.folder / output) for project in projects for output in OUTPUTS)
        )
    assert len(made) == 1
    for project, (task, *_) in zip(projects, CASES, strict=True):
        scores = json.loads(project.read("metrics/details.json"))
        better = "r2" if task == "regression" else "accuracy"
        assert scores["test"][better] > scores["dummy"][better]


@pytest.mark.long
def test_a_build_that_was_killed_gives_the_same_bytes_afterwards(built: Clone) -> None:
    anew = ("dvc", "repro", "--quiet", "--force", "--no-run-cache")
    lock = built.read("dvc.lock")
    for seconds in (1, 3, 5, 7, 9, 11):
        process = built.start(*anew)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        built.succeed("dvc", "repro", "--quiet")
        assert built.read("dvc.lock") == lock
        built.succeed(*anew)
        assert built.read("dvc.lock") == lock
        assert not built.status()
        assert not list(built.folder.rglob(".new-*"))
