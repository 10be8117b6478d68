"""Set the pipeline up for a table of one's own."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import get_args

import pandas as pd
from rich.console import Console
from rich.status import Status

from src.adopt import candidates, show, track, trial, write
from src.adopt.choices import Choices, names_in
from src.adopt.count import profiled
from src.adopt.model import Model
from src.adopt.propose import propose, require_names, require_target
from src.adopt.query import Query
from src.adopt.sniff import sniff
from src.base.command import run
from src.base.contract import CONTRACT, Task
from src.base.errors import InputError
from src.base.settings import PARAMS
from src.repository.commands import output
from src.repository.pipeline import QUERY, stages
from src.tables.formats import FORMATS

CONSOLE = show.console()


@dataclass(frozen=True)
class Arguments:
    """The table and the column to predict."""

    table: str = field(
        metadata={
            "help": f"a {', '.join(FORMATS)} file, a folder of such parts, a pattern such as "
            "'exports/*.csv', or an s3:// or https:// address; with --query also a database's"
        }
    )
    target: str = field(metadata={"help": "column to predict"})
    query: str = field(default="", metadata={"help": "a file of SQL, which the table is asked"})
    id: str = field(default="", metadata={"help": "columns that name rows"})
    group: str = field(default="", metadata={"help": "column whose rows belong together"})
    time: str = field(default="", metadata={"help": "column to split by in time"})
    weight: str = field(default="", metadata={"help": "column of how much each row counts"})
    ignore: str = field(default="", metadata={"help": "columns to leave out"})
    task: str = field(default="", metadata={"help": "binary, multiclass or regression"})
    positive: str = field(default="", metadata={"help": "the positive one of two classes"})
    extras: str = field(default="", metadata={"help": "what the Makefile's EXTRAS names"})
    dry_run: bool = field(default=False, metadata={"help": "decide and print, write nothing"})


def main(arguments: Arguments) -> None:
    """Look, decide, try, then write everything, or nothing."""
    with tempfile.TemporaryDirectory() as name:
        adopt(arguments, Path(name))


def adopt(arguments: Arguments, folder: Path) -> None:
    """Set the pipeline up; ``folder`` is for files that are not kept."""
    source, dry_run = arguments.table, arguments.dry_run
    query = Query(source, Path(arguments.query)) if arguments.query else None
    if query:
        table, found = query.table, query.ask(folder)
    else:
        track.require_address(source)
        table, found = track.destination(source), _fetch(source, folder)
    track.require_complete(source, table, found)
    sample, dialect = sniff(found)
    require_names(source, sample.frame.columns)
    require_target(arguments.target, sample.frame.columns)
    choices = _choices(arguments, sample.frame)
    plain = (choices.target, *choices.weight)
    looked = profiled(sample, plain, dialect.csv, found, folder)
    origin = source if "://" in source else Path(source).name
    named = {"name": table.name.partition(".")[0], "origin": origin, "licence": "unknown"}
    proposal, profiles = propose(looked, choices, dialect.csv, named), looked.columns
    CONSOLE.print(show.leakage(proposal))
    CONSOLE.print(show.columns(proposal, profiles))
    contract = write.contract_text(CONTRACT.read_text(encoding="utf-8"), proposal.contract)
    params = PARAMS.read_text(encoding="utf-8")
    unbounded = partial(write.params_text, params, table=table, bounds={})
    _put(folder, {CONTRACT: contract, PARAMS: unbounded(proposal)})
    with _busy("Trying prepare"):
        said = trial.prepare(
            folder, sample, found.resolve(), whole=looked.infinite and not sample.whole
        )
    with _busy("Trying train"):
        tried = candidates.best(folder, proposal, profiles, unbounded)
    slices = trial.on_both_sides(folder, proposal.slices)
    proposal = replace(tried.proposal, slices=slices)
    CONSOLE.print(show.decisions(proposal, dialect, sample, tried))
    CONSOLE.print()
    CONSOLE.print("\n".join(said.splitlines()[1:]), markup=False)
    if not dry_run:
        settled = write.params_text(params, proposal, table, tried.bounds.of)
        _write(query or source, table, found, contract, settled)
    earlier = track.others(table) + [QUERY] * (not query and QUERY in stages())
    steps = [f"{other} is no longer used: `dvc remove --outs {other}`." for other in earlier]
    steps += show.next_steps(
        proposal, profiles, tried.bounds, unnamed_extras(proposal.model, choices)
    )
    last = "The same command without DRY_RUN=yes." if dry_run else "dvc repro"
    CONSOLE.print("Next" + " (nothing was written)" * dry_run)
    for number, step in enumerate([*steps, last], start=1):
        CONSOLE.print(f"  {number}. {step}", markup=False)


def _fetch(source: str, folder: Path) -> Path:
    """Return a local file to look at."""
    if "://" in source:
        fetched = folder / track.destination(source).name
        advice = "Check the address, and the keys in your environment."
        output("dvc", "get-url", source, str(fetched), advice=advice)
        return fetched
    if Path(source).exists():
        return Path(source)
    pattern = Path(source)
    parts = sorted(part for part in pattern.parent.glob(pattern.name) if part.is_file())
    if not parts:
        raise InputError(
            f"{source}: no such file, folder or pattern. Name a table, or its address."
        )
    together = folder / track.destination(source).name
    together.mkdir()
    for part in parts:
        shutil.copyfile(part, together / part.name)
    return together


def _choices(arguments: Arguments, raw: pd.DataFrame) -> Choices:
    """Check what the command line says against the table."""
    roles = {
        role: names_in(getattr(arguments, role), raw.columns, role.upper(), arguments.target)
        for role in ("id", "group", "time", "weight", "ignore")
    }
    task = next((known for known in get_args(Task) if known == arguments.task), None)
    if arguments.task and task is None:
        raise InputError(f"TASK={arguments.task}: expected one of {', '.join(get_args(Task))}.")
    for role in ("group", "time", "weight"):
        if len(roles[role]) > 1:
            raise InputError(f"{role.upper()}={getattr(arguments, role)}: expected one column.")
    said = Choices(
        arguments.target,
        **roles,
        task=task,
        positive=arguments.positive or None,
        extras=tuple(arguments.extras.split()),
    )
    said.require_one_role()
    return said


def _put(folder: Path, files: Mapping[Path, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def unnamed_extras(model: Model, choices: Choices) -> set[str]:
    """Return the extras that the model needs and that only the command line has named."""
    written = re.search(r"^EXTRAS *:?=(.*)$", Path("Makefile").read_text("utf-8"), re.MULTILINE)
    known = written[1].split() if written else []
    paths = [model.estimator, *(str(member["estimator"]) for member in model.members)]
    return {path.partition(".")[0] for path in paths} & set(choices.extras) - set(known)


def _busy(what: str) -> Status:
    """Show on a terminal that something long goes on."""
    return Console(stderr=True).status(what)


def _write(source: Query | str, table: Path, found: Path, contract: str, params: str) -> None:
    record = table.with_name(f"{table.name}.dvc") if isinstance(source, str) else source.kept
    with write.all_or_none(table, record):
        CONTRACT.write_text(contract, encoding="utf-8")
        PARAMS.write_text(params, encoding="utf-8")
        if isinstance(source, str):
            track.track(source, table, found)
        else:
            source.track(found)
        without_ingest = write.remove_ingest()
    CONSOLE.print(f"Written: {CONTRACT}, {PARAMS}, {record}; {table} is DVC's")
    if without_ingest:
        CONSOLE.print("Removed: the stage ingest in dvc.yaml, which wrote the default table")
    CONSOLE.print("Features of your own go into train.steps of params.yaml: see CONTRIBUTING.md")


if __name__ == "__main__":
    run(main, Arguments)
