"""Build the model that ``params.yaml`` describes: a scikit-learn Pipeline, not fitted yet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.validation import has_fit_parameter
from skrub import tabular_pipeline

from src.base.contract import Contract, Task
from src.base.errors import InputError
from src.fitting import steps
from src.fitting.described import Step
from src.fitting.dotted import find, require_parameters
from src.fitting.learners import errors_of, forced_on, library_of, pipeline_of

CARDINALITY_THRESHOLD = 255
"""Categories HistGradientBoosting takes natively; columns with more are encoded as text."""

KEYS = ("params.yaml: train.estimator", "params.yaml: train.hyperparameters")

_NOT_HYPERPARAMETERS = {
    "random_state": "remove it and set train.seed, which reaches every random_state",
    "n_jobs": "remove it; the number of processes follows the machine",
}


def build(  # noqa: PLR0913 - what describes a model
    path: str,
    hyperparameters: dict[str, Any],
    seed: int,
    contract: Contract,
    own: Sequence[Step] = (),
    *,
    keys: tuple[str, str] = KEYS,
) -> Pipeline:
    """Return the steps of one's own, the feature steps that suit the estimator, the estimator.

    :func:`skrub.tabular_pipeline` chooses the steps: its TableVectorizer, and for estimators that
    need it imputation and scaling. The pipeline takes the contract's feature columns as they are.

    Parameters
    ----------
    keys
        Where the estimator and its hyperparameters stand.

    Raises
    ------
    InputError
        The estimator cannot be found, does not fit the task, gives no probabilities, takes no
        weights where rows have such, or does not know or accept a hyperparameter. Nothing has been
        fitted then.
    """
    estimator = _instance(find(path, keys[0]), path, hyperparameters, keys[1])
    _require_task(estimator, path, contract.task, keys[0])
    _require_weights(estimator, path, contract.weight, keys[0])
    # The feature steps gain nothing from several processes; the estimator may use them.
    made = pipeline_of if library_of(path) else partial(tabular_pipeline, n_jobs=1)
    pipeline = made(estimator)
    pipeline.set_params(tablevectorizer__cardinality_threshold=CARDINALITY_THRESHOLD)
    pipeline = Pipeline([*steps.instances(own), *pipeline.steps])
    seeds = [name for name in pipeline.get_params() if name.endswith("random_state")]
    pipeline.set_params(**dict.fromkeys(seeds, seed))
    return pipeline


def _instance(found: type, path: str, hyperparameters: dict[str, Any], key: str) -> BaseEstimator:
    """Create the estimator, checking names and, where scikit-learn can, values."""
    for name in hyperparameters:
        if name in _NOT_HYPERPARAMETERS:
            raise InputError(f"{key}.{name}: not a parameter here; {_NOT_HYPERPARAMETERS[name]}.")
    require_parameters(found, path, hyperparameters, key)
    forced = forced_on(path, hyperparameters, key)
    try:
        estimator: BaseEstimator = found(**{**hyperparameters, **forced})
        if hasattr(estimator, "_parameter_constraints"):
            estimator._validate_params()  # what fit would call first
        is_classifier(estimator)  # CatBoost looks at its parameters here
    except (InvalidParameterError, TypeError, *errors_of(path)) as error:
        raise InputError(f"{key}: {path} refuses them: {error}") from None
    return estimator


def _require_task(estimator: BaseEstimator, path: str, task: Task, key: str) -> None:
    fits = is_regressor(estimator) if task == "regression" else is_classifier(estimator)
    if not fits:
        raise InputError(
            f"{key}: {path} is no "
            f"{'regressor' if task == 'regression' else 'classifier'}, but the target in "
            f"data/schema.yaml makes this a {task} task. Change one of the two."
        )
    if task != "regression" and not hasattr(estimator, "predict_proba"):
        raise InputError(
            f"{key}: {path} has no predict_proba with these "
            "hyperparameters; choose a classifier that gives probabilities."
        )


def _require_weights(estimator: BaseEstimator, path: str, column: str | None, key: str) -> None:
    if column is not None and not has_fit_parameter(estimator, "sample_weight"):
        raise InputError(
            f"{key}: {path} takes no weights (fit has no sample_weight), and column {column} of "
            "data/schema.yaml has role 'weight'. Choose another estimator, or another role."
        )
