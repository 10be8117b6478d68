"""A fetched folder as a model in MLflow's format; test_mlflow.py loads it with MLflow itself."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from src.base.errors import InputError
from src.base.settings import parse_yaml
from src.evaluate.wheel import wheel
from src.release.mlflow_format import mlflow_files
from src.saving.model_file import types_to_trust
from src.saving.trust import FEATURES
from src.serve.bodies import read_records
from src.serve.rows import RowsReader
from src.tables.validate import model_inputs
from tests.served import fit, release
from tests.tables import frame, make_contract


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    contract = make_contract("binary")
    model = fit(contract, frame("binary"))
    return release(tmp_path_factory.mktemp("release"), "model-v1.0.0", model, contract)


def mlmodel(files: dict[str, bytes]) -> dict[str, Any]:
    return parse_yaml(files["MLmodel"], "MLmodel")


def test_the_flavours_name_the_model_and_what_it_holds(folder: Path) -> None:
    files = mlflow_files(folder, None)
    flavours = mlmodel(files)["flavors"]
    assert flavours["sklearn"]["pickled_model"] == "model.skops"
    assert flavours["sklearn"]["skops_trusted_types"] == types_to_trust(folder / "model.skops")
    assert flavours["python_function"]["predict_fn"] == "predict_proba"
    assert f"scikit-learn=={version('scikit-learn')}\n" in files["requirements.txt"].decode()


def test_the_signature_is_the_contract(folder: Path) -> None:
    signature = mlmodel(mlflow_files(folder, None))["signature"]
    assert json.loads(signature["inputs"]) == [
        {"type": "double", "name": "size", "required": False},
        {"type": "string", "name": "colour", "required": False},
        {"type": "string", "name": "code", "required": True},
        {"type": "boolean", "name": "flag", "required": True},
        {"type": "datetime", "name": "day", "required": True},
    ]


def test_the_example_keeps_the_contract(tmp_path: Path) -> None:
    contract = make_contract(
        "regression",
        size={"kind": "numeric", "role": "feature", "min": -9, "max": -2},
        colour={"kind": "categorical", "role": "feature", "levels": ["red"]},
    )
    model = fit(contract, frame("regression").assign(colour="red"))
    files = mlflow_files(release(tmp_path, "model-v1.0.0", model, contract), None)
    example = json.loads(files["input_example.json"])
    record = dict(zip(example["columns"], example["data"][0], strict=True))
    reader = RowsReader(model_inputs(contract))
    body = json.dumps({"records": [record]}).encode()
    assert mlmodel(files)["flavors"]["python_function"]["predict_fn"] == "predict"
    assert len(read_records(body, reader, []).rows) == 1


def test_the_same_files_give_the_same_bytes(folder: Path) -> None:
    assert mlflow_files(folder, None) == mlflow_files(folder, None)


def test_own_steps_come_as_code_to_import(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model_features-0-py3-none-any.whl"
    path.write_bytes(wheel(FEATURES, path.name))
    files = mlflow_files(folder, path)
    assert files["code/src/features/ratio.py"] == (FEATURES / "ratio.py").read_bytes()
    assert not [name for name in files if "dist-info" in name]
    assert mlmodel(files)["flavors"]["python_function"]["code"] == "code"


def test_a_card_without_packages_is_refused(folder: Path, tmp_path: Path) -> None:
    for name in ("model.skops", "schema.yaml"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "README.md").write_text("A card.\n")
    with pytest.raises(InputError, match="Made with"):
        mlflow_files(tmp_path, None)
