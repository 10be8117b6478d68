"""All that the report says, in whatever form; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from src.report.compare import ScoreComparison, Slice, scores, slices
from src.report.cost import sizes
from src.report.data import Data, data
from src.report.findings import Moved, Statement, findings, moved
from src.report.paired import Pairs
from src.report.plots import DrawnPlot, plots
from src.report.search import SearchResult, search
from src.report.snapshot import Content, Snapshot
from src.report.trend import Version, version
from src.report.verdict import Verdict
from src.repository.changes import Change, changes, flatten
from src.repository.dvc_lock import made
from src.repository.versions import PublishedModel

CORE = ("dvc", "numpy", "pandas", "pyarrow", "scikit-learn", "skops", "skrub")
"""The packages whose versions decide the results."""


@dataclass(frozen=True)
class Report:
    """The content of the page and of the note.

    Attributes
    ----------
    base
        None where there is nothing to compare with; ``base_note`` says why.
    base_note
        What to know of the comparison; empty when there is nothing.
    same_rows
        Whether both revisions are scored on the same test rows.
    outputs
        Path and hash of what the pipeline made, from ``dvc.lock``, in this revision and the base.
    """

    verdict: Verdict
    new: Snapshot
    base: Snapshot | None
    base_note: str
    scores: list[ScoreComparison]
    slices: dict[str, list[Slice]]
    data: Data
    plots: list[DrawnPlot]
    search: SearchResult | None
    pairs: Pairs | None
    moved: list[Moved]
    findings: list[Statement]
    trend: list[Version]
    published: list[PublishedModel]
    cost: list[Change]
    params: list[Change]
    same_rows: bool
    every_param: list[Change]
    outputs: list[Change]
    packages: dict[str, str]
    changed: bool

    @property
    def test(self) -> Mapping[str, Any]:
        """The test set's part of the metrics."""
        part: Mapping[str, Any] = self.new.metrics["test"]
        return part

    @property
    def weight(self) -> str | None:
        """The column that says how much each row counts; None where all count the same."""
        columns: Mapping[str, Any] = self.new.schema.get("columns", {})
        return next(
            (name for name, column in columns.items() if column.get("role") == "weight"), None
        )

    @property
    def is_regression(self) -> bool:
        """Whether numbers are predicted."""
        return "r2" in self.test.get("interval", {})

    @property
    def project(self) -> str:
        """The project's name, as ``pyproject.toml`` has it."""
        return str(self.new.project.get("project", {}).get("name", "model"))

    @property
    def version(self) -> str:
        """Which version of the model this is."""
        before = [one.name for one in self.trend[:-1]]
        return f"candidate after {before[-1]}" if before else "first candidate"

    @property
    def unseen(self) -> list[Moved]:
        """What got clearly worse and no check of the gate looks at."""
        return [one for one in self.moved if one.score.verdict == "worse" and not one.covered]

    @property
    def title(self) -> str:
        """The gate's decision as a heading, which does not hide what else there is."""
        warnings = len([check for check in self.verdict.checks if check.shown == "warning"])
        if self.verdict.status != "passed":
            return self.verdict.title
        if self.unseen:
            return f"{self.verdict.title}, but something got worse that no check covers"
        if warnings:
            return f"{self.verdict.title} with {warnings} warning{'s' * (warnings > 1)}"
        return self.verdict.title

    @property
    def shown(self) -> str:
        """The status that sign and colour show: a pass with something to look at is a warning."""
        return "warning" if self.title != self.verdict.title else self.verdict.status

    @property
    def confidence(self) -> str:
        """The confidence of the intervals."""
        share = self.new.params.get("evaluate", {}).get("confidence")
        return "" if share is None else f"{100 * share:g}\N{NO-BREAK SPACE}%"


def assemble(  # noqa: PLR0913 - everything a report is made of
    verdict: Verdict,
    new: Snapshot,
    base: Snapshot | None,
    base_note: str,
    *,
    changed: bool,
    pairs: Pairs | None = None,
    before: Sequence[Version] = (),
    published: Sequence[PublishedModel] = (),
    measured: Sequence[Change] = (),
) -> Report:
    """Compare two revisions in every respect.

    Parameters
    ----------
    pairs
        What the rows say that both have predicted; None where they are not at hand.
    before
        The versions that this commit descends from, the oldest first.
    published
        All published versions, the newest first: the first one is in force.
    measured
        What the models cost, where it was measured.
    """
    if base is not None and "test" not in base.metrics:
        base_note = f"The base `{base.label}` has no metrics: there is nothing to compare with."
        base = None
    elif base is not None and _target(base) != _target(new):
        base_note = f"The base `{base.label}` predicts something else: nothing is compared."
        base = None
        pairs = None
    metrics = base.metrics if base else {}
    every = dict(flatten(new.params))
    compared = scores(
        new.metrics["test"], metrics["test"] if base else None, pairs.scores if pairs else None
    )
    parts = slices(
        new.metrics.get("slices", {}), metrics.get("slices", {}), pairs.slices if pairs else {}
    )
    found, params = data(new, base), changes(new.params, base.params) if base else []
    same_rows = base is not None and base.metrics["test"].get("hash") == new.metrics["test"]["hash"]
    changed_scores = moved(verdict, compared, parts, same_rows=same_rows)
    this = version(f"this ({new.name})", new.metrics, new.lock)
    return Report(
        verdict=verdict,
        new=new,
        base=base,
        base_note=base_note,
        scores=compared,
        slices=parts,
        data=found,
        plots=plots(new, base),
        search=search(new),
        pairs=pairs,
        moved=changed_scores,
        findings=findings(verdict, changed_scores, pairs, found, params),
        trend=[*before, this] if this and before else [],
        published=list(published),
        cost=[*sizes(new, base), *measured],
        params=params,
        same_rows=same_rows,
        every_param=[Change(key, None, value) for key, value in every.items()],
        outputs=_outputs(new.lock, base.lock if base else {}),
        packages=packages(new.requirements, CORE),
        changed=changed,
    )


def _target(revision: Snapshot) -> object:
    """Return the target's name and kind, as the contract has them."""
    rules = dict(flatten(revision.schema.get("columns", {})))
    roles = [key for key, role in rules.items() if key.endswith(".role") and role == "target"]
    return [(key, rules.get(f"{key.removesuffix('role')}kind")) for key in roles]


def _outputs(new: Content, base: Content) -> list[Change]:
    after, before = (
        {path: entry.get("md5", "") for path, entry in made(lock).items()} for lock in (new, base)
    )
    return [Change(path, before.get(path), digest) for path, digest in after.items()]


def packages(lock: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the locked versions of packages; several where Pythons differ."""
    found: dict[str, str] = {}
    for name in names:
        versions = re.findall(rf"^{re.escape(name)}==([^\s;\\]+)", lock, flags=re.MULTILINE)
        found[name] = ", ".join(dict.fromkeys(versions)) or "not locked"
    return found
