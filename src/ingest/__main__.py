"""Write the default table.

It shares nothing with the other stages, so that no change of theirs makes the table stale.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from src.ingest.breast_cancer import breast_cancer


def main(table: Path) -> None:
    """Write the table as CSV, or nothing."""
    frame = breast_cancer()
    new = table.with_name(f".new-{table.name}")
    try:
        frame.to_csv(new, index=False)
        new.replace(table)
    finally:
        new.unlink(missing_ok=True)
    print(f"{table}: {len(frame)} rows, {frame.shape[1]} columns")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m src.ingest", description=__doc__)
    parser.add_argument("table", type=Path, metavar="TABLE")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # see src/__init__.py
    try:
        main(parser.parse_args().table)
    except OSError as error:
        sys.exit(f"error: {error.filename or ''}: {error.strerror or error}")
    except KeyboardInterrupt:
        print("interrupted; the earlier table is as it was", file=sys.stderr)
        sys.exit(130)
