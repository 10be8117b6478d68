"""Evaluate the model.

Usage: python -m src.evaluate MODEL TRAIN TEST SCHEMA METRICS PLOTS PREDICTIONS
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from src import artifact, params, schema
from src.conform import as_features
from src.errors import run
from src.evaluate import metrics, plots
from src.evaluate.importance import permutation_importance
from src.evaluate.slices import require_sliceable
from src.files import replacing, rounded, write_json
from src.schema import ROW_KEY
from src.scores import Predictions, predictions
from src.tables import read_prepared, write_parquet


def main() -> None:
    """Predict, score, slice and permute; write all outputs, or none."""
    model_path, train_path, test_path, contract_path, *outputs = map(Path, sys.argv[1:])
    settings = params.load(params.Evaluate)
    contract = schema.load(contract_path)
    require_sliceable(settings.slices.columns, contract)
    model = artifact.load(model_path)
    train, test = (read_prepared(path, contract) for path in (train_path, test_path))

    features, target = as_features(test, contract), test[contract.target]
    on_train = predictions(model, as_features(train, contract), train[contract.target], contract)
    on_test = predictions(model, features, target, contract)
    generator = np.random.default_rng(settings.seed)
    rows = np.sort(generator.permutation(len(test))[: settings.importance.max_rows])
    importance = permutation_importance(
        model, features.iloc[rows], target.iloc[rows], contract, settings
    )
    content = {
        "test": {
            "hash": metrics.identity(test, contract.target),
            **metrics.test_metrics(on_test, settings),
        },
        "train": metrics.split_metrics(on_train),
        "dummy": metrics.dummy_metrics(train, test, contract),
        "slices": metrics.slice_metrics(on_test, train, test, settings),
    }
    with replacing(*outputs) as (metrics_path, plots_path, predictions_path):
        write_json(rounded(content), metrics_path)
        plots_path.mkdir()
        for name, table in plots.tables(on_test, importance, settings.seed).items():
            table.to_csv(plots_path / f"{name}.csv", index=False)
        write_parquet(_recorded(test, on_test), predictions_path)
    print(f"{outputs[0]}: {len(on_test):,} test rows scored")


def _recorded(test: pd.DataFrame, predicted: Predictions) -> pd.DataFrame:
    """Return row key, truth, prediction and probabilities of every test row."""
    keys = test[[ROW_KEY]].reset_index(drop=True)
    if predicted.task == "regression":
        return keys.assign(actual=predicted.truth, predicted=predicted.predicted)
    names = np.array(predicted.classes)
    probabilities = pd.DataFrame(
        predicted.output, columns=[f"probability_{name}" for name in predicted.classes]
    )
    decided = keys.assign(actual=names[predicted.truth], predicted=names[predicted.predicted])
    return pd.concat([decided, probabilities], axis=1)


if __name__ == "__main__":
    run(main)
