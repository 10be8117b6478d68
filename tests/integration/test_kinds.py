"""Tables of every kind run through adopt's decisions and all stages, or get one clear error."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.adopt import write
from src.adopt.choices import Choices
from src.adopt.count import profiled
from src.adopt.propose import Proposal, propose
from src.adopt.sniff import sniff
from src.base.contract import load_contract
from src.base.errors import InputError
from src.evaluate import __main__ as evaluate
from src.prepare import __main__ as prepare
from src.train import __main__ as train
from tests import kinds
from tools.project import DEFAULT

PARAMS = (DEFAULT / "params.yaml").read_text(encoding="utf-8")
CONTRACT = (DEFAULT / "data/schema.yaml").read_text(encoding="utf-8")
FAST = {
    "max_iter: 100": "max_iter: 5", "folds: 8": "folds: 0", "folds: 5": "folds: 0",
    "final: ensemble": "final: refit",
    "repeats: 5": "repeats: 1",
}  # fmt: skip


def run_through(table: Path) -> Proposal:
    """Adopt a table in the current folder and run every stage, in this process."""
    sample, dialect = sniff(table)
    source = {"name": "test", "origin": "made here", "licence": "none"}
    looked = profiled(sample, ("the target",), dialect.csv, table, Path())
    proposal = propose(looked, Choices("the target"), dialect.csv, source)
    contract = Path("schema.yaml")
    contract.write_text(write.contract_text(CONTRACT, proposal.contract), encoding="utf-8")
    assert load_contract(contract) == proposal.contract
    params = write.params_text(PARAMS, proposal, table, {})
    for old, new in FAST.items():
        params = params.replace(old, new)
    Path("params.yaml").write_text(params, encoding="utf-8")
    steps: list[Callable[[], None]] = [
        lambda: prepare.main(
            prepare.Arguments(table, contract, *map(Path, ["train.parquet", "test.parquet",
                                                           "data.json", "profile.json"]))
        ),
        lambda: train.main(
            train.Arguments(Path("train.parquet"), contract,
                            *map(Path, ["best.json", "model.skops", "folds", "oof.parquet"]))
        ),
        lambda: evaluate.main(
            evaluate.Arguments(
                Path("model.skops"), Path("train.parquet"), Path("test.parquet"), contract,
                *map(Path, ["data.json", "folds", "metrics.json", "details.json", "plots",
                            "predictions.parquet", "card.md", "steps-0-py3-none-any.whl"]),
            )
        ),
    ]  # fmt: skip
    Path("best.json").write_text("{}", encoding="utf-8")  # nothing is searched
    for step in steps:
        before = set(Path().iterdir())
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                step()
            except InputError:
                assert set(Path().iterdir()) == before  # no partial output
                raise
    return proposal


def written(frame: pd.DataFrame, form: str) -> Path:
    if form == "parquet":
        frame.to_parquet("table.parquet")
        return Path("table.parquet")
    delimiter, decimal, encoding = form.split()
    frame.to_csv("table.csv", index=False, sep={"tab": "\t"}.get(delimiter, delimiter),
                 decimal=decimal, encoding=encoding)  # fmt: skip
    return Path("table.csv")


FORMS = ["parquet", ", . utf-8", "; , utf-8-sig", "tab . utf-16", "| . utf-8"]


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.data())
def test_a_table_runs_through_or_gets_one_clear_error(data: st.DataObject) -> None:
    draw_and_run(data)


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_many_tables_run_through_or_get_one_clear_error(data: st.DataObject) -> None:
    draw_and_run(data)


def draw_and_run(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(FORMS), "form")
    known = {**kinds.COLUMNS, **(kinds.PARQUET_ONLY if form == "parquet" else {})}
    chosen = data.draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=6), "kinds")
    names = data.draw(
        st.lists(
            st.sampled_from(kinds.NAMES), min_size=len(chosen), max_size=len(chosen), unique=True
        )
    )
    target = data.draw(st.sampled_from(sorted(kinds.TARGETS)), "target")
    rows = data.draw(st.integers(60, 150), "rows")
    made = kinds.make(chosen, target, rows, data.draw(st.integers(0, 99), "seed"), names)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        try:
            run_through(written(made, form))
        except InputError as error:
            message = str(error)
            assert (
                "the target" in message
                or "test set" in message
                or any(repr(name) in message or name in message for name in names)
            )
