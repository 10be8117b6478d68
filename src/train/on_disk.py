"""What may be fitted to a training set that does not fit in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt

from src.base.errors import InputError
from src.modelling.predictions import Floats
from src.train.settings import Train

Known = tuple[npt.NDArray[Any], Floats | None]
"""Truth and weight of all training rows."""

Disk = tuple[Path, Path]
"""The file of the training set, and a folder for what is made of it."""

KEY = "params.yaml: train.external_memory"


def require_external(settings: Train) -> None:
    """Refuse what cannot be fitted from disk.

    Raises
    ------
    InputError
        So it is.
    """
    if not settings.estimator.startswith("xgboost."):
        raise InputError(
            f"{KEY}: set, but {settings.estimator} needs all rows in memory. Take "
            "xgboost.XGBClassifier or xgboost.XGBRegressor, or set it to false."
        )
    for name in ("steps", "members"):
        if getattr(settings, name):
            raise InputError(
                f"{KEY}: set, but train.{name} need all rows in memory. Empty them, or set "
                "it to false."
            )
    for name, known in (("tree_method", ("hist", "auto")), ("booster", ("gbtree",))):
        value = settings.hyperparameters.get(name, known[0])
        if value not in known:
            raise InputError(
                f"{KEY}: set, but train.hyperparameters.{name} is {value!r}, expected "
                f"{known[0]!r}. Remove it, or set train.external_memory to false."
            )
