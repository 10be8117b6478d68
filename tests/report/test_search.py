"""What the report says of a search."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from src.report import note, page
from src.report.content import assemble
from src.report.plots import TABLES
from src.report.search import search
from src.report.snapshot import Snapshot, read_snapshot
from src.report.verdict import Verdict
from src.search.files import OFF
from tests.report.decisions import decision

SUMMARY: dict[str, Any] = {
    "metric": "log_loss", "trials": 3, "present": {"mean": 0.5, "std": 0.1},
    "best": {"trial": 2, "mean": 0.25, "std": 0.1}, "nested": None,
}  # fmt: skip
SEARCH = {
    "summary.json": json.dumps(SUMMARY),
    "trials.csv": "trial,score,std,best,estimator,max_iter,C,kind<b>\n"
    "0,0.5,0.1,0.5,a.B,100,,x\n1,0.75,0.1,0.5,a.B,1,,y\n2,0.25,0.1,0.25,a.C,,0.5,x\n"
    "3,0.6,0.1,0.25,a.B,10,,z\n",
    "importance.csv": "parameter,importance\nmax_iter,0.75\nkind<b>,0.25\n",
}


def snapshot(template: Path, files: Mapping[str, str]) -> Snapshot:
    def read(path: str) -> bytes | None:
        if path.startswith("metrics/search/"):
            return files.get(Path(path).name, "").encode()
        return (template / path).read_bytes() if (template / path).is_file() else None

    return read_snapshot("now", "a" * 40, read, TABLES)


def test_a_search_is_told_and_drawn(template: Path) -> None:
    now = snapshot(template, SEARCH)
    found = search(now)
    assert found is not None
    assert (found.label, found.trials, found.folds, found.best_trial) == ("log loss", 3, 3, 2)
    assert found.parameters == [("estimator", "a.C"), ("C", "0.5"), ("kind<b>", "x")]
    place = {(one.trial, one.parameter): one.place for one in found.positions}
    # Over two decades by the logarithm; names side by side; what has one value says nothing.
    assert [place[trial, "max_iter"] for trial in (1, 3, 0)] == [0, pytest.approx(0.5), 1]
    assert [place[trial, "kind<b>"] for trial in (0, 1, 3)] == [0, 0.5, 1]
    assert {name for _, name in place} == {"estimator", "max_iter", "kind<b>"}
    content = assemble(Verdict("passed", decision()), now, None, "", changed=False)
    document = page.render(content)
    assert '<a href="#search">' in document
    assert "part of its lead is chance" in document
    assert "kind<b>" not in document
    assert "Of 3 trials of a search trial 2 has the best mean log loss" in note.render(content, {})


def test_a_nested_score_is_told(template: Path) -> None:
    nested = json.dumps(SUMMARY | {"nested": {"mean": 0.3125, "std": 0.1}})
    now = snapshot(template, SEARCH | {"summary.json": nested})
    content = assemble(Verdict("passed", decision()), now, None, "", changed=False)
    assert "comes to 0.3125, which does not" in page.render(content)
    assert "nested 0.3125" in note.render(content, {})


@pytest.mark.parametrize(
    "files",
    [
        {},
        OFF,
        SEARCH | {"trials.csv": OFF["trials.csv"]},
        SEARCH | {"summary.json": json.dumps(SUMMARY | {"metric": "unknown"})},
        SEARCH | {"summary.json": json.dumps(SUMMARY | {"best": {"trial": 9, "mean": 1}})},
        SEARCH | {"importance.csv": "parameter,importance\nx,much\n"},
    ],
)
def test_without_a_readable_search_there_is_no_section(
    template: Path, files: dict[str, str]
) -> None:
    now = snapshot(template, files)
    assert search(now) is None
    content = assemble(Verdict("passed", decision()), now, None, "", changed=False)
    assert "#search" not in page.render(content)
    assert "of a search" not in note.render(content, {})
