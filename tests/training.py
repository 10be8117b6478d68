"""What tests of training have in common: its section of params.yaml, and no progress."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from src.base.settings import parse
from src.fitting.fits import Member
from src.train.settings import Train

SETTINGS = {
    "steps": [], "hyperparameters": {},
    "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
    "seed": 0, "folds": 3, "members": [], "external_memory": False, "final": "refit",
    "calibration": None, "threshold": None,
    "trusted": [], "max_model_bytes": 10**8,
}  # fmt: skip


def settings(**changed: object) -> Train:
    """Return the section ``train`` with some keys changed."""
    return parse(Train, SETTINGS | changed, Path("params.yaml"), "train")


def quietly(members: Iterable[Member], _: int) -> Iterable[Member]:
    """Show no progress."""
    return members
