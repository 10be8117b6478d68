"""Run the pipeline's own stages in a temporary folder before anything of the project changes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from src.adopt.profile import ColumnProfile
from src.base.errors import InputError
from src.base.files import read_json

ROWS = 200_000
"""Rows that prepare is tried on: every cell has been looked at before."""

CELLS = 1_000_000
"""Cells of the quick cross-validation."""

TEXT_COST = 100
"""Numeric columns that one of free text, or of more levels than are native, costs as much as."""

NATIVE_LEVELS = 255


def prepare(folder: Path, raw: pd.DataFrame, table: Path) -> str:
    """Run prepare with the contract and the params of a folder.

    A long table is tried on a part of its rows; if that part cannot be learned from, on all.

    Returns
    -------
    What it printed.

    Raises
    ------
    InputError
        What prepare said is wrong.
    """
    arguments = ["data/schema.yaml", "train.parquet", "test.parquet"]
    arguments += ["data.json", "profile.json"]
    if len(raw) > ROWS:
        part = raw.sample(ROWS, random_state=0).sort_index()
        part.to_parquet(folder / "part.parquet", index=False)
        with contextlib.suppress(InputError):
            return _run("prepare", folder, "part.parquet", *arguments).strip()
    return _run("prepare", folder, str(table), *arguments).strip()


def cross_validate(
    folder: Path, classes: int, features: Iterable[ColumnProfile]
) -> tuple[dict[str, Any], int]:
    """Run train on a sample of the training rows that :func:`prepare` left.

    Returns
    -------
    The summary of the folds, empty where they could not be scored, and the number of rows.
    """
    train = pd.read_parquet(folder / "train.parquet")
    costly = [
        one.kind in ("text", "categorical") and one.levels > NATIVE_LEVELS for one in features
    ]
    cost = (len(costly) + TEXT_COST * sum(costly)) * max(1, classes - 1)
    rows = min(len(train), 10_000, max(500, CELLS // cost))
    train.sample(rows, random_state=0).sort_index().to_parquet(
        folder / "sample.parquet", index=False
    )
    try:
        _run("train", folder, "sample.parquet", "data/schema.yaml", "model.skops", "folds")
    except InputError:
        return {}, rows  # dvc repro will say why: the whole training set may have what is missing
    return read_json(folder / "folds/metrics.json"), rows


def _run(stage: str, folder: Path, *arguments: str) -> str:
    root = Path.cwd()
    ran = subprocess.run(  # noqa: S603 - a stage of this repository
        [sys.executable, "-m", f"src.{stage}", *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode:
        raise InputError(ran.stderr.strip().removeprefix("error: "))
    return ran.stdout
