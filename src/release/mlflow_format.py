"""What makes a fetched folder a model in MLflow's format, written without MLflow.

All of it follows from the files that the tag names, so that the same version gives the same bytes
anywhere.

References
----------
https://mlflow.org/docs/latest/ml/model, "Storage Format"; checked with the version below.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from ruamel.yaml import YAML

from src.base.contract import Column, Contract, load_contract
from src.base.errors import InputError
from src.base.files import md5
from src.base.kinds import Kind
from src.saving.model_file import types_to_trust

MLFLOW = "3.17.2"
"""The version whose format this is."""

PYTHON = "3.11"
"""The oldest that the packages of a model are locked for."""

MODEL = "model.skops"
CODE = "code"
"""The folder that MLflow puts on the path of imports: the feature steps of the repository's own."""

TYPES: dict[Kind, str] = {
    "numeric": "double", "categorical": "string", "datetime": "datetime", "text": "string",
    "boolean": "boolean",
}  # fmt: skip
"""MLflow's types of columns."""

_MADE_WITH = re.compile(r"^Made with (.+)\.$", re.MULTILINE)


def mlflow_files(folder: Path, wheel: Path | None) -> dict[str, bytes]:
    """Return the files that MLflow needs beside model, contract and card, by their paths.

    Parameters
    ----------
    wheel
        The repository's own feature steps, where the model has some.

    Raises
    ------
    InputError
        The card does not say which packages the model was made with.
    """
    contract = load_contract(folder / "schema.yaml")
    example = {
        "columns": contract.features,
        "data": [[_example(contract.columns[name]) for name in contract.features]],
    }
    packages = [f"mlflow=={MLFLOW}", *_packages(folder / "README.md")]
    environment = {
        "python": PYTHON,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }
    conda = {
        "channels": ["conda-forge"],
        "dependencies": [f"python={PYTHON}", "pip", {"pip": packages}],
        "name": "mlflow-env",
    }
    code = _code(wheel) if wheel else {}
    return {
        "MLmodel": _yaml(_model(folder / MODEL, contract, code=bool(code))),
        "python_env.yaml": _yaml(environment),
        "conda.yaml": _yaml(conda),
        "requirements.txt": "".join(f"{package}\n" for package in packages).encode(),
        "input_example.json": _json(example),
        "serving_input_example.json": _json({"dataframe_split": example}),
        **code,
    }


def _model(path: Path, contract: Contract, *, code: bool) -> dict[str, Any]:
    """Return the content of ``MLmodel``: both flavours, and what goes in and out."""
    trusted = types_to_trust(path)
    brought = {"code": CODE} if code else {}
    inputs = [
        {"type": TYPES[column.kind], "name": name, "required": not column.nullable}
        for name in contract.features
        for column in [contract.columns[name]]
    ]
    shape = [-1] if contract.task == "regression" else [-1, -1]
    outputs = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": shape}}]
    return {
        "flavors": {
            "python_function": {
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
                "loader_module": "mlflow.sklearn",
                "model_path": path.name,
                "predict_fn": "predict" if contract.task == "regression" else "predict_proba",
                "python_version": PYTHON,
                **brought,
            },
            "sklearn": {
                "pickled_model": path.name,
                "serialization_format": "skops",
                "skops_trusted_types": trusted,
                **brought,
            },
        },
        "metadata": {"target": contract.target},
        "mlflow_version": MLFLOW,
        "model_size_bytes": path.stat().st_size,
        "model_uuid": md5(path),
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
        },
        "signature": {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None},
    }


def _packages(card: Path) -> list[str]:
    """Return the packages that a model was made with, pinned, as its card names them."""
    found = _MADE_WITH.search(card.read_text(encoding="utf-8"))
    if found is None:
        raise InputError(
            f"{card}: does not say 'Made with …', expected a card of `dvc repro`. Publish again."
        )
    return ["==".join(package.rsplit(" ", 1)) for package in found[1].split(", ")]


def _example(column: Column) -> Any:  # noqa: ANN401 - a cell of any kind
    """Return a cell that the contract allows."""
    if column.kind == "numeric":
        low = 0.0 if column.min is None else float(column.min)
        return low if column.max is None else min(low, float(column.max))
    if column.kind == "datetime":
        return "2024-01-31T12:00:00"
    if column.kind == "boolean":
        return True
    return column.levels[0] if column.levels else "text"


def _code(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        return {f"{CODE}/{name}": archive.read(name) for name in names}


def _yaml(content: Mapping[str, Any]) -> bytes:
    stream = io.BytesIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(content, stream)
    return stream.getvalue()


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False) + "\n").encode()
