"""Projects to be built: a table, and an estimator for it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from benchmarks.reproducibility.machines import ENVIRONMENT
from tools import project

SEED = 0
QUICK: dict[str, dict[str, Any]] = {
    "evaluate": {"importance": {"repeats": 1, "max_rows": 200}},
}
"""Settings of the stages that keep the matrix within hours."""

ESTIMATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "HistGradientBoosting": ("sklearn.ensemble.HistGradientBoosting{}", {"max_iter": 20}),
    "RandomForest": ("sklearn.ensemble.RandomForest{}", {"n_estimators": 10}),
    "LogisticRegression": ("sklearn.linear_model.LogisticRegression", {"max_iter": 500}),
    "MLP": ("sklearn.neural_network.MLP{}", {"max_iter": 8, "hidden_layer_sizes": [16]}),
    "Ridge": ("sklearn.linear_model.Ridge", {}),
    "XGBoost": ("xgboost.XGB{}", {"n_estimators": 20, "subsample": 0.8}),
    "LightGBM": ("lightgbm.LGBM{}", {"n_estimators": 20, "subsample": 0.8, "subsample_freq": 1}),
    "CatBoost": ("catboost.CatBoost{}", {"iterations": 20}),
}
OWN = ("HistGradientBoosting", "RandomForest", "LogisticRegression", "MLP")
EXTRAS = ("XGBoost", "LightGBM", "CatBoost")
"""Those of the extras; the Python for ARM64 has none of them."""


@dataclass(frozen=True)
class Case:
    """A table by its name, and an estimator by its short one."""

    table: str
    estimator: str

    def __str__(self) -> str:
        return f"{self.table} × {self.estimator}"


CASES = [
    *(Case(table, name) for table in ("default", "classes", "mixed", "text") for name in OWN),
    *(Case("numbers", name) for name in ("HistGradientBoosting", "RandomForest", "MLP", "Ridge")),
    *(Case(table, name) for table in ("mixed", "numbers") for name in EXTRAS),
]


def table(name: str) -> pd.DataFrame:
    """Make a table.

    ``classes`` has 30 classes, ``mixed`` 50,000 rows with numbers, categories and dates, ``text`` a
    column of text besides, ``numbers`` a number to predict.
    """
    generator = np.random.default_rng(SEED)
    rows = 5_000 if name == "classes" else 50_000
    frame = pd.DataFrame({
        f"number_{place}": generator.normal(size=rows) * 10.0 ** (place - 3) for place in range(8)
    })  # fmt: skip
    for levels in (3, 40, 120):
        codes = generator.integers(0, levels, rows)
        frame[f"category_{levels}"] = np.char.add("level ", codes.astype("U4"))
    days = np.datetime64("2020-01-01") + generator.integers(0, 1500, rows)
    frame["day"] = days.astype(str)
    signal = frame["number_3"] + 0.5 * frame["number_4"] / 10 * (frame["category_3"] == "level 1")
    if name == "text":
        syllables = np.array(["al", "be", "cor", "den", "el", "fun", "gri", "ho"])
        words = np.char.add(np.repeat(syllables, 8), np.tile(syllables, 8))
        drawn = generator.choice(words, (rows, 4))
        frame["note"] = [" ".join(row) for row in drawn]
        signal = signal + 0.8 * (drawn == "albe").any(axis=1)
    signal = signal + 0.7 * generator.normal(size=rows)
    frame.loc[generator.random(rows) < 0.05, "number_5"] = np.nan
    if name == "numbers":
        return frame.assign(target=signal)
    parts = 30 if name == "classes" else 6
    cuts = np.quantile(signal, np.linspace(0, 1, parts + 1)[1:-1])
    return frame.assign(target=np.char.add("class ", np.digitize(signal, cuts).astype("U2")))


def build(case: Case, folder: Path, *, unpinned: bool = False) -> None:
    """Make the project, run it and commit what it gives; ``unpinned``, as the CPU decides."""
    folder.mkdir(parents=True)
    project.copy_project(folder, default=True)
    if unpinned:
        start = folder / "src/__init__.py"
        start.write_text(start.read_text(encoding="utf-8").replace("    pin()\n", ""))
    if case.table != "default":
        raw = folder / "data/raw/made.csv"
        table(case.table).to_csv(folder / "made.csv", index=False)
        run = [sys.executable, "-m", "src.adopt", "made.csv", "target"]
        subprocess.run(run, cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)
        (folder / "made.csv").unlink()
        assert raw.is_file()
    yaml = YAML()
    params = yaml.load((folder / "params.yaml").read_text(encoding="utf-8"))
    path, hyperparameters = ESTIMATORS[case.estimator]
    kind = "Regressor" if case.table == "numbers" else "Classifier"
    params["train"] |= {
        "estimator": path.format(kind), "hyperparameters": hyperparameters, "folds": 2,
    }  # fmt: skip
    for section, changes in QUICK.items():
        params[section] |= changes
    with (folder / "params.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(params, stream)
    run = [sys.executable, "-m", "dvc", "repro", "--quiet"]
    subprocess.run(run, cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)
    project.commit(folder, "--amend")
