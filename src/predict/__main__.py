"""Score a new table.

Usage: python -m src.predict TABLE PREDICTIONS
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress

from src import artifact, lock, schema
from src.checks import refuse
from src.conform import Violation
from src.errors import InputError, run
from src.files import replacing
from src.predict import chunks
from src.predict.scoring import beside, inputs, merged, score_chunk


def main() -> None:
    """Check model and contract against ``dvc.lock``, then read, predict and write in chunks."""
    if len(sys.argv) != 3:
        raise InputError("expected two arguments: python -m src.predict TABLE PREDICTIONS")
    table, output = map(Path, sys.argv[1:])
    if output.suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"{output}: expected a name ending in .csv or .parquet.")
    if not table.is_file():
        raise InputError(f"{table}: no such file. Name the table to be scored.")
    if output.exists() and output.samefile(table):
        raise InputError(f"{output}: is the table itself. Name another file for the predictions.")
    model_path, contract_path = _trained()
    contract = schema.load(contract_path)
    model = artifact.load(model_path)
    with replacing(output) as (new,):
        rows, violations = _score(model, table, contract, new)
        refuse(violations, table, contract_path, "the model must then be trained anew")
    print(f"{output}: {rows:,} rows scored")


def _trained() -> tuple[Path, Path]:
    """Return the model and the contract that ``dvc.lock`` says belong together."""
    entries = lock.of_stage("train")
    model = next(entry for name, entry in entries.items() if name.endswith(".skops"))
    contract = entries["schema.yaml"]
    for entry, mend in (
        (model, f"Fetch it with `dvc pull --force {model.path}`"),
        (contract, "Restore it with `git checkout`, or retrain with `dvc repro`"),
    ):
        for path, difference in lock.differences([entry]).items():
            raise InputError(f"{path}: {difference} (dvc.lock). Nothing was loaded. {mend}.")
    return model.path, contract.path


def _score(
    model: Any,  # noqa: ANN401 - any fitted scikit-learn estimator
    table: Path,
    contract: schema.Schema,
    output: Path,
) -> tuple[int, list[Violation]]:
    """Write the predictions of every chunk, until one breaks the contract; check them all."""
    wanted, ids = inputs(contract), contract.names("id")
    violations: list[Violation] = []
    rows = 0
    console = Console(stderr=True)
    with (
        Progress(console=console, disable=not console.is_terminal) as progress,
        chunks.Writer(output) as writer,
    ):
        bar = progress.add_task(f"{table}", total=1.0)
        for batch, share in chunks.read(table, contract.csv):
            chunk = batch.to_pandas().set_axis(pd.RangeIndex(rows, rows + batch.num_rows))
            scored, found = score_chunk(model, chunk, wanted)
            violations = merged([*violations, *found])
            if not violations:
                kept = {name: batch[name] for name in ids if name in batch.schema.names}
                writer.write(beside(kept, scored))
            rows += len(chunk)
            progress.update(bar, completed=share)
    return rows, violations


if __name__ == "__main__":
    run(main)
