"""Decide whether the model may be published.

Usage: python -m src.gate METRICS PREDICTIONS MODEL TRAIN TEST SCHEMA GATE [BASELINE]

Exit status: 0 passed, 1 failed, 3 undecided, 2 the gate could not run.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from rich.console import Console

from src import params
from src.errors import InputError
from src.files import replacing, write_json
from src.gate.candidate import Files
from src.gate.check import EXIT
from src.gate.decide import decide
from src.gate.table import plain_lines, rich_table

ERROR = 2


def main() -> int:
    """Run every check, write them, print them; return the exit status."""
    *paths, result = map(Path, sys.argv[1:8])
    baseline = sys.argv[8] if len(sys.argv) > 8 else ""
    result.unlink(missing_ok=True)  # an earlier verdict must not outlive a gate that cannot run
    decision = decide(Files(*paths), params.load(params.Gate), baseline)
    with replacing(result) as (path,):
        write_json(decision.as_json(), path)
    console = Console()
    if console.is_terminal:
        console.print(rich_table(decision))
    else:
        print(*plain_lines(decision), sep="\n")
    return EXIT[decision.status]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(ERROR)
    except Exception:
        # Python's own status for this is 1, which says here that the model failed.
        traceback.print_exc()
        sys.exit(ERROR)
