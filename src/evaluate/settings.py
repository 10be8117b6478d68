"""Section ``evaluate`` of ``params.yaml``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from src.base.settings import Seed, Settings, Share


class Bootstrap(Settings):
    """Section ``evaluate.bootstrap``."""

    replicates: Annotated[int, Field(ge=100)]
    confidence: Share


class Slices(Settings):
    """Section ``evaluate.slices``."""

    columns: list[str]
    min_rows: Annotated[int, Field(ge=1)]


class Importance(Settings):
    """Section ``evaluate.importance``."""

    repeats: Annotated[int, Field(ge=1)]
    max_rows: Annotated[int, Field(ge=1)]


class Evaluate(Settings):
    """Section ``evaluate``."""

    seed: Seed
    bootstrap: Bootstrap
    slices: Slices
    importance: Importance
