"""How often the first gate passes that adopt proposes, and how often it stops what knows nothing.

Usage: python -m benchmarks.first_gate [--tables N] [TABLE:TARGET ...]

Made tables without target leakage, a fifth each with groups, with a drift in time, with rows that
repeat, and plain ones of two sizes, are adopted and built. The bounds are then asked of the model,
of one trained on the same table with the target shuffled, and of a model that knows no feature.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.adopted import adopted
from benchmarks.leakage.tables import honest
from src.adopt import candidates
from src.adopt.write import params_text
from src.base.contract import CONTRACT
from src.base.files import read_json
from src.base.settings import PARAMS
from src.evaluate import __main__ as evaluate
from src.prepare import __main__ as prepare
from src.train import __main__ as train

TASKS = ("binary", "multiclass", "regression")
WANTED = ("passed", "shuffled failed", "nothing failed")
SHAPES = ("rows", "groups", "time", "repeated", "few rows")
LEAST_KNOWN = 0.3
"""Share of the target that a sane table tells; the others are not built."""


def main() -> None:
    """Print how many first gates pass, by shape and task, and what the two others do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", type=int, default=210)
    parser.add_argument("public", nargs="*", help="tables to adopt, as table.csv:target")
    arguments = parser.parse_args()
    total: dict[str, Counter[str]] = {shape: Counter() for shape in SHAPES}
    with ProcessPoolExecutor(os.cpu_count(), initializer=threadpool_limits, initargs=(1,)) as pool:
        for seed, found in enumerate(pool.map(made, range(arguments.tables))):
            total[SHAPES[seed % len(SHAPES)]].update(found)
            if missed := [name for name in WANTED if not found[name]]:
                print(f"table {seed}: not {', not '.join(missed)}", file=sys.stderr, flush=True)
            if (seed + 1) % 15 == 0:
                print(f"{seed + 1} tables: {dict(sum(total.values(), Counter()))}", file=sys.stderr)
    print("| tables | built | first gate passes | shuffled fails | no feature fails |")
    print("|---|---|---|---|---|")
    for shape, counts in {**total, "all": sum(total.values(), Counter())}.items():
        print(f"| {shape} | {counts['built']} | {counts['passed']} | {counts['shuffled failed']} | "
              f"{counts['nothing failed']} |")  # fmt: skip
    for named in arguments.public:
        path, _, target = named.rpartition(":")
        start = time.perf_counter()
        counts = judged(Path(path), target)
        seconds = time.perf_counter() - start
        print(f"{Path(path).name}: {dict(counts)}, {seconds:.0f} s", flush=True)


def made(seed: int) -> Counter[str]:
    """Make a table, adopt and judge it."""
    generator = np.random.default_rng([7, seed])
    shape, task = SHAPES[seed % len(SHAPES)], TASKS[seed // len(SHAPES) % len(TASKS)]
    table = honest(generator, task, known=float(generator.uniform(LEAST_KNOWN, 0.95)))
    frame = table.features.assign(target=table.target)
    if shape == "groups":
        places = np.sort(generator.integers(0, len(frame) // 8, len(frame)))
        own = frame.columns[generator.random(frame.shape[1]) < 0.3].drop("target", errors="ignore")
        first = frame.groupby(places)[list(own)].transform("first")
        frame = frame.assign(**{name: first[name] for name in own})
        frame["site_id"] = [f"s{at}" for at in places]
    elif shape == "time":
        days = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.arange(len(frame)), unit="h")
        frame = frame.assign(moment=days.astype("datetime64[us]"))
    elif shape == "repeated":
        frame = frame.iloc[generator.integers(0, len(frame) // 2, len(frame))]
    elif shape == "few rows":
        frame = frame.head(400)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "made.csv")
        frame.to_csv(path, index=False)
        with contextlib.redirect_stdout(io.StringIO()):
            return judged(path, "target")


def judged(path: Path, target: str) -> Counter[str]:
    """Adopt a table in a folder of its own, build it, and ask the bounds of three models."""
    with tempfile.TemporaryDirectory() as name:
        folder, before = Path(name), Path.cwd()
        table = adopted(path.resolve(), target, folder)
        params, proposal = (folder / PARAMS).read_text(encoding="utf-8"), table.proposal
        written = partial(params_text, params, table=path, bounds={})
        tried = candidates.best(folder, proposal, table.profiles, written)
        limits = tried.bounds.of
        (folder / PARAMS).write_text(written(tried.proposal), encoding="utf-8")
        os.chdir(folder)
        try:
            metrics = build(path.resolve())
            target_again = table.raw[target].sample(frac=1, random_state=0).to_numpy()
            shuffled = table.raw.assign(**{target: target_again})
            raw_again = folder / path.name
            csv = table.dialect.csv
            shuffled.to_csv(raw_again, index=False, sep=csv.delimiter, encoding=csv.encoding)
            without = build(raw_again)
        finally:
            os.chdir(before)
    return Counter({
        "built": 1,
        "passed": int(holds(limits, metrics["test"])),
        "shuffled failed": int(not holds(limits, without["test"])),
        "nothing failed": int(not holds(limits, metrics["dummy"])),
    })  # fmt: skip


def build(table: Path) -> Mapping[str, Any]:
    """Run the stages in the current folder; return the metrics."""
    sides = Path("train.parquet"), Path("test.parquet")
    Path("best.json").write_text("{}", encoding="utf-8")  # nothing is searched
    with contextlib.redirect_stdout(io.StringIO()):
        prepare.main(prepare.Arguments(table, CONTRACT, *sides, Path("data.json"), Path("p.json")))
        train.main(
            train.Arguments(
                sides[0],
                CONTRACT,
                Path("best.json"),
                Path("model.skops"),
                Path("folds"),
                Path("out_of_fold.parquet"),
            )
        )
        evaluate.main(evaluate.Arguments(
            Path("model.skops"), *sides, CONTRACT, Path("data.json"), Path("folds"),
            Path("metrics.json"), Path("details.json"),
            Path("plots"), Path("predictions.parquet"), Path("card.md"),
            Path("features-0-py3-none-any.whl"),
        ))  # fmt: skip
    return read_json(Path("details.json"))


def holds(limits: Mapping[str, Mapping[str, float]], scores: Mapping[str, Any]) -> bool:
    """Tell whether scores are within all bounds, of which there must be one."""
    for path, limit in limits.items():
        value = scores[path.removeprefix("test.")]
        if value is None or not limit.get("min", -np.inf) <= value <= limit.get("max", np.inf):
            return False
    return bool(limits)


if __name__ == "__main__":
    main()
