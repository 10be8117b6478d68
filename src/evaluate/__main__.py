"""Evaluate the model.

Usage: python -m src.evaluate MODEL TRAIN TEST SCHEMA COUNTS METRICS PLOTS PREDICTIONS CARD
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from src import artifact, params, schema
from src.conform import as_features
from src.errors import run
from src.evaluate import metrics, plots
from src.evaluate.card import card
from src.evaluate.importance import permutation_importance
from src.evaluate.slices import require_sliceable
from src.files import read_json, replacing, rounded, write_json
from src.predictions_file import as_frame, identity
from src.schema import ROW_KEY
from src.scores import predictions
from src.tables import read_prepared, write_parquet


def main() -> None:
    """Predict, score, slice and permute; write all outputs, or none."""
    model_path, train_path, test_path, contract_path, data_path, *outputs = map(Path, sys.argv[1:])
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
    content: dict[str, Any] = {
        "test": {
            "hash": identity(test[ROW_KEY], test[contract.target]),
            **metrics.test_metrics(on_test, settings),
        },
        "train": metrics.split_metrics(on_train),
        "dummy": metrics.dummy_metrics(train, test, contract),
        "slices": metrics.slice_metrics(on_test, train, test, settings),
    }
    content = rounded(content)
    text = card(
        model[-1],
        contract,
        read_json(data_path),
        content,
        settings,
        trusted=artifact.needed(model_path),
    )
    with replacing(*outputs) as (metrics_path, plots_path, predictions_path, card_path):
        write_json(content, metrics_path)
        card_path.write_text(text, encoding="utf-8")
        plots_path.mkdir()
        for name, table in plots.tables(on_test, importance, settings.seed).items():
            table.to_csv(plots_path / f"{name}.csv", index=False)
        write_parquet(as_frame(test[ROW_KEY], on_test), predictions_path)
    print(f"{outputs[0]}: {len(on_test):,} test rows scored")


if __name__ == "__main__":
    run(main)
