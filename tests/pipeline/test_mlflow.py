"""The real MLflow loads a fetched folder, serves it, and gives the numbers of predict."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from filelock import FileLock
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline

from src.predict.scoring import score_batch
from src.tables.validate import model_inputs
from tests.served import fit, records, release, with_ratio
from tests.tables import frame, make_contract
from tools.project import ROOT
from tools.s3 import HOST, free_port

CONTRACT = make_contract("binary")
TABLE = frame("binary", 50)
ENVIRONMENT = ROOT / ".cache/mlflow"
"""Where MLflow is installed: its packages are many, and some are other versions than ours."""

PROGRAM = """
import json, sys
import mlflow, pandas as pd
folder, path, target, output = sys.argv[1:]
table = pd.read_parquet(path)
features = table.drop(columns=target)
model, native = mlflow.pyfunc.load_model(folder), mlflow.sklearn.load_model(folder)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
scores = mlflow.models.evaluate(
    folder, table, targets=target, model_type="classifier",
    evaluator_config={"log_explainer": False, "pos_label": "yes"},
)
found = {
    "pyfunc": model.predict(features).tolist(),
    "sklearn": native.predict_proba(features).tolist(),
    "classes": native.classes_.tolist(),
    "example": len(model.predict(model.input_example)),
    "roc_auc": float(scores.metrics["roc_auc"]),
}
with open(output, "w") as stream:
    json.dump(found, stream)
"""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def model() -> Pipeline:
    """Return one with a step of the repository's own, whose code the folder has to bring."""
    return with_ratio(fit(CONTRACT, TABLE), TABLE, CONTRACT)


@pytest.fixture(scope="module")
def folder(model: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release(tmp_path_factory.mktemp("release"), "model-v1.0.0", model, CONTRACT)


@pytest.fixture(scope="module")
def python(folder: Path) -> Path:
    """Return the Python of an environment with what the folder's requirements name."""
    wanted, stamp = folder / "requirements.txt", ENVIRONMENT / "requirements.txt"
    found = ENVIRONMENT / "bin/python"
    ENVIRONMENT.parent.mkdir(exist_ok=True)
    with FileLock(f"{ENVIRONMENT}.lock"):
        if not stamp.is_file() or stamp.read_bytes() != wanted.read_bytes():
            uv = Path(sys.executable).with_name("uv")
            subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable,
                            ENVIRONMENT], check=True)  # fmt: skip
            subprocess.run([uv, "pip", "install", "--quiet", "--python", found, "--requirement",
                            wanted], check=True)  # fmt: skip
            stamp.write_bytes(wanted.read_bytes())
    return found


@pytest.fixture(scope="module")
def expected(model: Pipeline) -> list[list[float]]:
    """Return the probabilities that `python -m src.predict` would write."""
    scored, _ = score_batch(model, TABLE, model_inputs(CONTRACT))
    listed: list[list[float]] = scored[["probability_no", "probability_yes"]].to_numpy().tolist()
    return listed


def test_both_flavours_and_the_evaluation(
    folder: Path, python: Path, expected: list[list[float]], tmp_path: Path
) -> None:
    TABLE.to_parquet(tmp_path / "table.parquet")
    subprocess.run([python, "-c", PROGRAM, folder, tmp_path / "table.parquet", "target",
                    tmp_path / "found.json"], check=True, cwd=tmp_path)  # fmt: skip
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["classes"] == ["no", "yes"]
    assert found["pyfunc"] == expected
    assert found["sklearn"] == expected
    assert found["example"] == 1
    truth = (TABLE["target"] == "yes").tolist()
    assert found["roc_auc"] == pytest.approx(roc_auc_score(truth, [yes for _, yes in expected]))


@pytest.fixture
def server(folder: Path, python: Path, tmp_path: Path) -> Iterator[str]:
    """Start `mlflow models serve`; return its address."""
    port = free_port()
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    started = subprocess.Popen(
        [python.with_name("mlflow"), "models", "serve", "-m", folder, "--env-manager", "local",
         "-h", HOST, "-p", str(port)],
        cwd=tmp_path, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://{HOST}:{port}"
    for _ in range(600):
        time.sleep(0.2)
        with contextlib.suppress(requests.ConnectionError):
            requests.get(f"{address}/ping", timeout=10)
            break
        assert started.poll() is None
    yield address
    started.terminate()
    started.wait()


def test_models_serve(server: str, expected: list[list[float]]) -> None:
    rows = records(TABLE)
    split: Any = {"columns": [*rows[0]], "data": [[*row.values()] for row in rows]}
    answer = requests.post(f"{server}/invocations", json={"dataframe_split": split}, timeout=60)
    assert answer.json() == {"predictions": expected}
