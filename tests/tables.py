"""Small tables and contracts for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.adopt.sample import sampled
from src.base.contract import Contract, Csv, Task

CSV = {"delimiter": ",", "encoding": "utf-8", "decimal": ".", "null_values": [""]}
SOURCE = {"name": "test", "origin": "made here", "licence": "none"}
WEIGHT = {"kind": "numeric", "role": "weight"}

TARGETS: dict[Task, dict[str, Any]] = {
    "binary": {"kind": "categorical", "levels": ["no", "yes"], "positive": "yes"},
    "multiclass": {"kind": "categorical", "levels": ["a", "b", "c"]},
    "regression": {"kind": "numeric"},
}


def contract_dict(task: Task, **columns: dict[str, Any]) -> dict[str, Any]:
    """Return a contract with mixed features and the target of a task, as YAML would hold it."""
    return {
        "source": SOURCE,
        "csv": CSV,
        "columns": {
            "size": {"kind": "numeric", "role": "feature", "nullable": True},
            "colour": {"kind": "categorical", "role": "feature", "nullable": True},
            "code": {"kind": "categorical", "role": "feature"},
            "flag": {"kind": "boolean", "role": "feature"},
            "day": {"kind": "datetime", "role": "feature"},
            "target": {"role": "target", **TARGETS[task]},
            **columns,
        },
    }


def make_contract(task: Task, **columns: dict[str, Any]) -> Contract:
    """Return the contract as settings."""
    return Contract.model_validate(contract_dict(task, **columns))


def weighted(task: Task = "binary") -> Contract:
    """Return the contract whose column ``share`` says how much each row counts."""
    return make_contract(task, share=WEIGHT, other={"kind": "numeric", "role": "feature"})


def frame(task: Task, rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """Return a converted table whose target depends on ``size`` and ``colour``."""
    generator = np.random.default_rng(seed)
    size = generator.normal(size=rows)
    colour = generator.choice(["red", "green", "blue"], rows)
    signal = size + (colour == "red") + generator.normal(scale=0.3, size=rows)
    if task == "regression":
        target = pd.Series(signal)
    else:
        levels = TARGETS[task]["levels"]
        cuts = np.quantile(signal, np.linspace(0, 1, len(levels) + 1)[1:-1])
        target = pd.Series(np.array(levels)[np.searchsorted(cuts, signal)], dtype="str")
    table = pd.DataFrame(
        {
            "size": size,
            "colour": pd.Series(colour, dtype="str"),
            "code": pd.Series(generator.integers(1, 5, rows)).astype("str"),
            "flag": generator.random(rows) < 0.5,
            "day": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(generator.integers(0, 300, rows), unit="D"),
            "target": target,
        }
    )
    table["day"] = table["day"].astype("datetime64[us]")
    table.loc[generator.random(rows) < 0.1, "size"] = np.nan
    table.loc[generator.random(rows) < 0.1, "colour"] = None
    return table


def read_table(path: Path, csv: Csv) -> pd.DataFrame:
    """Read a whole table."""
    return sampled(path, csv).frame
