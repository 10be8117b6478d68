"""Section ``search`` of ``params.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from src.base.settings import Seed, Settings


class Between(Settings):
    """A range of numbers; whole ones, where both ends are."""

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError
        return self


class OneOf(Settings):
    """Some values."""

    choices: Annotated[list[str | int | float | bool | None], Field(min_length=1)]


def _read(value: object) -> object:
    """Say all that a parameter's values may be at once, instead of one fault for each."""
    try:
        if isinstance(value, dict):
            return (OneOf if "choices" in value else Between).model_validate(value)
    except ValidationError:
        pass
    raise ValueError(
        "should be {low: 1, high: 10} with low below high, with log: true if low is above 0, or "
        "{choices: [a, b]}"
    )


Values = Annotated[Between | OneOf, BeforeValidator(_read)]


Space = dict[str, dict[str, Values]]
"""By estimator, each parameter's values."""


class Search(Settings):
    """Section ``search``."""

    trials: Annotated[int, Field(ge=0)]
    batch: Annotated[int, Field(ge=1)]
    sampler: Literal["tpe", "random"]
    seed: Seed
    metric: str
    nested: bool
    space: Space

    @model_validator(mode="after")
    def _something_to_try(self) -> Self:
        if self.trials and not any(self.space.values()):
            raise ValueError("space should name an estimator and its parameters, or trials be 0")
        return self
