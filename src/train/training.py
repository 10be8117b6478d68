"""From a training set to a fitted model and what its folds say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pandas as pd
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.base.prepared import as_features
from src.fitting.cross_validation import folds, require_classes
from src.fitting.fits import Fits, Member, fit_folds, one_of_each, shared, weights
from src.fitting.honest import require_honest
from src.fitting.learners import library_of
from src.fitting.model import KEYS, build
from src.fitting.steps import one_message
from src.modelling.parallel import started
from src.modelling.predictions import Floats, labels, target_numbers
from src.train.calibration import recalibrated, require_calibration, with_calibration
from src.train.final import final, require_mean
from src.train.on_disk import Disk, Known, require_external
from src.train.out_of_fold import OutOfFold, collect
from src.train.settings import Train
from src.train.threshold import chosen, of_folds, require_threshold, with_threshold

MEMBERS = "params.yaml: train.members"

Progress = Callable[[Iterable[Member], int], Iterable[Member]]
"""Shows how many of some fits are done while it passes them on."""


def trained(
    train: pd.DataFrame,
    contract: Contract,
    settings: Train,
    progress: Progress,
    disk: Disk | None = None,
) -> tuple[Pipeline, OutOfFold]:
    """Fit the model that ``params.yaml`` describes.

    Parameters
    ----------
    train
        The training set; where it is fitted from disk, all but its features.
    disk
        Where ``train.external_memory`` finds the features.

    Returns
    -------
    The fitted model, and what each fold's model predicts of the rows it has not seen.

    Raises
    ------
    InputError
        A setting does not fit the table, or the estimator cannot be fitted.
    """
    require_threshold(contract, settings)
    require_calibration(contract, settings)
    if settings.external_memory:
        require_external(settings)
    models = _models(settings, contract)
    known, weight = target_numbers(train[contract.target], contract), weights(train, contract)
    features, truth = pd.DataFrame(), known[:0]
    if not settings.external_memory:
        features, truth = as_features(train, contract), labels(train[contract.target], contract)
    own = len(settings.steps)
    require_honest([step for _, step in models[0].steps[:own]], features, truth)
    paths = [settings.estimator, *(member.estimator for member in settings.members)]
    one_of = "one of " if len(paths) > 1 else ""
    what = (f"params.yaml: train: {one_of}{', '.join(paths)} cannot be trained with these "
            "hyperparameters on this table")  # fmt: skip
    foreign = settings.steps or any(library_of(path) for path in paths)
    with one_message(what, Exception if foreign else ValueError):
        splits = folds(train, contract, settings.folds, settings.seed) if settings.folds else []
        del train  # the keys of all rows, where nothing else of it is held
        require_mean(contract, settings, splits, known)
        require_classes(contract, splits, known)
        count = len(models) * len(splits)
        with started(count, features.size, fit_folds.__module__):
            kinds = (
                [_from_disk(models[0], contract, settings, (known, weight), disk)]
                if settings.external_memory and disk
                else [shared(model, own, features, truth, weight) for model in models]
            )
            example = features.iloc[one_of_each(truth)]
            del features  # of which every kind has what its steps have made
            members = list(progress(fit_folds(kinds, contract, splits), count))
        found = collect(splits, _means(members, len(kinds)), known, weight, contract)
        last = final(kinds, members, contract, settings, example)
        model = with_calibration(last.model, found, settings, last.columns, last.truth)
        found = recalibrated(found, settings)
        threshold = chosen(settings, found)
        model = with_threshold(model, threshold, contract, last.columns, last.truth)
        found = replace(found, thresholds=of_folds(settings, found))
    return replace(last, model=model).pipeline, found


def _models(settings: Train, contract: Contract) -> list[Pipeline]:
    """Build the estimator and the further members."""
    described = [(settings.estimator, settings.hyperparameters, KEYS)]
    for place, member in enumerate(settings.members):
        keys = (f"{MEMBERS}[{place}].estimator", f"{MEMBERS}[{place}].hyperparameters")
        described.append((member.estimator, member.hyperparameters, keys))
    return [
        build(path, hyperparameters, settings.seed, contract, settings.steps, keys=keys)
        for path, hyperparameters, keys in described
    ]


def _from_disk(
    model: Pipeline, contract: Contract, settings: Train, known: Known, disk: Disk
) -> Fits:
    from src.train.external_memory import on_disk  # noqa: PLC0415 - it imports XGBoost, an extra

    return on_disk(model, contract, settings, known, disk)


def _means(members: Sequence[Member], kinds: int) -> list[Floats]:
    """Return the mean of what the models of each fold predict."""
    outputs = [member.output for member in members]
    return [
        sum(outputs[start + 1 : start + kinds], outputs[start]) / kinds
        for start in range(0, len(outputs), kinds)
    ]
