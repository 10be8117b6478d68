"""Draw the pictures of the documentation from what the pipeline really gives.

Usage: python -m tools.draw
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import vl_convert
from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup

DOCS = Path(__file__).parent.parent / "docs"
PLOT = "Permutation importance"
CHANGE = ("learning_rate: 0.1", "learning_rate: 0.2")


def main() -> None:
    """Write docs/importance.svg, docs/report.png and docs/merge-request.png."""
    _importance()
    with tempfile.TemporaryDirectory() as name:
        _merge_request(Path(name, "clone"))


def _importance() -> None:
    (plot,) = json.loads(_run("dvc", "plots", "show", "--json", cwd=DOCS.parent))["data"][PLOT]
    picture = vl_convert.vegalite_to_svg(plot["content"])
    (DOCS / "importance.svg").write_text(picture + "\n", encoding="utf-8")


def _merge_request(clone: Path) -> None:
    """Run what the jobs of a merge request run, and lay it out as GitLab does."""
    _run("git", "clone", "--quiet", str(DOCS.parent), str(clone), cwd=DOCS)
    _run("dvc", "repro", "--quiet", cwd=clone)
    params = clone / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace(*CHANGE), encoding="utf-8")
    _run("dvc", "repro", "--quiet", cwd=clone)
    _run("git", "checkout", "--quiet", "-b", "learn-faster", cwd=clone)
    _run("git", "commit", "--quiet", "--all", "--message", "Learn faster", cwd=clone)
    make = ("make", f"VENV={sys.prefix}")
    _run(*make, "accuracy", "BASELINE=main", cwd=clone)
    _run(*make, "report", "BASE=main", cwd=clone)
    _picture(clone / "report/index.html", "report.png", "1280,860")
    tests = ET.parse(clone / "report/gate.xml")  # noqa: S314 - pytest wrote it
    checks = len(list(tests.iter("testcase")))
    note = (clone / "report/report.md").read_text(encoding="utf-8")
    # What needs no font of its own, and where the pictures are.
    for shown, drawn in (
        ("✅", "✓"),
        ("🟢", "▲"),
        ("🔴", "▼"),
        ("(pictures/", "(report/pictures/"),
    ):
        note = note.replace(shown, drawn)
    environment = Environment(loader=FileSystemLoader(DOCS), autoescape=True)
    page = clone / "merge-request.html"
    page.write_text(
        environment.get_template("merge-request.html.j2").render(
            checks=checks,
            note=Markup(MarkdownIt("commonmark").enable("table").render(note)),  # noqa: S704 - escaped in it
        ),
        encoding="utf-8",
    )
    _picture(page, "merge-request.png", "960,990")


def _picture(page: Path, name: str, size: str) -> None:
    options = ("--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={size}")
    _run("chromium", *options, f"--screenshot={DOCS / name}", page.as_uri(), cwd=page.parent)


def _run(*command: str, cwd: Path, **environment: str) -> str:
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, check=True, capture_output=True,
        text=True,
    ).stdout  # fmt: skip


if __name__ == "__main__":
    main()
