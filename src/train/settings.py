"""Section ``train`` of ``params.yaml``."""

from __future__ import annotations

import contextlib
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError

from src.base.settings import Settings
from src.fitting.described import Estimator, Fitted


class Chosen(Settings):
    """A threshold that is chosen on folds of the training set."""

    maximize: Literal["f1", "accuracy", "balanced_accuracy"]


class Divided(Settings):
    """A fit that several processes share."""

    workers: Annotated[int, Field(ge=2)]


def _read(value: object, form: type[Settings], taken: bool, expected: str) -> object:
    """Return a mapping as its form, or a value that is taken; else say all it may be at once."""
    if isinstance(value, dict):
        with contextlib.suppress(ValidationError):
            return form.model_validate(value)
    elif taken:
        return value
    found = f"found {value}; " if isinstance(value, dict) else ""  # others are told by the caller
    raise ValueError(f"{found}should be {expected}")


def _read_external_memory(value: object) -> object:
    expected = "true, false, or {workers: 4}: how many processes share a fit, at least 2"
    return _read(value, Divided, isinstance(value, bool), expected)


def _read_threshold(value: object) -> object:
    taken = value is None or (isinstance(value, float) and 0 < value < 1)
    expected = ("a number between 0 and 1, {maximize: f1} (or accuracy, balanced_accuracy), or "
                "null")  # fmt: skip
    return _read(value, Chosen, taken, expected)


class Train(Fitted):
    """Section ``train``."""

    members: list[Estimator]
    external_memory: Annotated[bool | Divided, BeforeValidator(_read_external_memory)]
    final: Literal["ensemble", "refit"]
    calibration: Literal["sigmoid", "isotonic", "temperature"] | None
    threshold: Annotated[float | Chosen | None, BeforeValidator(_read_threshold)]
    trusted: list[str]
    max_model_bytes: Annotated[int, Field(gt=0)]

    @property
    def workers(self) -> int:
        """How many processes share a fit."""
        return self.external_memory.workers if isinstance(self.external_memory, Divided) else 1
