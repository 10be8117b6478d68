"""A page on a real change, with a real decision of the gate, in a real browser.

The threshold moves from 0.5 to 0.97: the leading score is the same, recall falls.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from src.gate.decision import read_decision
from tests.clone import Clone
from tests.gate import PATHS
from tests.report.browser import LOCAL, OVERFLOW, Page, axe, opened
from tests.shared import copied

SEEN = """
const inside = e => { const box = e.getBoundingClientRect();
  return box.width > 0 && box.left >= 0 && box.right <= innerWidth; };
return [...document.querySelectorAll('.scores tbody tr')].map(row =>
  [row.querySelector('.tag'), row.querySelector('td.n')].every(inside));
"""

CLIPPED = """
return [...document.querySelectorAll('.scroll')]
  .filter(e => e.checkVisibility({contentVisibilityAuto: true}))
  .filter(e => e.scrollWidth > e.clientWidth).map(e => e.getAttribute('aria-label'))
"""


@pytest.fixture(scope="module")
def compared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    clone = Clone(copied(template, tmp_path_factory.mktemp("compared") / "clone"))
    clone.edit("params.yaml", "threshold: null ", "threshold: 0.97 ")
    clone.edit("params.yaml", "    test.recall: {min: 0.9}\n", "")
    clone.edit("params.yaml", "    slices.mean_area.*.accuracy: {min: 0.85, min_rows: 20}\n", "")
    clone.edit("data/schema.yaml", "worst_texture: {", "worst_texture: {private: true, ")
    clone.succeed("dvc", "repro", "--quiet")
    clone.run("python", "-m", "src.gate", *PATHS, "--baseline", "HEAD")
    clone.succeed("python", "-m", "src.report", "report", "--base", "HEAD")
    return clone


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


def test_a_pass_does_not_hide_what_got_worse(page: Page, compared: Clone) -> None:
    decision = read_decision(compared.folder / "metrics/gate.json")
    assert decision.outcome == "passed"
    found = decision.paired()
    assert found is not None
    assert (found.metric, found.low, found.high) == ("roc_auc", 0, 0)
    page.show(compared.folder / "report/index.html", 1280, "light")
    title = page.run("return document.querySelector('#verdict').textContent")
    assert "The gate has passed, but something got worse that no check covers" in title
    assert page.run("return document.querySelectorAll('.verdict.warning').length") == 1
    said = page.run("return document.querySelector('.findings').textContent")
    assert re.search(r"Worse:.*recall 0\.9216 → 0\.\d+.*no check covers", said)
    tags = page.run(
        "return [...document.querySelectorAll('.scores tbody tr')].map(row => "
        "[row.querySelector('code').textContent, row.querySelector('.tag').textContent.trim()])"
    )
    assert ["roc_auc", "unchanged"] in tags
    assert ["recall", "▼ worse"] in tags


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (768, "dark"), (390, "light")])
def test_nothing_is_cut_off(page: Page, compared: Clone, width: int, scheme: str) -> None:
    page.show(compared.folder / "report/index.html", width, scheme)
    plots = page.wait_for_plots()
    assert all(size > 150 and height > 100 and marks > 3 for _, size, height, marks in plots)
    assert page.run(OVERFLOW) == 0
    assert page.errors() == []
    assert all(address.startswith(LOCAL) for address in page.requests())
    assert all(page.run(SEEN))
    if width == 1280:
        assert page.run(CLIPPED) == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_has_nothing_serious(page: Page, compared: Clone, width: int, scheme: str) -> None:
    page.show(compared.folder / "report/index.html", width, scheme)
    page.wait_for_plots()
    assert axe(page) == []


def test_cells_of_a_private_column_are_nowhere(compared: Clone) -> None:
    page = compared.read("report/index.html")
    errors = page[page.index('id="errors"') : page.index('id="plots"')]
    assert "worst_concave_points" in errors
    assert "worst_texture" not in errors
    line = next(line for line in compared.read("metrics/profile.json").splitlines()
                if line.startswith('"worst_texture"'))  # fmt: skip
    assert line.removesuffix(",") == (
        '"worst_texture": {"kind": "numeric", "null": 0.0, "private": true}'
    )


def test_where_predictions_are_not_those_of_the_lock_nothing_is_called_noise(
    compared: Clone, tmp_path: Path
) -> None:
    clone = Clone(copied(compared.folder, tmp_path / "clone"))
    (clone.folder / "data/prepared/predictions.parquet").unlink()
    clone.succeed("python", "-m", "src.report", "report", "--base", "HEAD")
    note = clone.read("report/report.md")
    assert "Only unpaired figures are there" in note
    assert "no clear difference" not in note
    assert "cannot tell" in note


def test_the_plots_of_dvc_are_drawn_without_a_network(page: Page, compared: Clone) -> None:
    compared.succeed("make", "plots", "--old-file=.venv/runtime")
    page.show(compared.folder / "report/plots/index.html", 1280, "light")
    drawn = "return document.querySelectorAll('canvas.marks, svg.marks').length"
    WebDriverWait(page.driver, 30).until(lambda _: page.run(drawn) >= 6)
    assert all(address.startswith(LOCAL) for address in page.requests())


def test_a_model_that_is_not_the_locks_is_not_loaded(
    compared: Clone, template: Path, tmp_path: Path
) -> None:
    assert "predicting 133 rows" in compared.read("report/index.html")
    clone = Clone(copied(compared.folder, tmp_path / "clone"))
    path = "src/models/model.skops"
    (clone.folder / path).unlink()
    shutil.copy(template / path, clone.folder / path)
    clone.succeed("python", "-m", "src.report", "report", "--base", "HEAD")
    assert "predicting 133 rows" not in clone.read("report/index.html")
