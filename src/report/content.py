"""All that the report says, in whatever form; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from src.report.compare import Change, ScoreComparison, Slice, changes, flatten, scores, slices
from src.report.data import Data, data
from src.report.plots import DrawnPlot, plots
from src.report.snapshot import Snapshot
from src.report.verdict import Verdict

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
    params: list[Change]
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
    def confidence(self) -> str:
        """The confidence of the intervals."""
        share = self.new.params.get("evaluate", {}).get("confidence")
        return "" if share is None else f"{100 * share:g} %"

    @property
    def same_rows(self) -> bool:
        """Whether both revisions are scored on the same test rows."""
        return self.base is not None and self.base.metrics["test"].get("hash") == self.test["hash"]


def assemble(
    verdict: Verdict, new: Snapshot, base: Snapshot | None, base_note: str, changed: bool
) -> Report:
    """Compare two revisions in every respect."""
    if base is not None and "test" not in base.metrics:
        base_note = f"The base `{base.label}` has no metrics: there is nothing to compare with."
        base = None
    elif base is not None and _target(base) != _target(new):
        base_note = f"The base `{base.label}` predicts something else: nothing is compared."
        base = None
    before = base.metrics if base else {}
    every = dict(flatten(new.params))
    return Report(
        verdict=verdict,
        new=new,
        base=base,
        base_note=base_note,
        scores=scores(new.metrics["test"], before["test"] if base else None),
        slices=slices(new.metrics.get("slices", {}), before.get("slices", {})),
        data=data(new, base),
        plots=plots(new, base),
        params=changes(new.params, base.params) if base else [],
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


def _outputs(new: Mapping[str, Any], base: Mapping[str, Any]) -> list[Change]:
    after, before = (
        {
            out["path"]: out.get("md5", "")
            for stage in lock.get("stages", {}).values()
            for out in stage.get("outs", [])
        }
        for lock in (new, base)
    )
    return [Change(path, before.get(path), digest) for path, digest in after.items()]


def packages(lock: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the locked versions of packages; several where Pythons differ."""
    found: dict[str, str] = {}
    for name in names:
        versions = re.findall(rf"^{re.escape(name)}==([^\s;\\]+)", lock, flags=re.MULTILINE)
        found[name] = ", ".join(dict.fromkeys(versions)) or "not locked"
    return found
