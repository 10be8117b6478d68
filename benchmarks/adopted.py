"""A table adopted and prepared in a folder of its own, for the benchmarks that need a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from src.adopt import trial
from src.adopt.choices import Choices
from src.adopt.count import profiled
from src.adopt.profile import ColumnProfile
from src.adopt.propose import Proposal, propose
from src.adopt.sniff import Dialect, sniff
from src.adopt.write import contract_text, params_text
from src.base.contract import CONTRACT
from src.base.settings import PARAMS
from tools.project import DEFAULT


@dataclass(frozen=True)
class Adopted:
    """What adopt has read of a table and proposes for it."""

    raw: pd.DataFrame
    dialect: Dialect
    profiles: dict[str, ColumnProfile]
    proposal: Proposal


def adopted(table: Path, target: str, folder: Path) -> Adopted:
    """Write the proposed contract and parameters into `folder` and the prepared table beside."""
    sample, dialect = sniff(table)
    looked = profiled(sample, (target,), dialect.csv, table, folder)
    source = {"name": "made", "origin": "made", "licence": "none"}
    proposal = propose(looked, Choices(target), dialect.csv, source)
    (folder / "data").mkdir()
    for path, text in {
        CONTRACT: contract_text((DEFAULT / CONTRACT).read_text("utf-8"), proposal.contract),
        PARAMS: params_text((DEFAULT / PARAMS).read_text("utf-8"), proposal, table, {}),
    }.items():
        (folder / path).write_text(text, encoding="utf-8")
    trial.prepare(folder, sample, table)
    return Adopted(sample.frame, dialect, looked.columns, proposal)
