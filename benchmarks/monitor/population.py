"""A made population with a model of it, from which batches are drawn, and its release.

Thirty columns of every shape that a profile knows: smooth, heavy-tailed, with a heap at one value,
whole numbers, few values, one value, levels that are rare, levels that are many, times, nulls.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from src.base.contract import ROW_KEY, Contract, Task
from src.base.files import rounded
from src.modelling.metrics import find
from src.modelling.predictions import (
    PROBABILITY,
    Floats,
    Predictions,
    class_names,
    numbered,
    predictions_frame,
)
from src.monitor.reference import Margin, Reference
from src.prepare.profile import profile
from src.repository.revisions import Revision
from src.results.predictions_file import Recorded

MARGIN = 0.02
"""Of gate.no_regression, as params.yaml has it."""

LEADS = {"binary": "roc_auc", "multiclass": "roc_auc_ovr", "regression": "r2"}
CLASSES = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c", "d"], "regression": []}
POOL = 120_000


@dataclass(frozen=True)
class Setting:
    """A kind of release.

    Attributes
    ----------
    positive
        The share of the positive class.
    groups
        Rows that share a group, and half of what is drawn for them; 1 for none.
    weighted
        Whether rows have weights.
    """

    task: Task = "binary"
    train: int = 6_000
    test: int = 2_000
    positive: float = 0.5
    group: int = 1
    weighted: bool = False

    def __str__(self) -> str:
        share = f", {self.positive:.0%} positive" if self.task == "binary" else ""
        groups = f", groups of {self.group}" if self.group > 1 else ""
        weights = ", weighted" if self.weighted else ""
        return f"{self.task}{share}, test set {self.test:,}{groups}{weights}"


@dataclass(frozen=True)
class Population:
    """Rows that the model was not trained on, with their truth and its predictions."""

    rows: pd.DataFrame
    contract: Contract
    setting: Setting

    def draw(self, size: int, generator: np.random.Generator) -> pd.DataFrame:
        """Draw rows, or whole groups."""
        group = self.setting.group
        chosen = generator.choice(len(self.rows) // group, size // group, replace=False)
        places = (chosen[:, None] * group + np.arange(group)).ravel()
        return self.rows.iloc[places].reset_index(drop=True)

    def release(self, generator: np.random.Generator) -> Reference:
        """Draw what a release of the model knows: the profile of a training set, a test set.

        Both are drawn anew for each batch: a release may be lucky in its test set, too.
        """
        setting, contract = self.setting, self.contract
        train, test = (self.draw(size, generator) for size in (setting.train, setting.test))
        described = json.loads(json.dumps(rounded(profile(train.__getitem__, contract))))
        metric = find(LEADS[setting.task])
        assert metric is not None
        unit = "group" if setting.group > 1 else "row"
        keys = pd.Series(test["row"].astype(str).to_numpy(), name=ROW_KEY)
        units = pd.factorize(test[unit])[0]
        recorded = Recorded(keys, units, self.scored(test), pd.DataFrame(index=test.index))
        return Reference(
            revision=Revision("made", ""), contract=contract, profile=described["columns"],
            rows=setting.train / setting.group, test=recorded, split=unit, unit=unit,
            margin=Margin(metric, MARGIN), paths={}, folder=Path(),
        )  # fmt: skip

    def scored(self, rows: pd.DataFrame) -> Predictions:
        """Return the predictions of some rows, with their truth."""
        classes = class_names(self.contract)
        names = [f"{PROBABILITY}{name}" for name in classes] or ["predicted"]
        threshold = 0.5 if self.setting.task == "binary" else None
        weight = rows["weight"].to_numpy() if self.setting.weighted else None
        truth = numbered(rows["target"].to_numpy(), classes)
        output = rows[names].to_numpy(np.float64)
        return Predictions(self.setting.task, classes, truth, output, threshold, weight)


def features(rows: int, group: int, generator: np.random.Generator) -> pd.DataFrame:
    """Draw the cells; rows of a group share half of the variance of what is smooth."""
    count = -(-rows // group)

    def normal() -> Floats:
        own = generator.normal(size=rows)
        if group == 1:
            return own
        shared = np.repeat(generator.normal(size=count), group)[:rows]
        return np.asarray(np.sqrt(0.5) * (own + shared))

    cells: dict[str, object] = {f"smooth_{k}": normal() for k in range(8)}
    cells |= {f"heavy_{k}": np.exp(1.5 * normal()) for k in range(4)}
    cells |= {f"heap_{k}": np.maximum(normal() - 0.3, 0) for k in range(4)}
    cells |= {f"whole_{k}": np.round(3 * normal()) for k in range(3)}
    cells |= {f"few_{k}": np.clip(np.round(normal()), -2, 2) for k in range(2)}
    cells |= {"constant": np.ones(rows), "amount": np.round(np.exp(10 + normal()), 2)}
    for k in range(2):
        gaps = normal()
        cells[f"null_{k}"] = np.where(generator.random(rows) < 0.2, np.nan, gaps)
    for k in range(2):
        place = np.floor(np.exp(np.abs(1.3 * normal()))).astype(int)
        cells[f"rare_{k}"] = pd.Series(np.char.add("level", place.clip(max=30).astype(str)))
    code = generator.integers(200, size=rows).astype(str)
    cells |= {"code": pd.Series(code), "flag": normal() > 1.2}
    days = (300 * generator.random(rows)).astype(int)
    cells["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")
    return pd.DataFrame(cells)


def contract_of(frame: pd.DataFrame, setting: Setting) -> Contract:
    """Describe the columns."""
    kinds = {"f": "numeric", "b": "boolean", "M": "datetime"}
    columns: dict[str, dict[str, object]] = {
        str(name): {"kind": kinds.get(cells.dtype.kind, "categorical"), "role": "feature",
                    "nullable": True}
        for name, cells in frame.items()
    }  # fmt: skip
    columns["row"] = {"kind": "numeric", "role": "id"}
    if setting.group > 1:
        columns["group"] = {"kind": "numeric", "role": "group"}
    if setting.weighted:
        columns["weight"] = {"kind": "numeric", "role": "weight"}
    target: dict[str, object] = {"role": "target", "kind": "numeric"}
    if CLASSES[setting.task]:
        target |= {"kind": "categorical", "levels": CLASSES[setting.task]}
    if setting.task == "binary":
        target["positive"] = "yes"
    columns["target"] = target
    csv = {"delimiter": ",", "encoding": "utf-8", "decimal": ".", "null_values": [""]}
    source = {"name": "made", "origin": "made", "licence": "none"}
    return Contract.model_validate({"source": source, "csv": csv, "columns": columns})


def _truth(frame: pd.DataFrame, setting: Setting, generator: np.random.Generator) -> pd.Series[str]:
    rows = len(frame)
    signal = frame[[f"smooth_{k}" for k in range(5)]].sum(axis=1) + 0.8 * frame["few_0"]
    signal = signal + 0.5 * np.log(frame["heavy_0"]) + frame["heap_0"] + 1.0 * frame["flag"]
    signal = (signal - signal.mean()) / signal.std()
    if setting.task == "regression":
        return pd.Series(3 * signal + generator.normal(size=rows) * (1 + 0.5 * np.abs(signal)))
    if setting.task == "binary":
        noisy = 3 * signal + generator.logistic(size=rows)
        cut = np.quantile(noisy, 1 - setting.positive)
        return pd.Series(np.where(noisy > cut, "yes", "no"), dtype="str")
    noisy = 3 * signal + generator.logistic(size=rows)
    cuts = np.quantile(noisy, [0.4, 0.7, 0.9])
    return pd.Series(np.array(CLASSES["multiclass"])[np.searchsorted(cuts, noisy)], dtype="str")


@lru_cache(maxsize=1)
def population(setting: Setting) -> Population:
    """Make the rows, and train a model on rows that are then left out."""
    generator = np.random.default_rng([setting.train, setting.test])
    total = setting.train + POOL
    frame = features(total, setting.group, generator)
    truth = _truth(frame, setting, generator)
    contract = contract_of(frame, setting)
    beside = pd.DataFrame({"row": np.arange(total, dtype=np.float64)})
    if setting.group > 1:
        beside["group"] = np.arange(total) // setting.group * 1.0
    if setting.weighted:
        beside["weight"] = np.exp(0.5 * generator.normal(size=total))
    output, classes = _predicted(frame, truth, setting, contract)
    served = predictions_frame(output, classes, 0.5 if setting.task == "binary" else None)
    rows = pd.concat([frame, beside, truth.rename("target"), served], axis=1)
    return Population(rows[setting.train :].reset_index(drop=True), contract, setting)


def _predicted(
    frame: pd.DataFrame, truth: pd.Series[str], setting: Setting, contract: Contract
) -> tuple[Floats, tuple[str, ...]]:
    numbers = frame.select_dtypes(["float", "bool"]).astype(np.float64)
    known, classes = numbers[: setting.train], class_names(contract)
    simple = {"max_iter": 60, "learning_rate": 0.1, "max_leaf_nodes": 15, "random_state": 0}
    if setting.task == "regression":
        regressor = HistGradientBoostingRegressor(**simple).fit(known, truth[: setting.train])
        return regressor.predict(numbers)[:, None], classes
    classifier = HistGradientBoostingClassifier(**simple).fit(known, truth[: setting.train])
    order = [list(classifier.classes_).index(name) for name in classes]
    return classifier.predict_proba(numbers)[:, order], classes


def relabelled(rows: pd.DataFrame, share: float, generator: np.random.Generator) -> pd.DataFrame:
    """Give some rows the truth of another row: what was right is right no more."""
    wrong = generator.random(len(rows)) < share
    truth = rows["target"].to_numpy().copy()
    truth[wrong] = generator.permutation(truth[wrong])
    return rows.assign(target=truth)


def harder(rows: pd.DataFrame, generator: np.random.Generator, size: int) -> pd.DataFrame:
    """Draw rows of which the model is unsure more often."""
    names = [name for name in rows if str(name).startswith("probability_")]
    sure = rows[names].max(axis=1) if names else expit(rows["predicted"].abs())
    chance = (sure.max() - sure + 0.05).to_numpy()
    return rows.iloc[
        generator.choice(len(rows), size, replace=False, p=chance / chance.sum())
    ].reset_index(drop=True)
