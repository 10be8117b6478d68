"""A project with a table of its own and tuned parameters passes the tests it came with."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.clone import Clone
from tests.gate import PATHS


def table(task: str, rows: int = 600) -> pd.DataFrame:
    """Return a table of a number, a category and a date, from which the target follows roughly."""
    generator = np.random.default_rng(0)
    size, colour = generator.normal(size=rows), generator.choice(["red", "blue", "green"], rows)
    signal = size + (colour == "red") + generator.normal(scale=0.3, size=rows)
    target = {
        "binary": np.where(signal > 0.3, "yes", "no"),
        "multiclass": np.array(["low", "middle", "high"])[np.digitize(signal, [-0.3, 0.9])],
        "regression": signal.round(4),
    }[task]
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 300, rows), unit="D")
    return pd.DataFrame(
        {"size": size.round(4), "colour": colour, "seen": days.strftime("%Y-%m-%d"), "kind": target}
    )


@pytest.mark.long
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_fork_passes_its_tests(fresh: Clone, tmp_path: Path, task: str) -> None:
    source = tmp_path.with_name(f"{tmp_path.name}.csv")
    table(task).to_csv(source, index=False)
    fresh.succeed("python", "-m", "src.adopt", str(source), "kind")
    fresh.edit("params.yaml", "seed: 0                  # every random_state", "seed: 7  #")
    fresh.edit("params.yaml", "test_size: 0.25", "test_size: 0.3")
    fresh.succeed("dvc", "repro", "--quiet")
    fresh.commit("Our own table")
    fresh.succeed("python", "-m", "src.gate", *PATHS)
    fresh.patience = 1_800.0
    tests = ("tests/unit", "tests/integration", "tests/accuracy", "tests/report/test_content.py")
    fresh.succeed(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    reproduced = "tests/pipeline/test_repro.py::" \
        "test_a_fresh_clone_reproduces_what_is_committed_to_the_byte"  # fmt: skip
    fresh.succeed(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", reproduced)
