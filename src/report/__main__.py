"""Write the report of the working folder against a base revision.

Usage: python -m src.report FOLDER [BASE]
"""

from __future__ import annotations

import sys
from pathlib import Path

from src.errors import InputError, run
from src.files import replacing, sha256
from src.report import gate, note, openmetrics, page
from src.report.content import assemble
from src.report.plots import KINDS
from src.report.revision import (
    METRICS,
    Revision,
    find_commit,
    from_folder,
    from_git,
    is_changed,
    read,
)

DECISION = "metrics/gate.json"


def main() -> None:
    """Read both revisions' files, write the note, the page and the figures, or nothing."""
    folder = Path(sys.argv[1])
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    commit = find_commit("HEAD")
    new = read(commit[:8] or "this folder", commit, from_folder, list(KINDS))
    if "interval" not in new.metrics.get("test", {}):
        raise InputError(
            f"{METRICS}: no scores of a test set. Make them with `dvc repro`, or restore the file "
            "from git."
        )
    base, remark = _base(wanted)
    report = assemble(_verdict(), new, base, remark, is_changed())
    outputs = [folder / name for name in ("report.md", "index.html", "metrics.txt")]
    written = {
        outputs[0]: note.render(report),
        outputs[1]: page.render(report),
        outputs[2]: openmetrics.render(new.metrics, report.verdict.status == "passed"),
    }
    with replacing(*outputs) as fresh:
        for path, text in zip(fresh, written.values(), strict=True):
            path.write_text(text, encoding="utf-8")
    print(f"{outputs[1]}: {report.verdict.title[0].lower()}{report.verdict.title[1:]}")
    if report.base_note:
        print(report.base_note)


def _base(wanted: str) -> tuple[Revision | None, str]:
    """Read the base; without one the report is made all the same, and says why."""
    if not wanted:
        return None, "No base was named: there is nothing to compare with."
    commit = find_commit(wanted)
    if not commit:
        return None, (
            f"The base `{wanted}` is not in this clone, so nothing is compared. Fetch it with "
            f"`git fetch origin {wanted}`."
        )
    return read(wanted, commit, from_git(commit), list(KINDS)), ""


def _verdict() -> gate.Verdict:
    decision = from_folder(DECISION)
    digests = {name: sha256(Path(name)) for name in gate.VERIFIED}
    text = None if decision is None else decision.decode("utf-8", errors="replace")
    return gate.judge(text, digests)


if __name__ == "__main__":
    run(main)
