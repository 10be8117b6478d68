"""Probabilities that are calibrated by out-of-fold predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from src.base.contract import Task
from src.base.errors import InputError
from src.base.prepared import as_features
from src.modelling.ensemble import calibration_of, members_of
from src.modelling.predictions import predict_raw, predictions
from src.saving.model_file import dumps, load_model, save_model
from src.saving.trust import TRUSTED, Trust
from src.train.training import trained
from tests.tables import make_contract
from tests.training import quietly, settings
from tests.unit.test_folds import keyed

SURE = {
    "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
    "hyperparameters": {"max_iter": 60, "learning_rate": 0.5, "min_samples_leaf": 5},
}
"""Learns its rows by heart, and is far too sure of the others."""


@pytest.mark.parametrize(
    ("task", "final", "method"),
    [
        ("binary", "ensemble", "sigmoid"),
        ("binary", "refit", "isotonic"),
        ("binary", "refit", "temperature"),
        ("multiclass", "ensemble", "isotonic"),
        ("multiclass", "refit", "sigmoid"),
        ("multiclass", "ensemble", "temperature"),
    ],
)
def test_calibrated_probabilities_are_saved_and_better(
    task: Task, final: str, method: str, tmp_path: Path
) -> None:
    table, contract = keyed(task, 240), make_contract(task)
    plain = {**SURE, "final": final}
    loss = []
    for calibration in (None, method):
        model, found = trained(table, contract, settings(**plain, calibration=calibration), quietly)
        certain = np.eye(len(found.predicted.classes))[found.predicted.truth]
        loss.append(float(((found.predicted.output - certain) ** 2).sum(axis=1).mean()))
    assert loss[1] < 0.98 * loss[0]  # Brier score
    assert calibration_of(model) == method
    assert len(members_of(model)) == (3 if final == "ensemble" else 1)
    features = as_features(table, contract)
    output = predict_raw(model, features, contract)
    np.testing.assert_allclose(output.sum(axis=1), 1)
    trust = Trust(TRUSTED, 10**8)
    save_model(model, tmp_path / "m.skops", trust)
    loaded = load_model(tmp_path / "m.skops", trust)
    np.testing.assert_array_equal(predict_raw(loaded, features, contract), output)
    assert dumps(loaded) == dumps(model)


def test_the_model_is_calibrated_by_all_folds_and_keeps_the_order_of_rows() -> None:
    table, contract = keyed("binary", 300), make_contract("binary")
    plain, _ = trained(table, contract, settings(**SURE, final="refit"), quietly)
    model, found = trained(
        table, contract, settings(**SURE, final="refit", calibration="sigmoid", threshold=0.4),
        quietly,
    )  # fmt: skip
    features = as_features(table, contract)
    sure, honest = (predict_raw(one, features, contract)[:, 1] for one in (plain, model))
    order = np.argsort(sure)
    assert (np.diff(honest[order]) >= 0).all()  # a sigmoid of the same probabilities
    assert honest.max() < sure.max()
    made = predictions(model, features, table, contract)
    assert made.threshold == 0.4
    assert found.thresholds is not None
    assert set(found.thresholds) == {0.4}


def test_calibrations_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match=r"train.calibration: .* a regression, which has no prob"):
        trained(keyed("regression"), make_contract("regression"),
                settings(calibration="sigmoid"), quietly)  # fmt: skip
    with pytest.raises(InputError, match=r"train.calibration: it is fitted on folds"):
        trained(keyed("binary"), make_contract("binary"),
                settings(calibration="sigmoid", folds=0), quietly)  # fmt: skip
    with pytest.raises(InputError, match=r"train.calibration: found 'platt'"):
        settings(calibration="platt")
