"""List the published models, the newest first: their scores, their size and what changed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from src.base.command import run
from src.base.errors import InputError
from src.base.settings import PARAMS, parse_yaml
from src.repository.changes import changes
from src.repository.commands import attempt, output
from src.repository.dvc_lock import LOCK, made
from src.repository.project import this_project
from src.repository.revisions import Revision, find, releases
from src.repository.server import find_server

MODEL = "src/models/model.skops"
UNKNOWN = "–"
"""Of what a version does not have on record."""

PARTS = {
    "data": ("data", "*.dvc"),
    "code": ("src", "dvc.yaml"),
    "packages": ("requirements*.lock",),
}
"""What besides parameters a model follows from, and where that stands."""

MADE = "src/models"
"""What is no code, though it lies among it."""

LINE = 200
"""Characters of a line where nobody's terminal says how wide it is."""

MOST_CHANGES = 3
"""Parameters that are named of a version; of more, their number is told."""


@dataclass(frozen=True)
class Arguments:
    """What the list tells of each model."""

    details: Path


@dataclass(frozen=True)
class PublishedModel:
    """A published model, as people read it."""

    version: str
    date: str
    score: str
    rows: str
    size: str
    changed: str


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
    found = models(details)
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
        table.add_row(*map(Text, (one.version, one.date, one.score, one.rows, one.size, changed)))
    Console(width=None if sys.stdout.isatty() else LINE).print(table)


def models(details: Path) -> list[PublishedModel]:
    """Return the published models, the highest version first."""
    found = [find(tag) for tag in releases()]
    changed = [_changed(new, old) for new, old in pairwise(found)] + ["the first"][: len(found)]
    return [_model(one, details, what) for one, what in zip(found, changed, strict=True)]


def _model(revision: Revision, details: Path, changed: str) -> PublishedModel:
    form = "--format=%(creatordate:short)"
    date = output("git", "for-each-ref", form, f"refs/tags/{revision.name}")
    score, rows = _score(revision, details)
    return PublishedModel(revision.name, date, score, rows, _size(revision), changed)


def _score(revision: Revision, details: Path) -> tuple[str, str]:
    """Return the leading score of a version with its interval, and its test rows."""
    try:
        test = revision.details(details)["test"]
        name, bounds = next(iter(test["interval"].items()))
        score = f"{name} {test[name]:.4g} [{bounds['low']:.4g}, {bounds['high']:.4g}]"
        return score, f"{test['rows']:,}"
    except (InputError, KeyError, TypeError, ValueError, AttributeError, StopIteration):
        return "no score on record", UNKNOWN


def _size(revision: Revision) -> str:
    try:
        lock = parse_yaml(revision.text(LOCK), f"{LOCK} of {revision.name}")
        return f"{made(lock)[MODEL]['size'] / 1e6:.2f} MB"
    except (InputError, KeyError, TypeError, AttributeError):
        return UNKNOWN


def _changed(new: Revision, old: Revision) -> str:
    """Say what a version has that the one before has not."""
    named = [f"{one.key} {one.base or 'none'} → {one.new or 'none'}"
             for one in changes(_params(new), _params(old))]  # fmt: skip
    if len(named) > MOST_CHANGES:
        named = [f"{len(named)} parameters"]
    parts = [part for part, paths in PARTS.items() if not new.has_same(old, *paths, but=[MADE])]
    return "; ".join([*named, *parts]) or "nothing: the same model again"


def _params(revision: Revision) -> dict[str, Any]:
    try:
        content = parse_yaml(revision.text(PARAMS), f"{PARAMS} of {revision.name}")
    except InputError:
        return {}
    return {name: part for name, part in content.items() if name != "gate"}


if __name__ == "__main__":
    run(main, Arguments)
