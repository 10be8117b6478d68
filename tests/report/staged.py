"""A project of 4,000 rows, and changes of it whose effect is known beforehand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from tests.clone import Clone
from tests.gate import PATHS
from tests.tables import CSV, SOURCE

ROWS = 4_000
TABLE = "data/raw/loans.csv"


def loans(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Return loans whose default depends on income and age, and on debt in site c alone."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "loan": [f"{seed}-{row}" for row in range(rows)],
        "site": generator.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]),
        "income": generator.normal(size=rows),
        "age": generator.normal(size=rows),
        "debt": generator.normal(size=rows),
    })  # fmt: skip
    debt = np.where(frame["site"] == "c", 3 * frame["debt"], 0.0)
    signal = 1.2 * frame["income"] - frame["age"] + debt + generator.logistic(size=rows)
    return frame.assign(defaulted=np.where(signal > 1.2, "yes", "no")).round(4)


def bring(clone: Clone) -> None:
    """Make the project, build and commit it."""
    write(clone, loans())
    feature = {"kind": "numeric", "role": "feature"}
    columns = {
        "loan": {"kind": "categorical", "role": "id"},
        "site": {"kind": "categorical", "role": "feature", "levels": ["a", "b", "c"]},
        **{name: dict(feature) for name in ("income", "age", "debt")},
        "defaulted": {"kind": "categorical", "role": "target", "levels": ["no", "yes"],
                      "positive": "yes"},
    }  # fmt: skip
    yaml = YAML(typ="safe")
    with (clone.folder / "data/schema.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump({"source": SOURCE, "csv": CSV, "columns": columns}, stream)
    params = yaml.load(clone.read("params.yaml"))
    params["prepare"]["table"] = TABLE
    params["train"]["hyperparameters"] = {"max_iter": 40, "learning_rate": 0.1, "max_features": 0.7}
    params["evaluate"]["slices"]["columns"] = ["site"]
    params["gate"]["bounds"] = {"test.roc_auc": {"min": 0.7}}
    with (clone.folder / "params.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(params, stream)
    build(clone)
    clone.commit("base")


def write(clone: Clone, frame: pd.DataFrame) -> None:
    frame.to_csv(clone.folder / TABLE, index=False)


def build(clone: Clone) -> None:
    clone.succeed("dvc", "repro", "--quiet")


def report(clone: Clone) -> None:
    """Build, ask the gate, whatever it says, and write the report; all against the base."""
    build(clone)
    clone.run("python", "-m", "src.gate", *PATHS, "--baseline", "HEAD")
    clone.succeed("python", "-m", "src.report", "report", "--base", "HEAD")


def hyperparameter(name: str, value: object) -> Callable[[Clone], None]:
    return parameter("train", "hyperparameters", name, value=value)


def parameter(*keys: str, value: object) -> Callable[[Clone], None]:
    def change(clone: Clone) -> None:
        yaml = YAML(typ="safe")
        params = yaml.load(clone.read("params.yaml"))
        node = params
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value
        with (clone.folder / "params.yaml").open("w", encoding="utf-8") as stream:
            yaml.dump(params, stream)

    return change


def without_debt(clone: Clone) -> None:
    """Take the one feature away that matters in one slice alone."""
    yaml = YAML(typ="safe")
    schema = yaml.load(clone.read("data/schema.yaml"))
    schema["columns"]["debt"]["role"] = "ignore"
    with (clone.folder / "data/schema.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(schema, stream)


def more_rows(clone: Clone) -> None:
    write(clone, pd.concat([loans(), loans(1_000, seed=1)]))


def other_columns(clone: Clone) -> None:
    """Shift a number, and bring a level that is new."""
    frame = loans()
    frame["age"] += 1.0
    frame.loc[frame.index % 10 == 0, "site"] = "d"
    write(clone, frame)
    text = clone.read("data/schema.yaml").replace("[a, b, c]", "[a, b, c, d]")
    text = text.replace("      - c\n", "      - c\n      - d\n")
    clone.write("data/schema.yaml", text)


CHANGES: dict[str, tuple[Callable[[Clone], None], list[str], list[str]]] = {
    "a clear gain": (
        hyperparameter("max_iter", 40),
        ["🟢 Better: ROC AUC", "## ✅ The gate has passed"],
        ["🔴"],
    ),
    "a clear loss in one slice": (
        without_debt,
        ["## ❌ The gate has failed", "`no_regression` failed: roc",
         "Worse in 1 slice: ROC AUC in site = c", "no check covers it"],
        ["in site = a", "in site = b"],
    ),
    "recall halved, the leading score unchanged": (
        parameter("train", "threshold", value=0.8),
        ["🔴 Worse: ", "recall", "no check covers", "| `roc_auc` | unchanged |"],
        ["## ✅"],
    ),
    "no change": (
        lambda _: None,
        ["## ✅ The gate has passed", "| `roc_auc` | unchanged |", "No parameter has changed",
         "No change in rows or contract"],
        ["🔴", "🟢 Better"],
    ),
    "a changed seed": (
        parameter("train", "seed", value=1),
        ["No score is clearly better or worse", "`train.seed`"],
        ["🔴", "🟢 Better"],
    ),
    "more data": (
        more_rows,
        ["The test set has changed", "What changed: rows raw 4000 → 5000"],
        [],
    ),
    "a changed column": (
        other_columns,
        ["`age` most", "`site.levels`", "drifted"],
        [],
    ),
    "another threshold": (
        parameter("train", "threshold", value=0.3),
        ["🟢 Better: ", "recall", "🔴 Worse: ", "precision", "`train.threshold`"],
        ["roc_auc` | 🔴"],
    ),
}  # fmt: skip
"""What is changed, what the note must say, and what it must not."""
