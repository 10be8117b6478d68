"""The gate compares files, dvc.yaml and params.yaml with dvc.lock."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from src.base.files import md5
from src.gate.lock import check_lock

PARAMS = {"prepare": {"table": "raw.csv", "whole": True}, "train": {"seed": 0}}
PIPELINE: dict[str, Any] = {"stages": {
    "prepare": {"cmd": "python -m prepare\n  ${prepare.table} --whole ${prepare.whole}",
                "deps": ["${prepare.table}"], "params": ["prepare"],
                "outs": [{"clean.csv": {"persist": True}}]},
    "train": {"cmd": ["python -m train", "python -m score"], "deps": ["clean.csv"],
              "params": ["train"], "outs": ["model"],
              "metrics": [{"scores.json": {"cache": False}}]},
}}  # fmt: skip


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what DVC would write after running the pipeline in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def entries(*names: str) -> list[dict[str, str]]:
        for name in names:
            Path(name).write_text(name, encoding="utf-8")
        return [{"path": name, "md5": md5(Path(name))} for name in names]

    return {"stages": {
        "prepare": {"cmd": "python -m prepare raw.csv --whole true", "deps": entries("raw.csv"),
                    "params": {"params.yaml": {"prepare": PARAMS["prepare"]}},
                    "outs": entries("clean.csv")},
        "train": {"cmd": ["python -m train", "python -m score"], "deps": entries("clean.csv"),
                  "params": {"params.yaml": {"train": PARAMS["train"]}},
                  "outs": entries("model", "scores.json")},
    }}  # fmt: skip


def faults(locked: dict[str, Any], pipeline: dict[str, Any]) -> str:
    outputs, inputs = check_lock(locked, pipeline, PARAMS, [Path("model")])
    assert outputs.outcome == "passed"
    return "" if inputs.outcome == "passed" else inputs.reason


def test_what_was_run_as_it_stands_passes(locked: dict[str, Any]) -> None:
    assert faults(locked, PIPELINE) == ""


def without(stage: str, key: str) -> Callable[[dict[str, Any]], object]:
    return lambda stages: stages[stage].pop(key)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda stages: stages["train"]["cmd"].pop(), "cmd of stage train in dvc.yaml"),
        (lambda stages: stages["prepare"].update(cmd="python -m other"), "cmd of stage prepare"),
        (lambda stages: stages["train"]["deps"].append("more"), "deps of stage train"),
        (without("train", "metrics"), "outs of stage train"),
        (without("train", "params"), "train was run with train of params.yaml, which dvc.yaml"),
        (lambda stages: stages["train"]["params"].append("prepare"), "prepare of params.yaml is"),
        (lambda stages: stages.pop("train"), "dvc.yaml has the stages"),
    ],
)  # fmt: skip
def test_a_stage_that_is_another_now_is_named(
    locked: dict[str, Any], change: Callable[[dict[str, Any]], object], told: str
) -> None:
    pipeline = copy.deepcopy(PIPELINE)
    change(pipeline["stages"])
    assert told in faults(locked, pipeline)


def test_what_dvc_takes_from_elsewhere_is_not_compared(locked: dict[str, Any]) -> None:
    pipeline = copy.deepcopy(PIPELINE)
    pipeline["stages"]["prepare"]["cmd"] = "python -m prepare ${elsewhere}"
    assert faults(locked, pipeline) == ""
