"""Eight changes, each judged from the note and the page alone."""

import html
import re
import shutil
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.report import staged
from tests.shared import copied
from tools import project

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("staged") / "base"
    project.copy_project(folder, default=True)
    staged.bring(Clone(folder))
    return folder


@pytest.mark.parametrize("name", staged.CHANGES)
def test_a_change_is_seen_for_what_it_is(base: Path, tmp_path: Path, name: str) -> None:
    clone = Clone(copied(base, tmp_path / "clone"))
    change, said, unsaid = staged.CHANGES[name]
    if name == "a clear gain":  # the base of a gain is a worse model
        staged.hyperparameter("max_iter", 3)(clone)
        staged.build(clone)
        clone.commit("worse")
    change(clone)
    staged.report(clone)
    text = clone.read("report/report.md")
    page = re.sub(r"<[^>]+>", "", html.unescape(clone.read("report/index.html")))
    for words in said:
        assert words in text, f"{words!r} is not in\n{text}"
    for words in unsaid:
        assert words not in text, f"{words!r} is in\n{text}"
    for finding in re.findall(r"^- (?:🟢 |🔴 )?(.*)$", text, flags=re.MULTILINE):
        plain = re.sub(r"[\\`]", "", finding)
        assert plain in re.sub(r"\s+", " ", page), plain
    shutil.rmtree(clone.folder)
