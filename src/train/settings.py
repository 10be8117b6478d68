"""Section ``train`` of ``params.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError

from src.base.settings import Settings
from src.fitting.described import Estimator, Fitted


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


class Train(Fitted):
    """Section ``train``."""

    members: list[Estimator]
    external_memory: bool
    final: Literal["ensemble", "refit"]
    calibration: Literal["sigmoid", "isotonic", "temperature"] | None
    threshold: Annotated[float | Chosen | None, BeforeValidator(_read_threshold)]
    trusted: list[str]
    max_model_bytes: Annotated[int, Field(gt=0)]
