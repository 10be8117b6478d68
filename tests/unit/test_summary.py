"""The table that `make repro` prints."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from src.report.summary import summary

DETAILS = {
    "test": {"rows": 40, "precision": 0.5, "interval": {"precision": {"low": 0.2, "high": 0.8}}},
    "train": {"rows": 120, "precision": 0.9},
    "dummy": {"precision": None},
}


def printed(folds: dict[str, object]) -> list[str]:
    written = StringIO()
    Console(width=80, file=written).print(summary(DETAILS, folds))
    return written.getvalue().rstrip().splitlines()[-1].split()


def test_scores_of_folds_have_their_spread() -> None:
    assert printed({"precision": {"mean": 0.6123, "std": 0.1234}})[3:6] == ["0.612", "±", "0.1"]
    assert printed({"precision": {"mean": 612.3, "std": 123.4}})[3:6] == ["612", "±", "123"]
    assert printed({}) == ["precision", "0.5", "0.2–0.8", "0.9", "none"]


def test_a_score_that_is_undefined_on_a_fold_is_none() -> None:
    found = printed({"precision": {"mean": None, "std": None}})
    assert found == ["precision", "0.5", "0.2–0.8", "none", "0.9", "none"]
