"""Check the raw table against its contract, clean it, split it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from src.base.command import run
from src.base.contract import load_contract
from src.base.files import md5, replacing, rounded, write_json
from src.base.prepared import write_parquet
from src.base.settings import load_settings
from src.prepare.clean import clean, require_learnable
from src.prepare.profile import profile, profile_lines
from src.prepare.settings import Prepare
from src.prepare.split import split
from src.tables.findings import findings, listed
from src.tables.read import read_table
from src.tables.validate import refuse, validate_table


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
    frame, violations = validate_table(read_table(arguments.table, contract.csv), contract)
    refuse(violations, arguments.table, contract.csv, arguments.contract)

    cleaned, counts = clean(frame, contract, settings, arguments.table)
    train, test = split(cleaned, contract, settings.split)
    require_learnable(train, test, contract, arguments.table)
    counts |= {"train": len(train), "test": len(test)}
    found = findings(train, test, contract, settings.split.by)
    settled = sum(bool(finding.reason) for finding in found)
    content = {
        "table": {"path": arguments.table.as_posix(), "md5": md5(arguments.table)},
        "split": settings.split.model_dump(),
        "rows": counts,
        "columns": {"feature": len(contract.features)},
        "warnings": {"open": len(found) - settled, "acknowledged": settled},
    }
    outputs = (arguments.train, arguments.test, arguments.counts, arguments.profile)
    with replacing(*outputs) as (train_path, test_path, counts_path, profile_path):
        write_parquet(train, train_path)
        write_parquet(test, test_path)
        write_json(content, counts_path)
        text = profile_lines(rounded(profile(train, contract)))
        profile_path.write_text(text, encoding="utf-8")
    rows = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
    print(f"{arguments.table}: {rows}")
    print(*listed(found), sep="\n", end="\n" if found else "")


if __name__ == "__main__":
    run(main, Arguments)
