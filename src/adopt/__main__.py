"""Set the pipeline up for a table of one's own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import track as progress
from rich.status import Status

from src.adopt import show, trial, write
from src.adopt.bounds import bounds
from src.adopt.profile import ColumnProfile, as_codes, profile
from src.adopt.propose import Proposal, propose, require_target
from src.adopt.sniff import Dialect, sniff
from src.base.command import run
from src.base.errors import InputError
from src.base.settings import PARAMS, read_yaml
from src.repository.commands import output
from src.tables.read import FORMATS

CONSOLE = Console(soft_wrap=False, highlight=False)


@dataclass(frozen=True)
class Arguments:
    """The table and the column to predict."""

    table: str = field(
        metadata={"help": f"a {' or '.join(FORMATS)} file, or its s3:// or https:// address"}
    )
    target: str = field(metadata={"help": "column to predict"})
    dry_run: bool = field(default=False, metadata={"help": "decide and print, write nothing"})


@dataclass(frozen=True)
class Trial:
    """What the quick run of the stages gave: words, bounds, and the rows of its folds."""

    said: list[str]
    bounds: Mapping[str, Mapping[str, float]]
    rows: int


def main(arguments: Arguments) -> None:
    """Look, decide, try, then write everything, or nothing."""
    with tempfile.TemporaryDirectory() as name:
        adopt(arguments.table, arguments.target, Path(name), dry_run=arguments.dry_run)


def adopt(source: str, target: str, folder: Path, *, dry_run: bool) -> None:
    """Set the pipeline up; ``folder`` is for files that are not kept."""
    table = write.destination(source)
    found = _fetch(source, folder)
    raw, dialect = sniff(found)
    profiles, proposal = _decide(raw, dialect, target, table, source)
    CONSOLE.print(show.columns(proposal, profiles))
    contract = write.contract_text(write.CONTRACT.read_text(encoding="utf-8"), proposal.contract)
    params = PARAMS.read_text(encoding="utf-8")
    unbounded = write.params_text(params, proposal, table, {})
    _put(folder, {write.CONTRACT: contract, PARAMS: unbounded})
    tried = _try(folder, raw, found, proposal, profiles)
    CONSOLE.print(show.decisions(proposal, dialect, len(raw), tried.bounds, tried.rows))
    CONSOLE.print()
    CONSOLE.print("\n".join(tried.said), markup=False)
    if not dry_run:
        settled = write.params_text(params, proposal, table, tried.bounds)
        _write(source, table, found, contract, settled)
    steps = [
        f"{other} is no longer used: `dvc remove --outs {other}`." for other in write.others(table)
    ]
    steps += show.next_steps(proposal, profiles, tried.bounds)
    CONSOLE.print("Next" + " (nothing was written)" * dry_run)
    for number, step in enumerate(steps, start=1):
        CONSOLE.print(f"  {number}. {step}", markup=False)


def _fetch(source: str, folder: Path) -> Path:
    """Return a local file to look at."""
    if "://" in source:
        fetched = folder / write.destination(source).name
        advice = "Check the address, and the keys in your environment."
        output("dvc", "get-url", source, str(fetched), advice=advice)
        return fetched
    if not Path(source).is_file():
        raise InputError(f"{source}: no such file. Name a table, or its address.")
    return Path(source)


def _decide(
    raw: pd.DataFrame, dialect: Dialect, target: str, table: Path, source: str
) -> tuple[dict[str, ColumnProfile], Proposal]:
    """Look at every column and propose a contract and parameters."""
    require_target(target, raw.columns)
    profiles = profiled(raw, target, dialect.csv.decimal)
    origin = source if "://" in source else Path(source).name
    named = {"name": table.stem, "origin": origin, "licence": "unknown"}
    return profiles, propose(raw, profiles, target, dialect.csv, named)


def profiled(raw: pd.DataFrame, target: str, decimal: str) -> dict[str, ColumnProfile]:
    """Look at every column."""
    console = Console(stderr=True)
    names = progress(raw.columns, "Looking at columns", console=console,
                     disable=not console.is_terminal)  # fmt: skip
    found = {str(name): profile(raw[name], decimal) for name in names}
    return {
        name: one if name == target else as_codes(one, raw[name]) for name, one in found.items()
    }


def _put(folder: Path, files: Mapping[Path, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _try(
    folder: Path,
    raw: pd.DataFrame,
    found: Path,
    proposal: Proposal,
    profiles: Mapping[str, ColumnProfile],
) -> Trial:
    """Run prepare and train in a folder that has their settings; bounds follow from the folds."""
    made = proposal.contract
    classes = len(made.columns[made.target].levels or [])
    with _busy("Trying prepare"):
        said = trial.prepare(folder, raw, found.resolve())
    with _busy("Trying train"):
        features = [profiles[name] for name in made.features]
        scored, rows = trial.cross_validate(folder, classes, features)
    folds: Any = read_yaml(PARAMS)["train"]["folds"]
    limits = bounds(made.task, scored, folds) if scored else {}
    return Trial(said.splitlines()[1:], limits, rows)


def _busy(what: str) -> Status:
    """Show on a terminal that something long goes on."""
    return Console(stderr=True).status(what)


def _write(source: str, table: Path, found: Path, contract: str, params: str) -> None:
    with write.all_or_none(table):
        write.CONTRACT.write_text(contract, encoding="utf-8")
        PARAMS.write_text(params, encoding="utf-8")
        write.track(source, table, found)
        write.remove_ingest()
    CONSOLE.print(f"Written: {write.CONTRACT}, {PARAMS}, {table}.dvc; {table} is DVC's")


if __name__ == "__main__":
    run(main, Arguments)
