"""From a training set to a fitted model and what its folds say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.base.prepared import as_features
from src.fitting.cross_validation import folds, require_classes
from src.fitting.fits import Member, fit_folds, shared
from src.fitting.honest import require_honest
from src.fitting.model import build
from src.fitting.steps import one_message
from src.modelling.predictions import labels, weight_of
from src.train.calibration import recalibrated, require_calibration, with_calibration
from src.train.final import final, require_mean, whole
from src.train.out_of_fold import OutOfFold, collect
from src.train.settings import Train
from src.train.threshold import chosen, require_threshold, with_threshold

Progress = Callable[[Iterable[Member], int], Iterable[Member]]
"""Shows how many of some fits are done while it passes them on."""


def trained(
    train: pd.DataFrame, contract: Contract, settings: Train, progress: Progress
) -> tuple[Pipeline, OutOfFold]:
    """Fit the model that ``params.yaml`` describes.

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
    model = build(
        settings.estimator, settings.hyperparameters, settings.seed, contract, settings.steps
    )
    features, truth = as_features(train, contract), labels(train[contract.target], contract)
    weight = weight_of(train, contract)
    own = len(settings.steps)
    require_honest([step for _, step in model.steps[:own]], features, truth)
    what = (f"params.yaml: train: {settings.estimator} cannot be trained with these "
            "hyperparameters on this table")  # fmt: skip
    with one_message(what, Exception if settings.steps else ValueError):
        splits = folds(train, contract, settings.folds, settings.seed) if settings.folds else []
        require_mean(contract, settings, splits, truth)
        require_classes(contract, splits, truth)
        fits = shared(model, own, features, truth, weight)
        members = list(progress(fit_folds(fits, contract, splits), len(splits)))
        found = collect(splits, [member.output for member in members], truth, weight, contract)
        last = final(fits, members, contract, settings)
        last = with_calibration(last, found, settings, fits.columns, truth)
        found = recalibrated(found, settings)
        threshold = chosen(settings, found)
        last = with_threshold(last, threshold, contract, fits.columns, truth)
    return whole(fits, last), found.decided_from(threshold)
