"""The model that is saved: the mean of the folds' models, or one fitted on all rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.base.errors import InputError
from src.fitting.cross_validation import Fold, absent_classes
from src.fitting.fits import Fits, Member
from src.modelling.ensemble import Columns, mean_of
from src.modelling.predictions import class_names
from src.train.settings import Train

KEY = "params.yaml: train.final"
REFIT = "Set train.final to refit"


def require_mean(
    contract: Contract, settings: Train, splits: Sequence[Fold], truth: npt.NDArray[Any]
) -> None:
    """Refuse a mean of the folds' models, before any is fitted, where there cannot be one.

    Raises
    ------
    InputError
        There are no folds, they are by time, or one has not seen every class.
    """
    if settings.final == "refit":
        return
    if not splits:
        raise InputError(
            f"{KEY}: an ensemble is the mean of the folds' models, and train.folds is 0. "
            f"{REFIT}, or train.folds to 5."
        )
    if contract.names("time"):
        raise InputError(
            f"{KEY}: with a column of role 'time' the folds' models have not seen the latest rows, "
            f"and their mean would forget them. {REFIT}."
        )
    if contract.task == "regression":
        return
    for place, missing in enumerate(absent_classes(splits, truth)):
        if missing:
            name = class_names(contract)[missing[0]]
            raise InputError(
                f"{KEY}: the training rows of fold {place} hold none of the class {name!r}. "
                f"{REFIT}."
            )


@dataclass(frozen=True)
class Final:
    """The fitted model without and with the steps before it.

    Attributes
    ----------
    shared
        Fitted feature steps before the model.
    model
        What predicts from what these make.
    columns, truth
        What they have made of some training rows, with the target of these: they have the names of
        all columns and classes.
    """

    shared: list[tuple[str, BaseEstimator]]
    model: BaseEstimator
    columns: Columns
    truth: npt.NDArray[Any]

    @property
    def pipeline(self) -> Pipeline:
        """The model behind its steps."""
        if isinstance(self.model, Pipeline):
            return self.model
        return Pipeline([*self.shared, (type(self.model).__name__.lower(), self.model)])


def final(
    kinds: Sequence[Fits], members: Sequence[Member], contract: Contract, settings: Train,
    example: pd.DataFrame,
) -> Final:  # fmt: skip
    """Return the fitted model: the mean of the folds' models, or one fitted on all rows.

    Where there are several kinds of model, it is the mean of all, each behind its own steps.

    Parameters
    ----------
    members
        Of each fold all kinds, one fold after the other.
    example
        The features of the rows that show all classes.
    """
    found = [
        _of_kind(fits, members[place :: len(kinds)], contract, settings)
        for place, fits in enumerate(kinds)
    ]
    if len(found) == 1:
        return found[0]
    pipelines, truth = [one.pipeline for one in found], found[0].truth
    return Final([], mean_of(pipelines, contract.task, example, truth), example, truth)


def _of_kind(fits: Fits, members: Sequence[Member], contract: Contract, settings: Train) -> Final:
    columns, truth = fits.example
    model = (
        fits.fit(slice(None)) if settings.final == "refit"
        else mean_of([member.model for member in members], contract.task, columns, truth)
    )  # fmt: skip
    return Final(fits.shared, model, columns, truth)
