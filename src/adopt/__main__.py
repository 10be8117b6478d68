"""Set the pipeline up for a table.

Usage: python -m src.adopt TABLE TARGET [--dry-run]
       python -m src.adopt --accept [--dry-run]

TABLE is a CSV or Parquet file, or its address (s3://, https://). With --accept, the contract is
brought up to date with the table that params.yaml names.
"""

from __future__ import annotations

import argparse
import difflib
import tempfile
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import track as progress
from rich.status import Status

from src import params, schema
from src.adopt import show, trial, write
from src.adopt.accept import accepted
from src.adopt.bounds import bounds
from src.adopt.profile import Profile, as_codes, profile
from src.adopt.propose import propose, require_target
from src.adopt.sniff import sniff
from src.checks import check, refuse
from src.commands import output
from src.errors import InputError, run
from src.files import replacing
from src.params import read_yaml
from src.tables import read_table

CONSOLE = Console(soft_wrap=False, highlight=False)


def main() -> None:
    """Look, decide, try, then write everything, or nothing."""
    parser = argparse.ArgumentParser(
        prog="python -m src.adopt", description="Set the pipeline up for a table."
    )
    parser.add_argument(
        "table", nargs="?", help="CSV or Parquet file, or its address (s3://, https://)"
    )
    parser.add_argument("target", nargs="?", help="column to predict")
    parser.add_argument(
        "--accept", action="store_true", help="bring data/schema.yaml up to date with its table"
    )
    parser.add_argument("--dry-run", action="store_true", help="decide and print, write nothing")
    arguments = parser.parse_args()
    if arguments.accept == bool(arguments.table and arguments.target):
        parser.error("expected TABLE and TARGET, or --accept")
    if arguments.accept:
        accept(dry_run=arguments.dry_run)
        return
    with tempfile.TemporaryDirectory() as name:
        adopt(arguments.table, arguments.target, Path(name), dry_run=arguments.dry_run)


def adopt(source: str, target: str, folder: Path, *, dry_run: bool) -> None:
    """Set the pipeline up; ``folder`` is for files that are not kept."""
    table = write.destination(source)
    found = _fetch(source, folder)
    raw, dialect = sniff(found)
    require_target(target, raw.columns)
    profiles = profiled(raw, target, dialect.csv.decimal)
    origin = {"name": table.stem, "origin": source if "://" in source else found.name,
              "licence": "unknown"}  # fmt: skip
    proposal = propose(raw, profiles, target, dialect.csv, origin)
    rows = len(raw)
    CONSOLE.print(show.columns(proposal, profiles))
    features = [profiles[name] for name in proposal.schema.features]

    contract = write.contract_text(write.CONTRACT.read_text(encoding="utf-8"), proposal.schema)
    knobs = write.PARAMS.read_text(encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data/schema.yaml").write_text(contract, encoding="utf-8")
    (folder / "params.yaml").write_text(
        write.params_text(knobs, proposal, table, {}), encoding="utf-8"
    )
    made = proposal.schema
    classes = len(made.columns[made.target].levels or [])
    with _busy("Trying prepare"):
        said = trial.prepare(folder, raw, found.resolve())
    with _busy("Trying train"):
        scored, tried = trial.cross_validate(folder, classes, features)
    folds = read_yaml(write.PARAMS)["train"]["folds"]
    limits = bounds(made.task, scored, folds) if scored else {}
    CONSOLE.print(show.decisions(proposal, dialect, rows, limits, tried))
    CONSOLE.print()
    CONSOLE.print("\n".join(said.splitlines()[1:]), markup=False)
    if not dry_run:
        _write(source, table, found, contract, write.params_text(knobs, proposal, table, limits))
    CONSOLE.print("Next" + " (nothing was written)" * dry_run)
    steps = [
        f"{other} is no longer used: `dvc remove --outs {other}`." for other in write.others(table)
    ]
    steps += show.next_steps(proposal, profiles, limits)
    for number, step in enumerate(steps, start=1):
        CONSOLE.print(f"  {number}. {step}", markup=False)


def _busy(what: str) -> Status:
    """Show on a terminal that something long goes on."""
    return Console(stderr=True).status(what)


def accept(*, dry_run: bool) -> None:
    """Bring the contract up to date with the table that params.yaml names; show the difference."""
    contract = schema.load(write.CONTRACT)
    table = Path(params.load(params.Prepare).table)
    raw = read_table(table, contract.csv)
    old = write.CONTRACT.read_text(encoding="utf-8")
    columns = accepted(raw, contract)
    new = write.accepted_text(old, columns)
    with tempfile.TemporaryDirectory() as name:  # what is written must be a contract that holds
        trial_path = Path(name, "schema.yaml")
        trial_path.write_text(new, encoding="utf-8")
        refuse(check(raw, schema.load(trial_path))[1], table, write.CONTRACT)
    knobs = write.PARAMS.read_text(encoding="utf-8")
    gone = {name for name, column in contract.columns.items()
            if name not in columns or columns[name].role != column.role}  # fmt: skip
    changes = {write.CONTRACT: (old, new), write.PARAMS: (knobs, write.params_without(knobs, gone))}
    for path, (before, after) in changes.items():
        lines = (before.splitlines(), after.splitlines())
        diff = difflib.unified_diff(*lines, str(path), str(path), lineterm="", n=0)
        CONSOLE.print("\n".join(diff) or f"{path} stays as it is", markup=False)
    if not dry_run:
        with replacing(*changes) as paths:
            for path, (_, after) in zip(paths, changes.values(), strict=True):
                path.write_text(after, encoding="utf-8")


def _fetch(source: str, folder: Path) -> Path:
    """Return a local file to look at."""
    if "://" in source:
        fetched = folder / write.destination(source).name
        advice = "Check the address, and the keys in your environment."
        output("dvc", "get-url", source, str(fetched), advice=advice)
        return fetched
    if not Path(source).is_file():
        raise InputError(f"{source}: no such file. Name a CSV or Parquet file, or its address.")
    return Path(source)


def profiled(raw: pd.DataFrame, target: str, decimal: str) -> dict[str, Profile]:
    """Look at every column."""
    console = Console(stderr=True)
    names = progress(raw.columns, "Looking at columns", console=console,
                     disable=not console.is_terminal)  # fmt: skip
    found = {str(name): profile(raw[name], decimal) for name in names}
    return {
        name: one if name == target else as_codes(one, raw[name]) for name, one in found.items()
    }


def _write(source: str, table: Path, found: Path, contract: str, knobs: str) -> None:
    with write.all_or_none(table):
        write.CONTRACT.write_text(contract, encoding="utf-8")
        write.PARAMS.write_text(knobs, encoding="utf-8")
        write.track(source, table, found)
        write.remove_ingest()
    CONSOLE.print(f"Written: {write.CONTRACT}, {write.PARAMS}, {table}.dvc; {table} is DVC's")


if __name__ == "__main__":
    run(main)
