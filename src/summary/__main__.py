"""Print a short table of the scores.

Usage: python -m src.summary METRICS FOLDS
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from src.errors import run
from src.files import read_json
from src.summary.table import summary


def main() -> None:
    """Read the metrics of the test set and of the folds, print them side by side."""
    metrics, folds = (read_json(Path(path)) for path in sys.argv[1:])
    Console().print(summary(metrics, folds))


if __name__ == "__main__":
    run(main)
