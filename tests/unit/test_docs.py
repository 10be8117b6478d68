"""The documentation points to what is there."""

import re
from pathlib import Path

import pytest

PAGES = [
    Path("README.md"),
    Path("CONTRIBUTING.md"),
    Path("CHANGELOG.md"),
    *Path("docs").glob("*.md"),
]
TARGETS = set(
    re.findall(r"^([a-z-]+):", Path("Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_to_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_targets_are_in_the_makefile(page: Path) -> None:
    named = set(
        re.findall(r"(?:^    |`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert named - TARGETS == set()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_modules_can_be_run(page: Path) -> None:
    for name in re.findall(r"python -m (src[.\w]*)", page.read_text(encoding="utf-8")):
        module = Path(*name.split("."))
        assert (module / "__main__.py").is_file() or module.with_suffix(".py").is_file(), name
