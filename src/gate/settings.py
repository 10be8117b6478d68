"""Section ``gate`` of ``params.yaml``, of no stage: a changed bound trains nothing again."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from src.base.settings import Settings

WILDCARD = "*"
"""Stands in a bound's path for every level of a slice."""

DIFFERENCE = " - "
"""Stands in a bound's path between two paths: the first number minus the second."""


class Bound(Settings):
    """What a number under ``metrics`` must be: at least ``min``, at most ``max``."""

    min: float | None = None
    max: float | None = None
    min_rows: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("should have 'min', 'max' or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"'min' {self.min:g} is above 'max' {self.max:g}")
        return self


class NoRegression(Settings):
    """Section ``gate.no_regression``."""

    removed: ClassVar[dict[str, str]] = dict.fromkeys(
        ["replicates", "seed"], "its limits need no resampling any more"
    )

    metric: str
    margin: Annotated[float, Field(gt=0)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]


class Budgets(Settings):
    """Section ``gate.budgets``."""

    model_bytes: Annotated[int, Field(ge=1)]
    seconds_per_row: Annotated[float, Field(gt=0)]


class TestSetReuse(Settings):
    """Section ``gate.test_set_reuse``."""

    __test__: ClassVar[bool] = False  # pytest collects what is named so

    limit: Annotated[int, Field(ge=1)]


class Gate(Settings):
    """Section ``gate``."""

    renamed: ClassVar[dict[str, str]] = {
        "bootstrap": "allow_missing_baseline",
        "undecided": "inconclusive",
        "wear": "test_set_reuse",
    }

    bounds: dict[str, Bound]
    no_regression: NoRegression
    budgets: Budgets
    inconclusive: Literal["fail", "pass"]
    allow_missing_baseline: bool
    test_set_reuse: TestSetReuse

    @model_validator(mode="after")
    def _min_rows_where_slices_are_meant(self) -> Self:
        for path, bound in self.bounds.items():
            if (WILDCARD in path.split(".")) != (bound.min_rows is not None):
                raise ValueError(f"bounds.{path}: 'min_rows' belongs to a path with '*', and "
                                 "such a path needs it")  # fmt: skip
            if bound.min_rows is not None and DIFFERENCE in path:
                raise ValueError(f"bounds.{path}: a difference cannot be taken over '*'")
        return self
