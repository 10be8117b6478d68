"""Score the model on the test set, with intervals, slices, importance, plots and a model card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from src.base.command import run
from src.base.contract import ROW_KEY, Contract, load_contract
from src.base.files import read_json, replacing, rounded, write_json
from src.base.prepared import as_features, read_prepared, take_prepared, write_parquet
from src.base.settings import load_settings
from src.evaluate import metrics
from src.evaluate.card import COUNTS, card
from src.evaluate.fitting import require_fitting
from src.evaluate.importance import permutation_importance
from src.evaluate.settings import Evaluate
from src.evaluate.slices import named
from src.evaluate.wheel import wheel
from src.modelling.influence import mean_influence
from src.modelling.metrics import leading
from src.modelling.predictions import predictions
from src.results.in_batches import predictions_of
from src.results.plot_tables import Evaluated
from src.results.plots import tables
from src.results.predictions_file import identity, recorded_frame
from src.results.units import units
from src.saving.model_file import load_with_types
from src.saving.trust import FEATURES, read_trust


@dataclass(frozen=True)
class Arguments:
    """What it reads and writes."""

    model: Path
    train: Path
    test: Path
    contract: Path
    counts: Path
    folds: Path
    metrics: Path
    details: Path
    plots: Path
    predictions: Path
    card: Path
    wheel: Path


def main(arguments: Arguments) -> None:
    """Predict, score, slice and permute; write all outputs, or none."""
    settings = load_settings(Evaluate)
    contract = load_contract(arguments.contract)
    require_fitting(settings, contract)
    counts = read_json(arguments.counts, *COUNTS, remake="dvc repro --force prepare")
    folds = read_json(arguments.folds / "metrics.json", remake="dvc repro --force train")
    model, trusted = load_with_types(arguments.model, read_trust())
    known = _known(contract, settings)
    train = read_prepared(arguments.train, contract, known - {ROW_KEY})
    test = read_prepared(arguments.test, contract, known)
    generator = np.random.default_rng(settings.seed)
    seen = take_prepared(arguments.train, contract, metrics.sampled(len(train), generator))
    on_train = predictions(model, as_features(seen, contract), seen, contract)
    on_test = predictions_of(model, arguments.test, contract)
    lead = mean_influence(leading(contract.task).parts(on_test))
    unit = units(test, contract, counts["split"]["by"], lead)
    slices = named(train, test, settings.slices.columns, settings.slices.min_rows)
    rows = np.sort(generator.permutation(len(test))[: settings.importance.max_rows])
    drawn = take_prepared(arguments.test, contract, rows)
    importance = permutation_importance(
        model, as_features(drawn, contract), drawn, contract, settings
    )
    content: dict[str, Any] = rounded(
        {
            **({} if on_test.threshold is None else {"threshold": on_test.threshold}),
            "test": {
                "hash": identity(test[ROW_KEY], test[contract.target]),
                "unit": {"kind": unit.kind, "count": unit.count},
                **metrics.metrics_with_intervals(on_test, unit.codes, settings.confidence),
            },
            "train": metrics.split_metrics(on_train),
            "dummy": metrics.dummy_metrics(train, test, contract),
            "slices": metrics.slice_metrics(on_test, unit.codes, slices, settings),
        }
    )
    text = card(
        model,
        contract,
        counts,
        content,
        settings,
        trusted=trusted,
        wheel=arguments.wheel,
    )
    costs = (settings.costs.false_alarm, settings.costs.miss) if settings.costs else None
    outputs = (arguments.metrics, arguments.details, arguments.plots, arguments.predictions,
               arguments.card, arguments.wheel)  # fmt: skip
    with replacing(*outputs) as (
        main_path, details_path, plots_path, predictions_path, card_path, wheel_path,
    ):  # fmt: skip
        write_json(metrics.headline(contract.task, content, folds), main_path)
        write_json(content, details_path)
        card_path.write_text(text, encoding="utf-8")
        wheel_path.write_bytes(wheel(FEATURES, arguments.wheel.name))
        plots_path.mkdir()
        for name, table in tables(Evaluated(on_test, importance, costs, settings.seed)).items():
            table.to_csv(plots_path / f"{name}.csv", index=False)
        write_parquet(recorded_frame(test[ROW_KEY], unit.codes, on_test, slices), predictions_path)
    print(f"{arguments.metrics}: {len(on_test):,} test rows scored")


def _known(contract: Contract, settings: Evaluate) -> set[str]:
    """Return the columns that are held of all rows at once: features are read in batches."""
    roles = contract.names("target", "weight", "group", "time")
    return {ROW_KEY, *roles, *settings.slices.columns}


if __name__ == "__main__":
    run(main, Arguments)
