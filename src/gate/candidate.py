"""What the stages left of the model that asks to be published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.base.contract import Contract
from src.results.predictions_file import Recorded


@dataclass(frozen=True)
class Files:
    """What the gate reads; ``metrics`` is the headline of ``details``."""

    metrics: Path
    details: Path
    predictions: Path
    model: Path
    train: Path
    test: Path
    contract: Path


@dataclass(frozen=True)
class Candidate:
    """The model that asks to be published, as far as it could be read."""

    details: Mapping[str, Any]
    contract: Contract
    recorded: Recorded
