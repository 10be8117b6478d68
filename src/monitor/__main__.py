"""Compare batches that were scored with the release of the model, and say what is alarming.

Exit status: 0 where nothing is, 1 after an alarm, 2 where the batches could not be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from src.base.command import run
from src.base.contract import CONTRACT
from src.base.files import replacing, temporary_folder
from src.monitor import openmetrics, page
from src.monitor.address import local
from src.monitor.alarms import BatchReport
from src.monitor.gather import gather
from src.monitor.judge import judge
from src.monitor.labels import read_labels
from src.monitor.reference import find_release, read_reference
from src.repository.commands import TEMPORARY

ALARM, NOT_COMPARED = 1, 2
"""Exit status."""


@dataclass(frozen=True)
class Arguments:
    """What is compared with what."""

    batches: list[str] = field(
        metadata={"help": "tables with the model's columns: files, folders of parts, s3://…"}
    )
    labels: str = field(default="", metadata={"help": "table of true labels, by row key"})
    release: str = field(default="", metadata={"help": "tag; without it, the release in force"})
    folder: Path = field(default=Path("report/monitor"), metadata={"help": "what is written to"})


def main(arguments: Arguments) -> int:
    """Read the release, then each batch once; write the page, figures and text, or nothing."""
    revision = find_release(arguments.release)
    with temporary_folder(TEMPORARY, "monitor-") as temporary:
        reference = read_reference(revision, temporary)
        known = None
        if arguments.labels:
            labels = local(arguments.labels, temporary / "labels")
            known = read_labels(labels, reference.contract, CONTRACT)
        reports = []
        for number, address in enumerate(arguments.batches):
            table = local(address, temporary / f"batch-{number}")
            reports.append(judge(address, gather(table, reference, known), known, reference))
    _write(reports, revision.name, arguments.folder)
    for report in reports:
        print(f"{report.name}: {report.rows:,} rows, {report.labelled:,} with a label")
        if report.lead is not None and not report.lead.is_defined:
            print(f"  not measured: {report.verdict}")
        for alarm in report.alarms:
            print(f"  {alarm.kind}: {alarm.sentence.replace('`', '')}")
    raised = any(report.alarms for report in reports)
    print(f"{arguments.folder / page.PAGE}: {page.title(reports)}")
    return ALARM if raised else 0


def _write(reports: list[BatchReport], release: str, folder: Path) -> None:
    texts = {
        page.PAGE: page.render(reports, release),
        "metrics.txt": openmetrics.render(reports, release),
        "issue.md": page.issue(reports, release),
        # GitLab hands these variables to later jobs; `refresh` asks for the second.
        "monitor.env": page.variables(reports),
    }
    outputs = [folder / name for name in texts]
    with replacing(*outputs) as fresh:
        for path, text in zip(fresh, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main, Arguments, failure=NOT_COMPARED)
