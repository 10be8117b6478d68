"""Tables of every task, from scikit-learn's bundled data, brought as a user would."""

from __future__ import annotations

from typing import Any

import pandas as pd
from ruamel.yaml import YAML
from sklearn.datasets import load_diabetes, load_wine

from tests.clone import Clone
from tests.tables import CSV, SOURCE


def table(task: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a table with numbers, a category and a code, and the rules of its target."""
    if task == "regression":
        frame = load_diabetes(as_frame=True, scaled=False).frame
        frame["sex"] = frame["sex"].map({1: "female", 2: "male"})
        return frame, {"kind": "numeric"}
    frame = load_wine(as_frame=True).frame
    frame["target"] = frame["target"].map(dict(enumerate(["barolo", "grignolino", "barbera"])))
    frame["proline"] = (frame["proline"] // 300).astype(int)
    if task == "binary":
        frame["target"] = frame["target"].eq("barolo").map({True: "yes", False: "no"})
        return frame, {"kind": "categorical", "levels": ["no", "yes"], "positive": "yes"}
    levels = ["barolo", "grignolino", "barbera"]
    return frame, {"kind": "categorical", "levels": levels}


def bring(clone: Clone, task: str, train: dict[str, Any], suffix: str = "csv") -> None:
    """Change params.yaml, data/schema.yaml and the raw table, and nothing else."""
    frame, target = table(task)
    texts = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    codes = [*texts, "proline"]
    columns: dict[str, Any] = {
        name: {"kind": "categorical" if name in codes else "numeric", "role": "feature"}
        for name in frame.columns
    }
    columns["target"] = {"role": "target", **target}
    path = f"data/raw/{task}.{suffix}"
    if suffix == "csv":
        frame.to_csv(clone.folder / path, index=False)
    else:
        frame.to_parquet(clone.folder / path)
    yaml = YAML(typ="safe")
    with (clone.folder / "data/schema.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump({"source": SOURCE, "csv": CSV, "columns": columns}, stream)
    params = yaml.load(clone.read("params.yaml"))
    params["prepare"]["table"] = path
    params["train"] |= train
    params["evaluate"]["slices"]["columns"] = [str(frame.columns[0])]
    with (clone.folder / "params.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(params, stream)
