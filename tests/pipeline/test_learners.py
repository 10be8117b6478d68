"""Weighted rows and a mean of several libraries, from params.yaml to a consumer's predictions."""

import csv

import pandas as pd

from tests.clone import Clone
from tests.gate import PATHS

MEMBERS = """  members:
    - {estimator: xgboost.XGBClassifier, hyperparameters: {n_estimators: 20}}
    - {estimator: catboost.CatBoostClassifier, hyperparameters: {iterations: 20}}
"""
LIGHTGBM = "estimator: lightgbm.LGBMClassifier\n  hyperparameters: {n_estimators: 20}\n"
RAW = "data/raw/breast_cancer.csv"


def test_three_libraries_and_weighted_rows_pass_the_gate(built: Clone) -> None:
    rows = list(csv.reader(built.read(RAW).splitlines()))
    for place, row in enumerate(rows):
        row.append("counts" if not place else str(1 + place % 3))
    built.write(RAW, "".join(",".join(row) + "\n" for row in rows))
    built.succeed("dvc", "commit", "--quiet", "--force", "ingest")
    schema = built.read("data/schema.yaml").rstrip("\n")
    built.write("data/schema.yaml", f"{schema}\n  counts: {{kind: numeric, role: weight}}\n")
    params = built.read("params.yaml")
    start = params.index("estimator: sklearn", params.index("\ntrain:"))
    end = params.index("  #", start)
    params = params[:start] + LIGHTGBM + params[end:]
    built.write("params.yaml", params.replace("  members: []\n", MEMBERS))
    built.succeed("dvc", "repro")
    card = built.read("src/models/README.md")
    for name in ("lightgbm.sklearn.LGBMClassifier", "xgboost.sklearn.XGBClassifier",
                 "catboost.core.CatBoostClassifier"):  # fmt: skip
        assert f"`{name}`, of equal weight with the others" in card
    assert "The mean of 9 models" in card
    assert "Each row counts as much as its `counts` says" in card
    recorded = pd.read_parquet(built.folder / "data/prepared/predictions.parquet")
    assert set(recorded["weight"]) == {1.0, 2.0, 3.0}
    decided = built.run("python", "-m", "src.gate", *PATHS)
    for check in ("model", "scores", "intervals", "predictions"):
        assert f"passed        {check}   " in decided.stdout
    built.succeed("python", "-m", "src.predict", RAW, "out.parquet")
    assert len(pd.read_parquet(built.folder / "out.parquet")) == 569
    lock = built.read("dvc.lock")
    built.succeed("dvc", "repro", "--force", "--no-run-cache", "--quiet", "--downstream", "prepare")
    assert built.read("dvc.lock") == lock
