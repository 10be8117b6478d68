"""What the stages left in one revision of the project, read from git or from the folder."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.base.errors import InputError
from src.base.files import parse_json
from src.base.settings import parse_yaml

# By name, because the same files are asked of the base revision.
DETAILS = "metrics/details.json"
EARLIER_DETAILS = "metrics/metrics.json"
FOLDS = "metrics/folds/metrics.json"
COUNTS = "metrics/data.json"
PROFILE = "metrics/profile.json"
PLOTS = "metrics/plots"
SEARCH = "metrics/search"
LOCK = "dvc.lock"
PARAMS = "params.yaml"
SCHEMA = "data/schema.yaml"
CARD = "src/models/README.md"
REQUIREMENTS = "requirements.lock"
PROJECT = "pyproject.toml"

Content = dict[str, Any]
Rows = list[dict[str, str]]
Reader = Callable[[str], bytes | None]
"""Returns a file's bytes by its path, None where there is no such file."""


@dataclass(frozen=True)
class Snapshot:
    """The files of one revision, parsed; a file that is absent is empty.

    Attributes
    ----------
    name
        How people call it: a branch, a tag, ``HEAD``.
    commit
        Full hash; empty outside git.
    metrics
        What stands in ``details.json``: scores, intervals, slices.
    plots
        The rows of each plot's table by the plot's name, cells as text.
    search, trials, importance
        What a search comes to, its trials, and what mattered.
    card
        The model card, Markdown.
    requirements
        The lock of the packages.
    project
        The content of ``pyproject.toml``.
    """

    name: str
    commit: str
    metrics: Content
    folds: Content
    counts: Content
    profile: Content
    params: Content
    schema: Content
    lock: Content
    plots: dict[str, Rows]
    search: Content
    trials: Rows
    importance: Rows
    card: str
    requirements: str
    project: Content

    @property
    def label(self) -> str:
        """The name, with the first digits of the commit unless they are the name."""
        short = self.commit[:8]
        return self.name if not short or self.name.startswith(short) else f"{self.name} ({short})"


def read_snapshot(name: str, commit: str, reader: Reader, plots: list[str]) -> Snapshot:
    """Read a revision.

    Raises
    ------
    InputError
        A file is not what its name says.
    """

    def text(path: str) -> str:
        return (reader(path) or b"").decode("utf-8", errors="replace")

    def mapping(path: str) -> Content:
        return _parse(text(path), f"{path} of {name}", path.endswith(".json"))

    def table(path: str) -> Rows:
        return list(csv.DictReader(io.StringIO(text(path))))

    return Snapshot(
        name=name,
        commit=commit,
        metrics=mapping(DETAILS) or mapping(EARLIER_DETAILS),
        folds=mapping(FOLDS),
        counts=mapping(COUNTS),
        profile=mapping(PROFILE),
        params=mapping(PARAMS),
        schema=mapping(SCHEMA),
        lock=mapping(LOCK),
        plots={plot: table(f"{PLOTS}/{plot}.csv") for plot in plots},
        search=mapping(f"{SEARCH}/summary.json"),
        trials=table(f"{SEARCH}/trials.csv"),
        importance=table(f"{SEARCH}/importance.csv"),
        card=text(CARD),
        requirements=text(REQUIREMENTS),
        project=tomllib.loads(text(PROJECT)),
    )


def _parse(text: str, where: str, is_json: bool) -> Content:
    try:
        return parse_json(text or "{}", where) if is_json else parse_yaml(text or "{}", where)
    except InputError as error:
        raise InputError(f"{error} Restore it from git, or run `dvc repro`.") from None


def from_folder(path: str) -> bytes | None:
    """Read a file of the working folder."""
    file = Path(path)
    return file.read_bytes() if file.is_file() else None
