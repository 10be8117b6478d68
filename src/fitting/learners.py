"""What other libraries' estimators need, so that the same rows give the same model on any machine.

Scikit-learn's need nothing. Of XGBoost, LightGBM and CatBoost, which take nulls and need no scales,
the feature steps are those of trees, the classes become numbers and back, and some parameters are
forced: another value would make the model depend on the machine, or leave files behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator, is_classifier
from sklearn.ensemble import VotingClassifier
from sklearn.feature_selection import VarianceThreshold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from skrub import TableVectorizer

from src.base.errors import InputError

MACHINE = "the same rows would give another model on another machine"
FILES = "files would be left behind"
WORDS = "what it prints is nothing that a model needs"
UNUSED = "without a validation set it does nothing"
SIDES = (
    "it counts for the last class of the alphabet, not for the positive one. Give rows a column "
    "with role 'weight', or set train.threshold"
)


@dataclass(frozen=True)
class Library:
    """What a library's estimators are created with.

    Attributes
    ----------
    forced
        Parameters that may have no other value, and why.
    defaults
        Parameters that have another value than the library's where none is given.
    refused
        Parameters that may have no value, and why.
    undated
        Names of what a fitted model says about itself that differs from run to run.
    """

    forced: Mapping[str, tuple[object, str]]
    refused: Mapping[str, str]
    defaults: Mapping[str, object] = field(default_factory=dict)
    undated: tuple[str, ...] = ()


LIBRARIES: Mapping[str, Library] = {
    "xgboost": Library(
        forced={"device": ("cpu", MACHINE), "verbosity": (0, WORDS)},
        refused={"scale_pos_weight": SIDES, "early_stopping_rounds": UNUSED},
    ),
    "lightgbm": Library(
        forced={
            "deterministic": (True, MACHINE), "force_row_wise": (True, MACHINE),
            "num_threads": (1, MACHINE), "device_type": ("cpu", MACHINE), "verbosity": (-1, WORDS),
        },
        defaults={"subsample_freq": 1},  # without it subsample does nothing
        refused={"scale_pos_weight": SIDES},
    ),
    "catboost": Library(
        forced={
            "task_type": ("CPU", MACHINE), "thread_count": (1, MACHINE),
            "allow_writing_files": (False, FILES), "logging_level": ("Silent", WORDS),
        },
        refused={
            **dict.fromkeys(("train_dir", "save_snapshot", "snapshot_file"), FILES),
            **dict.fromkeys(("verbose", "silent"), WORDS),
            **dict.fromkeys(("early_stopping_rounds", "od_type", "od_wait", "od_pval"), UNUSED),
            **dict.fromkeys(("scale_pos_weight", "class_weights"), SIDES),
            "random_seed": "train.seed reaches it",
        },
        defaults={"random_state": 0},  # train.seed reaches what is named, and it names no more
        undated=("train_finish_time", "model_guid"),
    ),
}  # fmt: skip
"""By the name of the package; each is also an extra of pyproject.toml with a lock of its own."""

UNREPEATABLE = {
    "gblinear": f"its threads race, and {MACHINE}. Take a linear model of scikit-learn's",
    "gradient_based": f"its threads add up in another order, and {MACHINE}. Take uniform",
}
"""A booster and a sampling method of XGBoost, and what is wrong with them."""


def library_of(path: str) -> Library | None:
    """Return what the library of an estimator needs; None where it is scikit-learn's or another."""
    return LIBRARIES.get(path.partition(".")[0])


def errors_of(path: str) -> tuple[type[Exception], ...]:
    """Return what an estimator raises of its parameters besides scikit-learn's errors."""
    return (Exception,) if library_of(path) else ()


def forced_on(path: str, hyperparameters: Mapping[str, Any], key: str) -> dict[str, object]:
    """Return the parameters that an estimator is created with besides its hyperparameters.

    Raises
    ------
    InputError
        A hyperparameter would break what they are for, or would not do what it says.
    """
    library = library_of(path)
    if library is None:
        return {}
    for name, value in hyperparameters.items():
        wanted, why = library.forced.get(name, (None, ""))
        if name in library.forced and wanted != value:
            raise InputError(
                f"{key}.{name}: found {value!r}, but {path} is always created with {wanted!r}: "
                f"{why}. Remove it."
            )
        why = library.refused.get(name, "") or _fault(path, name, value)
        if why:
            raise InputError(f"{key}.{name}: found {value!r}: {why}. Remove it.")
    forced = {name: value for name, (value, _) in library.forced.items()}
    defaults = {name: library.defaults[name] for name in library.defaults.keys() - hyperparameters}
    return defaults | forced


def _fault(path: str, name: str, value: object) -> str:
    """Say what is wrong with a value, if anything is."""
    if isinstance(value, str) and value in UNREPEATABLE:
        return UNREPEATABLE[value]
    if name == "class_weight" and isinstance(value, dict):
        return f"the library sees numbers instead of the classes' names, and {SIDES}; or 'balanced'"
    if path.startswith("catboost.") and isinstance(value, list | dict):
        return "CatBoost changes what it is given, so that scikit-learn cannot copy the estimator"
    return ""


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
