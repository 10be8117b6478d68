"""Section ``train`` of ``params.yaml``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from src.base.settings import Seed, Settings


def _no_single_fold(folds: int) -> int:
    if folds == 1:
        raise ValueError("should be 0 for no cross-validation, or 2 or more folds")
    return folds


class Chosen(Settings):
    """A threshold that is chosen on folds of the training set."""

    maximize: Literal["f1", "accuracy", "balanced_accuracy"]


def _read_threshold(value: object) -> object:
    """Say all that a threshold may be at once, instead of one fault for each."""
    try:
        if isinstance(value, dict):
            return Chosen.model_validate(value)
        if value is None or (isinstance(value, float) and 0 < value < 1):
            return value
    except ValidationError:
        pass
    raise ValueError(
        "should be a number between 0 and 1, {maximize: f1} (or accuracy, balanced_accuracy), or "
        "null"
    )


class Step(Settings):
    """A transformer before the feature steps that suit the estimator."""

    step: str
    parameters: dict[str, Any]


class Train(Settings):
    """Section ``train``."""

    steps: list[Step]
    estimator: str
    hyperparameters: dict[str, Any]
    seed: Seed
    folds: Annotated[int, Field(ge=0), AfterValidator(_no_single_fold)]
    final: Literal["ensemble", "refit"]
    calibration: Literal["sigmoid", "isotonic", "temperature"] | None
    threshold: Annotated[float | Chosen | None, BeforeValidator(_read_threshold)]
    trusted: list[str]
    max_model_bytes: Annotated[int, Field(gt=0)]
