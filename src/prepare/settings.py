"""Section ``prepare`` of ``params.yaml``."""

from __future__ import annotations

from typing import Literal

from src.base.settings import Settings, Share


class Split(Settings):
    """Section ``prepare.split``: how rows are assigned to the training and the test set."""

    by: Literal["row", "group", "time"]
    test_size: Share
    cutoff: str | None


class Prepare(Settings):
    """Section ``prepare``."""

    table: str
    drop_duplicates: bool
    split: Split
