"""Score a table of any length with the model of this commit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.base.command import run
from src.base.contract import Contract, load_contract
from src.base.errors import InputError
from src.base.files import replacing
from src.predict.scoring import beside, score_batch
from src.predict.target import require_free
from src.predict.writer import TableWriter
from src.repository.cache import remedy
from src.repository.dvc_lock import Entry, differences, of_stage
from src.saving.model_file import load_model, types_to_trust
from src.saving.trust import FEATURES, OWN, read_trust
from src.tables.convert import Violation
from src.tables.formats import format_of
from src.tables.progress import shown
from src.tables.read import as_frame, read_batches
from src.tables.validate import merge_violations, model_inputs, refuse


@dataclass(frozen=True)
class Arguments:
    """What it reads and writes."""

    table: Path
    predictions: Path


def main(arguments: Arguments) -> None:
    """Check model and contract against ``dvc.lock``, then read, predict and write in batches."""
    table, output = arguments.table, arguments.predictions
    format_of(output)
    if not table.exists():
        raise InputError(f"{table}: no such file or folder. Name the table to be scored.")
    require_free(output, table)
    model_path, contract_path = _trained()
    contract = load_contract(contract_path)
    model = load_model(model_path, read_trust())
    with replacing(output) as (new,):
        rows, violations = _score(model, table, contract, new)
        refuse(
            violations, table, contract.csv, contract_path, "the model must then be trained anew"
        )
    print(f"{output}: {rows:,} rows scored")


def _trained() -> tuple[Path, Path]:
    """Return the model and the contract that ``dvc.lock`` says belong together."""
    entries = of_stage("train")
    model, contract = entries.get("model.skops"), entries.get("schema.yaml")
    if model is None or contract is None:
        raise InputError("dvc.lock: stage 'train' names no model or no contract. Run `dvc repro`.")
    for entry, fix in (
        (model, remedy),
        (contract, lambda _: "Restore it with `git checkout`, or retrain with `dvc repro`"),
    ):
        for path, difference in differences([entry]).items():
            raise InputError(f"{path}: {difference} (dvc.lock). Nothing was loaded. {fix(entry)}.")
    _require_steps(model.path, entries.get(FEATURES.name))
    return model.path, contract.path


def _require_steps(model: Path, steps: Entry | None) -> None:
    """Refuse a model whose own feature steps are not the code that it was trained with."""
    names = [name for name in types_to_trust(model) if name.startswith(OWN)]
    if names and (steps is None or differences([steps])):
        raise InputError(
            f"{FEATURES}: not the code of {names[0]} that the model was trained with (dvc.lock). "
            "Nothing was loaded. Restore it with `git checkout`, or retrain with `dvc repro`."
        )


def _score(
    model: Any,  # noqa: ANN401 - any fitted scikit-learn estimator
    table: Path,
    contract: Contract,
    output: Path,
) -> tuple[int, list[Violation]]:
    """Write the predictions of every batch, until one breaks the contract; check them all."""
    wanted, ids = model_inputs(contract), contract.names("id")
    violations: list[Violation] = []
    rows = 0
    with TableWriter(output) as writer:
        for batch in shown(read_batches(table, contract.csv), f"{table}"):
            scored, found = score_batch(model, as_frame(batch, rows), wanted)
            violations = merge_violations([*violations, *found])
            if not violations:
                kept = {name: batch[name] for name in ids if name in batch.schema.names}
                writer.write(beside(kept, scored))
            rows += batch.num_rows
    return rows, violations


if __name__ == "__main__":
    run(main, Arguments)
