"""A baseline is not compared where the target means something else now."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from src.base.contract import ROW_KEY, Task
from src.base.errors import InputError
from src.gate.baseline import _changed_targets
from tests.tables import make_contract
from tests.unit.test_folds import keyed


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_corrections_are_told_and_another_unit_is_refused(task: Task) -> None:
    before, told = keyed(task), partial(_changed_targets, contract=make_contract(task))
    assert told(before, before) == ""
    after, other = before.copy(), before.copy()
    swapped: Any = {"yes": "no", "no": "yes"}
    changed = before["target"].map(swapped) if task == "binary" else before["target"] / 10
    after.loc[after.index < 9, "target"] = changed
    assert told(before, after) == (" The target changed in 9 of 120 rows that both know.")
    other["target"] = changed
    with pytest.raises(
        InputError, match="target changed in 120 of 120 rows that both know, so the"
    ):
        told(before, other)
    other[ROW_KEY] = [f"{row:016x}" for row in range(500, 620)]
    assert told(before, other) == ""  # no row is known to both
