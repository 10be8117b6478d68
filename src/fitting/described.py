"""What is fitted on which folds, as section ``train`` of ``params.yaml`` describes it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from src.base.settings import Seed, Settings


class Step(Settings):
    """A transformer before the feature steps that suit the estimator."""

    step: str
    parameters: dict[str, Any]


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
