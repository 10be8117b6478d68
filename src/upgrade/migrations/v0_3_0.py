"""From 0.2 to 0.3: the model stays the one there was; what is new is off."""

from __future__ import annotations

from src.base.errors import InputError
from src.base.settings import parse_yaml
from src.upgrade.yaml_text import add, has, remove, source

LEADING = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "r2"}
"""The metric that led in each task then."""

SEARCH = """\

search:
  trials: 0                # besides what train has, which is trial 0; with none nothing is searched
  batch: 5                 # trials that are chosen together, and fitted in parallel
  sampler: tpe             # Optuna's, or random
  seed: 0                  # of the sampler
  metric: {metric}# mean of the folds of train
  nested: false            # search without each fold, too, for a score that is not optimistic
  # By estimator, scikit-learn's names: {{low: 1, high: 9}}, with log: true, or {{choices: [a, b]}}.
  space: {{}}
"""

STEPS = """\
# Transformers by dotted path, in order, before the feature steps that suit the estimator, such as
# {step: src.features.ratio.Ratio, parameters: {pairs: [[column, another]]}}
steps: []
"""

MEMBERS = """\
# More of these, whose predictions are averaged with the estimator's, each of the same weight, like
# {estimator: lightgbm.LGBMClassifier, hyperparameters: {n_estimators: 200}}
members: []
external_memory: false  # XGBoost alone: fit a training set that is larger than the memory
"""

FINAL = """\
final: refit             # one model fitted on all rows, or ensemble: the mean of the folds' models
calibration: null        # of probabilities: sigmoid, isotonic or temperature, fitted on the folds
threshold: null          # from which probability on the positive class is predicted: a number,
                         # {maximize: f1} on the folds, or null for the most probable class
"""

MAX_BYTES = "max_model_bytes: 100_000_000  # a model file that unpacks to more is not loaded\n"

COSTS = """\
costs: null              # of a binary task, by threshold: {false_alarm: 1, miss: 5}
"""


def migrate(params: str, contract: str) -> tuple[str, str]:
    """Return ``params.yaml`` with the sections and keys that 0.3 has; the contract is the same."""
    if not has(params, "search"):
        metric = LEADING[_task(contract)]
        params = add(params, "", SEARCH.format(metric=f"{metric:17}"), after="prepare")
    params = _added(params, "train", "steps", STEPS)
    params = _added(params, "train", "members", MEMBERS, after="hyperparameters")
    params = _added(params, "train", "final", FINAL, after="folds")
    params = _added(params, "train", "max_model_bytes", MAX_BYTES, after="trusted")
    if has(params, "evaluate.bootstrap.confidence"):
        confidence = f"confidence: {source(params, 'evaluate.bootstrap.confidence')}"
        line = f"{confidence:25}# of each score's interval\n"
        params = add(params, "evaluate", line, after="bootstrap")
        params = remove(params, "evaluate", "bootstrap")
    params = _added(params, "evaluate", "costs", COSTS, after="importance")
    for key in ("replicates", "seed"):
        params = remove(params, "gate.no_regression", key)
    return params, contract


def _added(params: str, section: str, key: str, lines: str, *, after: str = "") -> str:
    """Add what starts with a key, unless it is there, as in a project between two versions."""
    return params if has(params, f"{section}.{key}") else add(params, section, lines, after=after)


def _task(contract: str) -> str:
    """Return the task that a contract's target makes."""
    columns = parse_yaml(contract, "data/schema.yaml")["columns"].values()
    target = next((column for column in columns if column.get("role") == "target"), None)
    if target is None:
        raise InputError("data/schema.yaml: no column has the role target, expected one.")
    if target["kind"] == "numeric":
        return "regression"
    return "multiclass" if len(target.get("levels") or ()) > 2 else "binary"
