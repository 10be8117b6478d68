"""Check the raw table against its contract, clean it, split it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from src.base.command import run
from src.base.contract import Contract, load_contract
from src.base.files import md5, replacing, rounded, write_json
from src.base.settings import load_settings
from src.prepare.checked import Checked, checked
from src.prepare.learnable import require_learnable
from src.prepare.overview import column, look
from src.prepare.profile import profile, profile_lines
from src.prepare.sets import write_sets
from src.prepare.settings import Prepare, Split
from src.prepare.split import Cutoff, find_cutoff, require_role, sided
from src.tables.findings import Finding, findings, listed


@dataclass(frozen=True)
class Arguments:
    """What it reads and writes."""

    table: Path
    contract: Path
    train: Path
    test: Path
    counts: Path
    profile: Path


def main(arguments: Arguments) -> None:
    """Read the table, write both sets, the counts and the profile, or nothing."""
    settings = load_settings(Prepare)
    contract = load_contract(arguments.contract)
    require_role(contract, settings.split)
    table = arguments.table
    outputs = (arguments.train, arguments.test, arguments.counts, arguments.profile)
    with replacing(*outputs) as (train, test, counts_path, profile_path):
        beside = train.parent  # a folder that is deleted afterwards
        rows = checked(
            table, contract, arguments.contract, beside, find_repeated=settings.drop_duplicates
        )
        cutoff = _cutoff(rows, contract, settings.split)
        batches = sided(rows.batches(contract), contract, settings.split, cutoff)
        sets = write_sets(batches, contract, (train, test))
        distinct = len(rows.repeated) - int(rows.repeated.sum())
        require_learnable(sets, distinct, contract, table)
        counts = {
            "raw": len(rows.repeated),
            "duplicates_dropped": len(rows.repeated) - distinct,
            "without_target_dropped": distinct - sum(sets.counts),
            "train": sets.counts[0],
            "test": sets.counts[1],
        }
        found = findings(look(train, test, sets, contract), contract, settings.split.by)
        write_json(_content(arguments, settings, contract, counts, found), counts_path)
        described = rounded(profile(functools.partial(column, train), contract))
        profile_path.write_text(profile_lines(described), encoding="utf-8")
    print(f"{table}: " + ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts.items()))
    print(*listed(found), sep="\n", end="\n" if found else "")


def _cutoff(rows: Checked, contract: Contract, split: Split) -> Cutoff | None:
    """Look at all times, where the split is by time."""
    if split.by != "time":
        return None
    name = contract.names("time")[0]
    times = pd.concat([frame[name] for frame in rows.batches(contract)], ignore_index=True)
    return find_cutoff(times, split.cutoff, split.test_size)


def _content(
    arguments: Arguments,
    settings: Prepare,
    contract: Contract,
    counts: dict[str, int],
    found: list[Finding],
) -> dict[str, Any]:
    """Return the content of metrics/data.json."""
    settled = sum(bool(finding.reason) for finding in found)
    return {
        "table": {"path": arguments.table.as_posix(), "md5": md5(arguments.table)},
        "split": settings.split.model_dump(),
        "rows": counts,
        "columns": {"feature": len(contract.features)},
        "warnings": {"open": len(found) - settled, "acknowledged": settled},
    }


if __name__ == "__main__":
    run(main, Arguments)
