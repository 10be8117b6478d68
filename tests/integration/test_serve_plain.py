"""The plain path gives what the pipeline gives, to the bit, or is not taken."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from src.base.contract import Contract, Task
from src.base.prepared import as_features
from src.modelling.ensemble import mean_of
from src.modelling.predictions import labels
from src.modelling.threads import single
from src.predict.scoring import score_batch
from src.serve.model import ServedModel, tried
from src.serve.plain import plain_path
from src.serve.rows import Rows, RowsReader
from src.tables.validate import model_inputs
from tests.served import fit, with_ratio
from tests.tables import frame, make_contract

NOTE = {"kind": "text", "role": "feature", "nullable": True}
WEIGHT = {"kind": "numeric", "role": "feature"}
LINEAR = "sklearn.linear_model.LogisticRegression"
FOREST = "sklearn.ensemble.RandomForestClassifier"


def table_of(task: Task) -> tuple[pd.DataFrame, Contract]:
    table = frame(task, 100)
    table["other"] = np.arange(100) / 7
    table["note"] = pd.Series([f"word {row % 31} and {row % 7}" for row in range(100)], dtype="str")
    table.loc[::9, "note"] = None
    return table, make_contract(task, other=WEIGHT, note=NOTE)


def served(model: Pipeline, contract: Contract) -> ServedModel:
    return tried(ServedModel("model-v1.0.0", model, contract, RowsReader(model_inputs(contract))))


def averaged(model: Pipeline, table: pd.DataFrame, contract: Contract) -> Pipeline:
    """Return the model with the mean of two estimators instead of one."""
    columns = model[:-1].transform(as_features(table, contract))
    truth = labels(table[contract.target], contract)
    members = [clone(model[-1]).set_params(max_iter=n).fit(columns, truth) for n in (3, 4)]
    return Pipeline([*model.steps[:-1], ("mean", mean_of(members, contract.task, columns, truth))])


def with_threshold(model: Pipeline, table: pd.DataFrame, contract: Contract) -> Pipeline:
    columns = model[:-1].transform(as_features(table, contract))
    truth = labels(table[contract.target], contract)
    decides = FixedThresholdClassifier(model[-1], threshold=0.3, pos_label="yes")
    return Pipeline([*model.steps[:-1], ("threshold", decides.fit(columns, truth))])


MODELS: dict[str, tuple[Task, Callable[[pd.DataFrame, Contract], Pipeline]]] = {
    "trees": ("binary", lambda table, contract: fit(contract, table)),
    "three classes": ("multiclass", lambda table, contract: fit(contract, table)),
    "mean of regressors": ("regression", lambda t, c: averaged(fit(c, t), t, c)),
    "mean of classifiers": ("binary", lambda t, c: averaged(fit(c, t), t, c)),
    "gamma": ("regression", lambda t, c: fit(
        c, t.assign(target=t["target"] - t["target"].min() + 1), loss="gamma")),
    "threshold": ("binary", lambda t, c: with_threshold(fit(c, t), t, c)),
    "a step of one's own": ("binary", lambda t, c: with_ratio(fit(c, t), t, c)),
    "forest": ("binary", lambda t, c: fit(c, t, FOREST, n_estimators=3)),
    "linear": ("binary", lambda t, c: fit(c, t, LINEAR)),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_the_plain_path_is_the_pipeline_to_the_bit(name: str) -> None:
    task, make = MODELS[name]
    table, contract = table_of(task)
    model = make(table, contract)
    one = served(model, contract)
    assert one.plain is not None
    unseen = table.assign(colour="ultraviolet", code="99")
    few = table.head(14)  # which go down all trees at once, nulls among them
    for rows in (table, unseen, few, unseen.head(14), table.iloc[[7]].reset_index(drop=True)):
        expected, _ = score_batch(model, rows, model_inputs(contract))
        with single(0):  # as the server does
            scored = pd.DataFrame(one.score(one.reader.of_frame(rows)))
        pd.testing.assert_frame_equal(scored, expected, check_exact=True)


def test_a_model_that_adds_in_another_order_scores_each_request_alone() -> None:
    """As BLAS does; whether a linear model shows it depends on its numbers."""
    table, contract = table_of("binary")
    shaken = _Shaken(fit(contract, table))
    one = ServedModel("model-v1.0.0", shaken, contract, RowsReader(model_inputs(contract)))
    assert not tried(one).together


class _Shaken:
    """Predicts a row otherwise alone than among others, as BLAS does."""

    def __init__(self, model: Pipeline) -> None:
        self._model = model
        self.classes_ = model.classes_

    def predict_proba(
        self, features: pd.DataFrame
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        seen = self._model.predict_proba(features)
        made: np.ndarray[tuple[int, int], np.dtype[np.float64]] = (
            np.nextafter(seen, 1) if len(features) == 1 else seen
        )
        return made


def test_a_path_that_differs_in_one_bit_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    table, contract = table_of("binary")

    def wrong(fitted: object, reader: RowsReader) -> Callable[[Rows], object] | None:
        path = plain_path(fitted, reader)
        assert path is not None
        return lambda rows: np.nextafter(path(rows), 1)

    monkeypatch.setattr("src.serve.model.plain_path", wrong)
    one = served(fit(contract, table), contract)
    assert one.plain is None
    assert "the pipeline" in one.way
