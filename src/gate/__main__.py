"""Decide whether the model may be published.

Exit status: 0 passed, 1 failed, 3 inconclusive, 2 the gate could not run.
"""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from src.base.command import run
from src.base.files import replacing
from src.base.settings import load_settings
from src.gate.candidate import Files
from src.gate.decide import decide
from src.gate.decision import Outcome, write_decision
from src.gate.settings import Gate
from src.gate.show import compared, plain_lines, rich_table

STATUS: dict[Outcome, int] = {"passed": 0, "failed": 1, "inconclusive": 3}
CANNOT_RUN = 2


@dataclass(frozen=True)
class Arguments(Files):
    """What it reads, where it writes, and what it compares with."""

    decision: Path
    baseline: str = field(
        default="", metadata={"help": "revision to compare with; else the last published model"}
    )


def main(arguments: Arguments) -> int:
    """Run every check, write them, print them; return the exit status."""
    # An earlier decision must not outlive a gate that cannot run.
    arguments.decision.unlink(missing_ok=True)
    decision = decide(arguments, load_settings(Gate), arguments.baseline)
    with replacing(arguments.decision) as (path,):
        write_decision(decision, path)
    console = Console()
    if console.is_terminal:
        console.print(compared(decision), highlight=False)
        console.print(rich_table(decision))
    else:
        print(*plain_lines(decision), sep="\n")
    return STATUS[decision.outcome]


if __name__ == "__main__":
    try:
        run(main, Arguments, failure=CANNOT_RUN)
    except Exception:
        # Python's own status for this is 1, which says here that the model failed.
        traceback.print_exc()
        sys.exit(CANNOT_RUN)
