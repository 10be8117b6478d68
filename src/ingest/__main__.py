"""Write the default table.

Usage: python -m src.ingest TABLE
"""

from __future__ import annotations

import sys
from pathlib import Path

from src.errors import run
from src.files import replacing
from src.ingest.breast_cancer import breast_cancer


def main() -> None:
    """Write the table as CSV."""
    output = Path(sys.argv[1])
    frame = breast_cancer()
    with replacing(output) as (path,):
        frame.to_csv(path, index=False)
    print(f"{output}: {len(frame)} rows, {frame.shape[1]} columns")


if __name__ == "__main__":
    run(main)
