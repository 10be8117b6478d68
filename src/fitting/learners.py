"""What other libraries' estimators need, so that the same rows give the same model on any machine.

Scikit-learn's need nothing. Of XGBoost, LightGBM and CatBoost, which take nulls and need no scales,
the feature steps are those of trees, the classes become numbers and back, and some parameters are
forced: another value would make the model depend on the machine, or leave files behind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator, is_classifier
from sklearn.ensemble import VotingClassifier
from sklearn.feature_selection import VarianceThreshold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from skrub import TableVectorizer

from src.base.errors import InputError


@dataclass(frozen=True)
class Library:
    """What a library's estimators are created with.

    Attributes
    ----------
    forced
        Parameters that may have no other value.
    refused
        Values, or for an empty collection any value, that a parameter may not have, and why.
    undated
        Names of what a fitted model says about itself that differs from run to run.
    """

    forced: Mapping[str, object]
    refused: Mapping[str, tuple[Collection[object], str]] = field(default_factory=dict)
    undated: tuple[str, ...] = ()


_FILES = ((), "it would leave files behind")
_WORDS = ((), "it says how much is printed, which is nothing")

LIBRARIES: Mapping[str, Library] = {
    "xgboost": Library(
        forced={"device": "cpu", "verbosity": 0},
        refused={"booster": (("gblinear",), "its threads race; take a linear model of sklearn's")},
    ),
    "lightgbm": Library(
        forced={"deterministic": True, "force_row_wise": True, "num_threads": 1,
                "device_type": "cpu", "verbosity": -1},
    ),
    "catboost": Library(
        forced={"task_type": "CPU", "thread_count": 1, "allow_writing_files": False,
                "logging_level": "Silent"},
        refused={
            "train_dir": _FILES, "save_snapshot": _FILES, "snapshot_file": _FILES,
            "verbose": _WORDS, "silent": _WORDS,
            "random_seed": ((), "train.seed reaches it"),
        },
        undated=("train_finish_time", "model_guid"),
    ),
}  # fmt: skip
"""By the name of the package; each is also an extra of pyproject.toml with a lock of its own."""


def library_of(path: str) -> Library | None:
    """Return what the library of an estimator needs; None where it is scikit-learn's or another."""
    return LIBRARIES.get(path.partition(".")[0])


def forced_on(path: str, hyperparameters: Mapping[str, Any], key: str) -> dict[str, object]:
    """Return the parameters that an estimator is created with besides its hyperparameters.

    Raises
    ------
    InputError
        A hyperparameter would break what they are for.
    """
    library = library_of(path)
    if library is None:
        return {}
    for name, value in hyperparameters.items():
        wanted = library.forced.get(name, value)
        if wanted != value:
            raise InputError(
                f"{key}.{name}: found {value!r}, but {path} is always created with {wanted!r}: the "
                "same rows would not give the same model otherwise. Remove it."
            )
        values, why = library.refused.get(name, ((None,), ""))
        if why and (value in values or not values):
            raise InputError(f"{key}.{name}: found {value!r}: {why}. Remove it.")
    return dict(library.forced)


def pipeline_of(estimator: BaseEstimator) -> Pipeline:
    """Return an estimator of these libraries behind its feature steps.

    Categories become codes and nulls stay. VarianceThreshold drops constant columns, and names that
    a library refuses, such as ``a[0]``. A voting of one makes numbers of the classes.
    """
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    name = type(estimator).__name__.lower()
    if is_classifier(estimator):
        name, estimator = "voting", VotingClassifier([(name, estimator)], voting="soft")
    return Pipeline([
        ("tablevectorizer", TableVectorizer(low_cardinality=codes, n_jobs=1)),
        ("variancethreshold", VarianceThreshold()),
        (name, estimator),
    ])  # fmt: skip


def settled(model: BaseEstimator) -> BaseEstimator:
    """Remove from a fitted model what differs from run to run, or stands in it twice."""
    last = model[-1] if isinstance(model, Pipeline) else model
    inner = last
    if isinstance(last, VotingClassifier):
        [inner] = last.estimators_
        del last.named_estimators_
    library = library_of(type(inner).__module__)
    for name in library.undated if library is not None else ():
        inner.get_metadata()[name] = ""
    return model
