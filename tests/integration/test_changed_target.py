"""A baseline is not compared where the target means something else now."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from src.base.contract import ROW_KEY, Task
from src.base.errors import InputError
from src.gate.baseline import _changed_targets
from src.gate.candidate import Files
from src.repository.revisions import Revision
from tests.tables import make_contract
from tests.unit.test_folds import keyed


def told(folder: Path, task: Task, before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Compare a baseline's training set with a candidate's sets."""
    for name, part in {"was": before, "train": after[:80], "test": after[80:]}.items():
        part.to_parquet(folder / f"{name}.parquet", index=False)
    files = SimpleNamespace(train=folder / "train.parquet", test=folder / "test.parquet")
    revision = SimpleNamespace(fetch=lambda *_: folder / "was.parquet")
    return _changed_targets(
        cast("Files", files), make_contract(task), cast("Revision", revision), folder
    )


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_corrections_are_told_and_another_unit_is_refused(task: Task, tmp_path: Path) -> None:
    before = keyed(task)
    assert told(tmp_path, task, before, before) == ""
    after, other = before.copy(), before.copy()
    swapped: Any = {"yes": "no", "no": "yes"}
    changed = before["target"].map(swapped) if task == "binary" else before["target"] / 10
    after.loc[after.index < 9, "target"] = changed
    assert told(tmp_path, task, before, after) == (
        " The target changed in 9 of 120 rows that both know."
    )
    other["target"] = changed
    with pytest.raises(
        InputError, match="target changed in 120 of 120 rows that both know, so the"
    ):
        told(tmp_path, task, before, other)
    other[ROW_KEY] = [f"{row:016x}" for row in range(500, 620)]
    assert told(tmp_path, task, before, other) == ""  # no row is known to both
