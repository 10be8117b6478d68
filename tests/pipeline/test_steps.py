"""A feature of one's own, from params.yaml to a consumer's predictions."""

import pandas as pd

from tests.clone import Clone
from tests.gate import PATHS

STEP = "{step: src.features.ratio.Ratio, parameters: {pairs: [[worst_perimeter, mean_area]]}}"
CODE = "src/features/ratio.py"


def test_a_step_of_ones_own_goes_from_params_to_predictions(built: Clone) -> None:
    model = built.read("dvc.lock").split("path: src/models/model.skops")[1].split("md5: ")[1][:32]
    built.edit("params.yaml", "  steps: []", f"  steps: [{STEP}]")
    assert built.ran(built.succeed("dvc", "repro")) == ["search", "train", "evaluate"]
    assert model not in built.read("dvc.lock")
    assert "worst_perimeter" in built.read("metrics/plots/importance.csv")
    assert "worst_perimeter / mean_area" not in built.read("metrics/plots/importance.csv")
    decided = built.run("python", "-m", "src.gate", *PATHS)
    assert "passed        model   " in decided.stdout
    assert "model_features-0-py3-none-any.whl" in built.read("src/models/README.md")

    built.succeed("python", "-m", "src.predict", "data/raw/breast_cancer.csv", "out.parquet")
    assert len(pd.read_parquet(built.folder / "out.parquet")) == 569
    built.edit(CODE, '"float64"', '"float32"')
    ran = built.run("python", "-m", "src.predict", "data/raw/breast_cancer.csv", "out.parquet")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: src/features: not the code of src.features.ratio.Ratio")
    assert list(built.ran(built.succeed("dvc", "repro"))) == ["search", "train", "evaluate"]
