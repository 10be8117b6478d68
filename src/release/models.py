"""List the published models, the newest first: their scores, their size and what changed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from src.base.command import run
from src.repository.commands import attempt
from src.repository.project import this_project
from src.repository.server import find_server
from src.repository.versions import PublishedModel, published_models

UNKNOWN = "–"
"""Of what a version does not have on record."""

LINE = 200
"""Characters of a line where nobody's terminal says how wide it is."""


@dataclass(frozen=True)
class Arguments:
    """What the list tells of each model."""

    details: Path


def main(arguments: Arguments) -> None:
    """Learn the server's tags, then print the list."""
    learn_releases()
    print_models(arguments.details)


def learn_releases() -> None:
    """Fetch the tags of the server, if there is one and it answers."""
    server = find_server()
    if server is None:
        return
    tags = this_project().tags
    wanted = f"+refs/tags/{tags}:refs/tags/{tags}"
    if attempt("git", "fetch", "--quiet", "--no-tags", server.name, wanted) is None:
        print(f"{server.name} does not answer: what this clone knows must do.")


def print_models(details: Path) -> None:
    """Print a line a version; the highest one is in force."""
    found = published_models(details)
    if not found:
        print(f"No model is published: there is no tag {this_project().tags}.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("version", "date", "score, with its interval"):
        table.add_column(heading, no_wrap=True)
    table.add_column("test rows", justify="right")
    table.add_column("model", justify="right")
    table.add_column("what changed", overflow="fold")
    for number, one in enumerate(found):
        changed = f"{one.changed} (in force)" if number == 0 else one.changed
        table.add_row(*map(Text, (one.version, one.date, *_figures(one), changed)))
    Console(width=None if sys.stdout.isatty() else LINE).print(table)


def _figures(model: PublishedModel) -> tuple[str, str, str]:
    """Return score, test rows and size as people read them."""
    size = UNKNOWN if model.model_bytes is None else f"{model.model_bytes / 1e6:.2f} MB"
    if model.score is None:
        return "no score on record", UNKNOWN, size
    one = model.score
    score = f"{one.metric} {one.value:.4g} [{one.low:.4g}, {one.high:.4g}]"
    return score, f"{one.rows:,}", size


if __name__ == "__main__":
    run(main, Arguments)
