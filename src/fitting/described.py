"""What is fitted on which folds, as section ``train`` of ``params.yaml`` describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field

from src.base.files import read_json
from src.base.settings import Seed, Settings, parse


class Step(Settings):
    """A transformer before the feature steps that suit the estimator."""

    step: str
    parameters: dict[str, Any]


class Estimator(Settings):
    """An estimator by its dotted path, with what is not its default."""

    estimator: str
    hyperparameters: dict[str, Any]


def _no_single_fold(folds: int) -> int:
    if folds == 1:
        raise ValueError("should be 0 for no cross-validation, or 2 or more folds")
    return folds


class Fitted(Settings):
    """The part of section ``train`` that a fit on folds is described by."""

    steps: list[Step]
    estimator: str
    hyperparameters: dict[str, Any]
    seed: Seed
    folds: Annotated[int, Field(ge=0), AfterValidator(_no_single_fold)]


Described = TypeVar("Described", bound=Fitted)


def as_searched(settings: Described, path: Path) -> Described:
    """Return settings with the estimator and hyperparameters that a search has written.

    Raises
    ------
    InputError
        The file is missing or damaged.
    """
    found = read_json(path)
    return settings.model_copy(update=dict(parse(Estimator, found, path))) if found else settings
