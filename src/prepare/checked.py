"""The first pass over a table: read, convert and validate it batch by batch, find equal rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from src.base.contract import Contract
from src.tables.convert import Violation
from src.tables.hashes import Records, cell_hashes, combined, rehashed, repeated
from src.tables.progress import shown
from src.tables.read import as_frame, frames, read_batches
from src.tables.validate import merge_violations, refuse, validate_table


@dataclass(frozen=True)
class Checked:
    """A converted table on disk, in batches.

    Attributes
    ----------
    path
        An Arrow file of the columns that are not ignored.
    with_nulls
        Boolean columns that have nulls: their dtype is another than that of the rest.
    repeated
        Shape ``(rows,)``, rows of the table as read: those that an earlier one equals in every
        column, ignored ones included.
    """

    path: Path
    with_nulls: frozenset[str]
    repeated: npt.NDArray[np.bool_]

    def batches(self, contract: Contract) -> Iterator[pd.DataFrame]:
        """Yield the rows that have a target and are not repeated, in each batch from 0."""
        done = 0
        plain = {
            name: bool for name, column in contract.columns.items()
            if column.kind == "boolean" and name not in self.with_nulls
        }  # fmt: skip
        with pa.OSFile(str(self.path)) as source, pa.ipc.open_file(source) as file:
            for number in range(file.num_record_batches):
                frame = as_frame(file.get_batch(number))
                kept = ~self.repeated[done : done + len(frame)]
                done += len(frame)
                known = {name: kind for name, kind in plain.items() if name in frame}
                wanted = kept & frame[contract.target].notna().to_numpy()
                yield frame[wanted].reset_index(drop=True).astype(known)


def checked(
    table: Path, contract: Contract, contract_path: Path, folder: Path, *, find_repeated: bool
) -> Checked:
    """Read a table, and leave it converted in a folder.

    Raises
    ------
    InputError
        As :func:`src.tables.read.read_batches`, or the table breaks the contract: every violation,
        counted over all batches.
    """
    violations: list[Violation] = []
    rows, staged = 0, _Staged(folder, contract, find_repeated)
    for raw in frames(shown(read_batches(table, contract.csv), f"{table}")):
        frame, found = validate_table(raw, contract)
        violations = merge_violations([*violations, *found])
        if not violations:  # else the rest is read to count them, but there will be no output
            staged.add(frame, rows)
        rows += len(frame)
    refuse(violations, table, contract.csv, contract_path)
    return staged.closed(rows)


class _Staged:
    """The file of converted batches, and what is remembered of them, while it grows."""

    def __init__(self, folder: Path, contract: Contract, find_repeated: bool) -> None:
        self._path = folder / "checked.arrow"
        self._ignored = contract.names("ignore")
        self._file: pa.RecordBatchFileWriter | None = None
        self._hashes = Records(folder / "hashes")
        self._find_repeated = find_repeated
        self._with_nulls = set[str]()

    def add(self, frame: pd.DataFrame, first: int) -> None:
        """Append converted rows, of which the first has a number."""
        if self._find_repeated:
            cells, numbers = cell_hashes(frame), np.arange(first, first + len(frame))
            second = combined(rehashed(cells, frame), 1)
            self._hashes.add(key=combined(cells), second=second, row=numbers)
        kept = frame.drop(columns=self._ignored)
        self._with_nulls |= {str(name) for name in kept if kept[name].dtype == "boolean"}
        batch = pa.RecordBatch.from_pandas(kept, preserve_index=False).replace_schema_metadata()
        if self._file is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._file = pa.ipc.new_file(str(self._path), batch.schema, options=options)
        self._file.write(batch)

    def closed(self, rows: int) -> Checked:
        """Finish the file."""
        if self._file is not None:
            self._file.close()
        return Checked(self._path, frozenset(self._with_nulls), repeated(self._hashes, rows))
