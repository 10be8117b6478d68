"""The page in a real browser, and the command that makes it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.pages.text import MINUS
from tests.clone import Clone
from tests.report.browser import LOCAL, OVERFLOW, Page, opened
from tests.report.test_search import SEARCH

LONG = "a_name_without_any_place_to_break_it_" * 6 + "</script><b>"


def clone(template: Path, folder: Path) -> Clone:
    """Clone what git tracks of the default project: neither tables nor the model."""
    made = Clone(folder)
    Clone(template).succeed("git", "clone", "--quiet", str(template), str(folder))
    return made


@pytest.fixture(scope="module")
def reported(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a report on a change: other scores, another contract, a long name."""
    made = clone(template, tmp_path_factory.mktemp("report") / "clone")
    metrics = json.loads(made.read("metrics/details.json"))
    metrics["test"] |= {"roc_auc": 0.7, "hash": "other"}
    metrics["test"]["interval"]["roc_auc"] = {"low": 0.65, "high": 0.75}
    metrics["slices"][LONG] = {LONG: metrics["test"]}
    made.write("metrics/details.json", json.dumps(metrics))
    made.edit("data/schema.yaml", "mean_radius: {", f'"{LONG}": {{')
    made.write("src/models/README.md", f"# A card\n\n| a | b |\n|---|---|\n| {LONG} | 1 |\n")
    made.edit("metrics/plots/importance.csv", "worst_perimeter", LONG)
    for name, text in SEARCH.items():
        made.write(f"metrics/search/{name}", text)
    made.succeed("make", "report", "BASE=HEAD", "--old-file=.venv/runtime")
    return made.folder


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_works(page: Page, reported: Path, width: int, scheme: str) -> None:
    page.show(reported / "report/index.html", width, scheme)
    plots = page.wait_for_plots()
    assert len(plots) == 15
    assert all(size > 200 and height > 200 and marks > 5 for _, size, height, marks in plots)
    assert page.run(OVERFLOW) == 0
    assert page.errors() == []
    asked = page.requests()
    assert asked
    assert [address for address in asked if not address.startswith(LOCAL)] == []
    ground = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(14, 17, 22)") == (scheme == "dark")


def test_without_scripts_the_still_pictures_are_seen(page: Page, reported: Path) -> None:
    page.show(reported / "report/index.html", 360, "light", script=False)
    seen = page.run(
        "return [...document.querySelectorAll('img.still')].map(i => [i.naturalWidth, i.width])"
    )
    assert len(seen) == 15
    assert all(natural > 0 and width > 200 for natural, width in seen)


def test_everything_has_a_name_and_a_place_in_the_order_of_keys(page: Page, reported: Path) -> None:
    page.show(reported / "report/index.html", 1280, "light")
    page.wait_for_plots()
    nameless = page.run("""
      const named = e => e.alt || e.getAttribute('aria-label') || e.textContent.trim();
      return [...document.querySelectorAll('img, [role=img], [role=region], a, summary, th')]
        .filter(e => !named(e)).map(e => e.outerHTML)""")
    assert nameless == []
    hidden = page.run("""
      return [...document.querySelectorAll('.scroll')]
        .filter(e => e.scrollWidth > e.clientWidth && e.tabIndex != 0).length""")
    assert hidden == 0
    twice = page.run("""
      const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
      return ids.filter((id, at) => ids.indexOf(id) != at)""")
    assert twice == []
    broken = page.run("""
      return [...document.querySelectorAll('a[href^="#"]')]
        .filter(e => !document.getElementById(e.hash.slice(1))).map(e => e.hash)""")
    assert broken == []


def test_the_note_and_the_figures_say_the_same(reported: Path) -> None:
    text = (reported / "report/report.md").read_text(encoding="utf-8")
    assert f"| `roc_auc` | 🔴 ▼ worse | {MINUS}0.294 |  | 0.7 | 0.994 |" in text
    assert "Only unpaired figures are there" in text
    assert "The rows cannot be paired: data/prepared/predictions.parquet is missing" in text
    assert "## ❌ The gate has not run" in text
    figures = (reported / "report/metrics.txt").read_text(encoding="utf-8")
    assert 'roc_auc{split="test"} 0.7\n' in figures
    assert "gate_passed 0\n" in figures


def run(made: Clone, base: str = "") -> str:
    return made.succeed("python", "-m", "src.report", "report", f"--base={base}")


def test_a_report_needs_no_data_and_no_base(template: Path, tmp_path: Path) -> None:
    made = clone(template, tmp_path / "clone")
    assert not list(made.folder.glob("**/*.parquet"))
    started = time.monotonic()
    assert "No model is published yet: there is nothing to compare with" in run(made)
    assert time.monotonic() - started < 60
    assert "nothing to compare them with" in made.read("report/report.md")
    assert made.status() == ""  # the report is not for git


def test_a_base_that_is_not_there_is_named_with_its_fix(template: Path, tmp_path: Path) -> None:
    made = clone(template, tmp_path / "clone")
    assert "Fetch it with `git fetch origin nowhere`" in run(made, "nowhere")
    assert "Fetch it with `git fetch origin nowhere`" in made.read("report/report.md")
    assert "--output=x" in run(made, "--output=x")  # no option of git's


def test_a_base_without_metrics_is_the_first_release(template: Path, tmp_path: Path) -> None:
    made = clone(template, tmp_path / "clone")
    made.succeed("git", "rm", "-rq", "--cached", "metrics")
    project_without = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "none"]
    made.succeed(*project_without)
    assert "has no metrics" in run(made, "HEAD")


def test_missing_metrics_are_one_error_and_keep_the_old_report(
    template: Path, tmp_path: Path
) -> None:
    made = clone(template, tmp_path / "clone")
    made.write("report/index.html", "old")
    for content in ("{}", "{", "[]"):
        made.write("metrics/details.json", content)
        ran = made.run("python", "-m", "src.report", "report")
        assert (ran.returncode, ran.stdout) == (1, "")
        assert ran.stderr.startswith("error: metrics/details.json")
        assert len(ran.stderr.splitlines()) == 1
    assert made.read("report/index.html") == "old"
