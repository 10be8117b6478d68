"""The page of the monitor in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from src.monitor import page
from tests.report.browser import LOCAL, OVERFLOW, axe, opened
from tests.unit.test_monitor import report

EVERYTHING = {"columns": True, "measured": True, "labelled": True, "violations": True}


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_of_alarms_works(tmp_path: Path, width: int) -> None:
    long = "a_batch_without_any_place_to_break_it_" * 6 + "</script><b>"
    html = page.render([report(long, **EVERYTHING), report()], "model-v1.0.0")
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    with opened(tmp_path / "browser") as browser:
        browser.show(tmp_path / "index.html", width, "dark")
        (drawn,) = browser.wait_for_plots()
        assert drawn[1] > 200
        assert browser.run(OVERFLOW) == 0
        assert browser.errors() == []
        assert [one for one in browser.requests() if not one.startswith(LOCAL)] == []
        assert axe(browser) == []
