"""The tables and projects that benchmarks make for themselves."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tools import project

CHUNK = 1_000_000
"""Rows that are made at once."""


def make_table(path: Path, rows: int) -> Path:
    """Write a CSV file of 6 numbers and 8 categories, from 10^6 rows on of 20 numbers."""
    return write_csv(path, numbers(rows) if rows >= CHUNK else [mixed(rows)])


def write_csv(path: Path, frames: Iterable[pd.DataFrame]) -> Path:
    """Write pieces of a table into one file."""
    with path.open("w", encoding="utf-8") as stream:
        for number, frame in enumerate(frames):
            frame.to_csv(stream, index=False, header=number == 0)
    return path


def numbers(rows: int) -> Iterator[pd.DataFrame]:
    """Make 20 numbers a row, and a target that depends on four of them, in pieces."""
    generator = np.random.default_rng(0)
    for first in range(0, rows, CHUNK):
        count = min(CHUNK, rows - first)
        values = generator.normal(size=(count, 20)).round(4)
        logit = values[:, 0] + values[:, 1] * values[:, 2] + np.abs(values[:, 3]) - 1
        yield with_target(_frame(values), logit, generator)


def mixed(rows: int) -> pd.DataFrame:
    """Make 6 numbers and 8 categories a row, and a target that depends on some."""
    generator = np.random.default_rng(0)
    values = generator.normal(size=(rows, 6)).round(3)
    codes = generator.integers(0, [2, 5, 7, 9, 15, 16, 30, 42], size=(rows, 8))
    frame = _frame(values)
    for place in range(8):
        frame[f"category_{place}"] = [f"level {code}" for code in codes[:, place]]
    logit = values[:, 0] + values[:, 1] * values[:, 2] + (codes[:, 3] > 5) - 1
    return with_target(frame, logit, generator)


def with_target(
    frame: pd.DataFrame, logit: np.ndarray[Any, Any], generator: np.random.Generator
) -> pd.DataFrame:
    """Add a target of two classes, drawn with the probabilities that belong to the logits."""
    drawn = generator.random(len(frame)) < 1 / (1 + np.exp(-logit))
    return frame.assign(target=np.where(drawn, "yes", "no"))


def _frame(values: np.ndarray[Any, Any]) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"number_{place}" for place in range(values.shape[1])])


def make_project(
    folder: Path,
    table: Path,
    contract: dict[str, Any],
    params: dict[str, dict[str, Any]] | None = None,
    *,
    link: bool = False,
) -> Path:
    """Copy this project into a new folder, for another table, and commit it there.

    The table is copied, too, or linked to; `params` are set in the sections of params.yaml. No
    slices are scored, and nothing is ingested.
    """
    folder.mkdir()
    project.copy_project(folder)
    if link:
        (folder / "data/raw" / table.name).symlink_to(table.resolve())
    slices = {"evaluate": {"slices": {"columns": [], "min_rows": 1}}}
    project.adopt(folder, table, contract, slices | (params or {}))
    subprocess.run(["dvc", "remove", "ingest", "--quiet"], cwd=folder, check=True)
    project.commit(folder)
    return folder
