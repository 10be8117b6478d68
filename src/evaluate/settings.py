"""Section ``evaluate`` of ``params.yaml``."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from src.base.settings import Seed, Settings, Share


class Slices(Settings):
    """Section ``evaluate.slices``."""

    columns: list[str]
    min_rows: Annotated[int, Field(ge=1)]


class Importance(Settings):
    """Section ``evaluate.importance``."""

    repeats: Annotated[int, Field(ge=1)]
    max_rows: Annotated[int, Field(ge=1)]


class Costs(Settings):
    """Section ``evaluate.costs``: of predicting positive wrongly, and of missing a positive."""

    false_alarm: Annotated[float, Field(ge=0)]
    miss: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _something_costs(self) -> Self:
        if not (self.false_alarm or self.miss):
            raise ValueError("should have a false_alarm or a miss above 0, or be null")
        return self


class Evaluate(Settings):
    """Section ``evaluate``."""

    removed: ClassVar[dict[str, str]] = {
        "bootstrap": "intervals need no resampling any more: set evaluate.confidence instead",
    }

    seed: Seed
    confidence: Share
    slices: Slices
    importance: Importance
    costs: Costs | None
