"""``python -m src.predict`` against a bare script, on 5,000,000 rows of 20 columns.

The bare script reads the same chunks, calls ``predict_proba`` and writes, in one process: no
contract, no hashes, nothing all-or-none.

Usage: python -m benchmarks.predict [ROWS]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.made import make_project
from tools import project

FEATURES, TRAINED_ON = 19, 20_000

BARE = """
import sys
import pandas as pd, pyarrow as pa, pyarrow.csv, pyarrow.parquet, skops.io
table, output = sys.argv[1:]
trusted = skops.io.get_untrusted_types(file="src/models/model.skops")
model = skops.io.load("src/models/model.skops", trusted=trusted)
csv = table.endswith(".csv")
chunks = (
    pyarrow.csv.open_csv(table, pyarrow.csv.ReadOptions(block_size=8 * 2**20)) if csv
    else pyarrow.parquet.ParquetFile(table).iter_batches(100_000)
)
names, writer = ["probability_no", "probability_yes"], None
for batch in chunks:
    frame = batch.to_pandas().astype({"category": "category"})
    scored = model.predict_proba(frame[model.feature_names_in_])
    out = pa.Table.from_pandas(pd.DataFrame(scored, columns=names).assign(row=frame["row"]))
    if writer is None:
        make = pyarrow.csv.CSVWriter if csv else pyarrow.parquet.ParquetWriter
        writer = make(output, out.schema)
    writer.write_table(out)
writer.close()
"""


def main() -> None:
    """Train on a small table, score a long one both ways, print times, memory and ratios."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 5_000_000
    with tempfile.TemporaryDirectory() as name:
        copy = _train(Path(name))
        (copy / "bare.py").write_text(BARE, encoding="utf-8")
        for suffix in ("csv", "parquet"):
            table = copy / f"new.{suffix}"
            _write(table, rows)
            ours = _run(copy, "-m", "src.predict", str(table), f"out.{suffix}")
            bare = _run(copy, "bare.py", str(table), f"bare.{suffix}")
            print(
                f"{suffix}: {rows:,} rows x {FEATURES + 1} columns: predict {ours[0]:.1f} s, peak "
                f"{ours[1]:.0f} MiB; bare {bare[0]:.1f} s, {bare[1]:.0f} MiB; ratio "
                f"{ours[0] / bare[0]:.2f}",
                flush=True,
            )
            table.unlink()


def _frame(rows: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(rows, FEATURES - 1)).round(4)
    frame = pd.DataFrame(numbers, columns=[f"number_{place}" for place in range(FEATURES - 1)])
    frame["category"] = np.array([f"level {place}" for place in range(12)])[
        generator.integers(0, 12, rows)
    ]
    frame.insert(0, "row", np.arange(rows))
    return frame


def _train(folder: Path) -> Path:
    frame = _frame(TRAINED_ON, 0)
    frame["target"] = np.where(frame["number_0"] * frame["number_1"] > 0, "yes", "no")
    table = folder / "train.csv"
    frame.to_csv(table, index=False)
    contract = project.contract(frame, "target", [""])
    contract["columns"]["row"]["role"] = "id"
    copy = make_project(folder / "copy", table, contract)
    subprocess.run(["dvc", "repro", "--quiet"], cwd=copy, check=True)
    return copy


def _write(path: Path, rows: int) -> None:
    """Write a long table, a part at a time."""
    parts = range(0, rows, 500_000)
    if path.suffix == ".csv":
        for start in parts:
            part = _frame(min(500_000, rows - start), start + 1)
            part.to_csv(path, mode="a", header=start == 0, index=False)
    else:
        whole = pd.concat([_frame(min(500_000, rows - start), start + 1) for start in parts])
        whole.to_parquet(path, index=False)


def _run(copy: Path, *arguments: str) -> tuple[float, float]:
    """Return the seconds and the peak memory in MiB of a Python process."""
    measure = (
        "import resource, subprocess, sys; "
        "status = subprocess.run([sys.executable, *sys.argv[1:]]).returncode; "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, file=sys.stderr); "
        "sys.exit(status)"
    )
    start = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-c", measure, *arguments],
        cwd=copy, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return time.perf_counter() - start, float(ran.stderr.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
