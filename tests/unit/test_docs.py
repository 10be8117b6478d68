"""The documentation points to what is there."""

import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

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


def blocks(page: Path, language: str) -> list[str]:
    """Return the code of a language on a page."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_examples_can_be_parsed(page: Path) -> None:
    yaml = YAML(typ="safe")
    yaml.allow_duplicate_keys = True  # one of them at a time
    for code in blocks(page, "yaml"):
        assert list(yaml.load_all(code)), code
    for code in blocks(page, "sh"):
        ran = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True, check=True)
        assert ran.stderr == "", code
