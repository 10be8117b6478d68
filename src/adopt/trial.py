"""Run the pipeline's own stages in a temporary folder before anything of the project changes."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from src.adopt.profile import ColumnProfile
from src.adopt.sample import Sample
from src.base.contract import Contract
from src.base.errors import InputError
from src.base.files import read_json
from src.base.prepared import read_prepared

ROWS = 200_000
"""Rows that prepare is tried on: every cell has been looked at before."""

CELLS = 1_000_000
"""Cells of the quick cross-validation."""

TEXT_COST = 100
"""Numeric columns that one of free text, or of more levels than are native, costs as much as."""

NATIVE_LEVELS = 255

FOLDS = 10
FEW_FOLDS = 5
FOLD_ROWS = 50
"""Rows that each of ``FOLDS`` needs, else there are ``FEW_FOLDS``."""

MANY_ROWS = 4_000
"""Rows from which a few folds differ little enough."""

MODEL = "model.skops"

BEGINNINGS = (1.0, 0.85, 0.7)
"""Shares of the training rows, in the order of time, whose ends are validated."""


def prepare(folder: Path, sample: Sample, table: Path, *, whole: bool = False) -> str:
    """Run prepare with the contract and the params of a folder.

    A long table is tried on a part of its rows, unless ``whole``; if that part cannot be learned
    from, on all.

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
    if len(sample.frame) > ROWS and not whole:
        part = sample.frame.sample(ROWS, random_state=0).sort_index()
        part.to_parquet(folder / "part.parquet", index=False)
        with contextlib.suppress(InputError):
            return run_stage("prepare", folder, "part.parquet", *arguments).strip()
    return run_stage("prepare", folder, str(table), *arguments).strip()


@dataclass(frozen=True)
class Scored:
    """What a quick cross-validation gave.

    Attributes
    ----------
    folds
        The scores of each fold; none where they could not be scored.
    rows
        The training rows that were used.
    whole
        Whether these are all.
    share
        A fold's rows over the test set's.
    model_bytes
        The size of the file of one model.
    """

    folds: list[dict[str, float | None]]
    rows: int
    whole: bool
    share: float
    model_bytes: int


Sides = tuple[pd.DataFrame, pd.DataFrame]
"""The training and the test set."""


def read_sides(folder: Path, contract: Contract) -> Sides:
    """Read what :func:`prepare` left."""
    train, test = (
        read_prepared(folder / f"{side}.parquet", contract) for side in ("train", "test")
    )
    return train, test


def cross_validate(
    folder: Path, sides: Sides, contract: Contract, features: Iterable[ColumnProfile], by: str
) -> Scored:
    """Run train on a sample of the training rows that :func:`prepare` left.

    By time, folds look as far ahead as the test set: of three beginnings of the training rows, the
    last parts are validated, each as long as the test set is beside all rows.
    """
    train, test = sides
    classes = len(contract.columns[contract.target].levels or [])
    costly = [
        one.kind in ("text", "categorical") and one.levels > NATIVE_LEVELS for one in features
    ]
    cost = (len(costly) + TEXT_COST * sum(costly)) * max(1, classes - 1)
    rows = min(len(train), 10_000, max(500, CELLS // cost))
    sampled = train.sample(rows, random_state=0).sort_index()
    folds = FOLDS if FOLDS * FOLD_ROWS <= rows < MANY_ROWS else FEW_FOLDS
    parts = [(sampled, folds)]
    if by == "time":
        ordered = sampled.sort_values(contract.names("time")[0], kind="stable")
        ahead = max(2, round(len(train) / len(test)) - 1)
        parts = [(ordered.head(int(share * rows)), ahead) for share in BEGINNINGS]
    scored: list[dict[str, float | None]] = []
    for part, count in parts:
        scored += _folds(folder, part, count)
    validated = rows / (parts[0][1] + (by == "time"))
    model = folder / MODEL
    size = model.stat().st_size if scored and model.is_file() else 0
    return Scored(scored, rows, rows == len(train), validated / len(test), size)


def _folds(folder: Path, part: pd.DataFrame, count: int) -> list[dict[str, float | None]]:
    part.to_parquet(folder / "sample.parquet", index=False)
    params = folder / "params.yaml"
    text = params.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^  folds: \d+", f"  folds: {count}", text)
    text = re.sub(r"(?m)^  final: \w+", "  final: refit", text)  # a sample may lack a class
    params.write_text(text, encoding="utf-8")
    (folder / "best.json").write_text("{}", encoding="utf-8")  # nothing is searched
    try:
        run_stage(
            "train",
            folder,
            "sample.parquet",
            "data/schema.yaml",
            "best.json",
            MODEL,
            "folds",
            "out_of_fold.parquet",
        )
    except InputError:
        return []  # dvc repro will say why: the whole training set may have what is missing
    found: list[dict[str, float | None]] = read_json(folder / "folds/metrics.json")["folds"]
    return found


def on_both_sides(folder: Path, columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns whose every level stands in the training and in the test set."""
    names = list(columns)
    sides = [
        pd.read_parquet(folder / f"{side}.parquet", columns=names) for side in ("train", "test")
    ]
    kept = []
    for name in names:
        levels = [set(part[name].dropna().unique()) for part in sides]
        if pd.api.types.is_float_dtype(sides[0][name]) or levels[0] == levels[1]:
            kept.append(name)  # numbers are sliced at quartiles
    return tuple(kept)


def run_stage(stage: str, folder: Path, *arguments: str) -> str:
    """Run a stage in a folder and return what it printed.

    Raises
    ------
    InputError
        What the stage said is wrong.
    """
    root = Path.cwd()
    ran = subprocess.run(  # noqa: S603 - a stage of this repository
        [sys.executable, "-m", f"src.{stage}", *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode:
        raise InputError(ran.stderr.strip().removeprefix("error: "))
    return ran.stdout
