"""Write the report of the working folder against a base revision."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from src.base.command import run
from src.base.errors import InputError
from src.base.files import replacing, require_keys
from src.pages.drawing import png
from src.report import note, openmetrics, page
from src.report.at_hand import read_pairs
from src.report.content import assemble
from src.report.measure import measured
from src.report.pictures import chosen
from src.report.plots import TABLES
from src.report.snapshot import DETAILS, PARAMS, Snapshot, from_folder, read_snapshot
from src.report.trend import ancestors, published
from src.report.verdict import read_verdict
from src.repository.release_notes import RELEASE_NOTES, release_notes
from src.repository.revisions import Revision, find_commit, is_changed, last_release

DECISION = Path("metrics/gate.json")

SHOWN = 4
"""Features shown of the rows that are named, the most important ones."""


@dataclass(frozen=True)
class Arguments:
    """Where to write, and what to compare with."""

    folder: Path
    base: str = field(
        default="", metadata={"help": "revision to compare with; else the last published model"}
    )


def main(arguments: Arguments) -> None:
    """Read both revisions' files, write the note, the page and the figures, or nothing."""
    commit = find_commit("HEAD")
    new = read_snapshot(commit[:8] or "this folder", commit, from_folder, TABLES)
    if "interval" not in new.metrics.get("test", {}):
        raise InputError(
            f"{DETAILS}: no scores of a test set. Make them with `dvc repro`, or restore the file "
            "from git."
        )
    base, remark = _base(arguments.base)
    pairs, revision = None, None
    if base is not None and "test" in base.metrics:
        require_keys(new.params, PARAMS, "evaluate.confidence")
        confidence = float(new.params["evaluate"]["confidence"])
        shown = [row["feature"] for row in new.plots.get("importance", [])[:SHOWN]]
        revision = Revision(base.name, base.commit)
        pairs, remark = read_pairs(revision, confidence, shown)
    changed, versions = is_changed(), published()
    report = assemble(
        read_verdict(DECISION, switched=not changed), new, base, remark,
        changed=changed, pairs=pairs, before=ancestors(versions),
        published=versions, measured=measured(revision),
    )  # fmt: skip
    names = ("report.md", RELEASE_NOTES.name, "index.html", "metrics.txt")
    outputs = [arguments.folder / name for name in names]
    drawn = chosen(report)
    texts = [
        note.render(report, {name: panel.alt for name, panel in drawn.items()}),
        release_notes(note.render_release(report), "changed files" if changed else commit),
        page.render(report),
        openmetrics.render(new.metrics, report.verdict.status == "passed"),
    ]
    with replacing(*outputs, arguments.folder / "pictures") as (*fresh, pictures):
        for path, text in zip(fresh, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        pictures.mkdir()
        for name, panel in drawn.items():
            (pictures / f"{name}.png").write_bytes(png(panel.spec))
    print(f"{outputs[2]}: {report.title[0].lower()}{report.title[1:]}")
    if report.base_note:
        print(report.base_note)


def _base(wanted: str) -> tuple[Snapshot | None, str]:
    """Read the base; without one the report is made all the same, and says why."""
    if not wanted:
        try:
            published = last_release()
        except InputError as error:
            return None, f"Nothing is compared: {error}"
        if published is None:
            return None, "No model is published yet: there is nothing to compare with."
        wanted = published.name
    commit = find_commit(wanted)
    if not commit:
        return None, (
            f"The base `{wanted}` is not in this clone, so nothing is compared. Fetch it with "
            f"`git fetch origin {wanted}`."
        )
    revision = Revision(wanted, commit)
    if not revision.has_project:
        return None, f"The base `{wanted}` has no such model: there is nothing to compare with."
    return read_snapshot(wanted, commit, revision.read, TABLES), ""


if __name__ == "__main__":
    run(main, Arguments)
