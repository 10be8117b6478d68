"""Versions and their tags."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.release.version import Bump, following, message
from src.repository.release_notes import read_release_notes, release_notes
from src.repository.revisions import version

PREFIX = "model-v"


def test_the_first_version_and_those_after_it() -> None:
    assert following(None, "patch", PREFIX) == "model-v1.0.0"
    assert following("model-v1.9.9", "patch", PREFIX) == "model-v1.9.10"
    assert following("model-v1.9.9", "minor", PREFIX) == "model-v1.10.0"
    assert following("churn-v2-model-v1.9.9", "major", "churn-v2-model-v") == \
        "churn-v2-model-v2.0.0"  # fmt: skip


@given(st.tuples(*[st.integers(0, 10**6)] * 3), st.sampled_from(["major", "minor", "patch"]))
def test_a_following_version_is_always_later(numbers: tuple[int, ...], bump: Bump) -> None:
    tag = "model-v" + ".".join(map(str, numbers))
    assert version(following(tag, bump, PREFIX)) > version(tag)


@pytest.mark.parametrize("low", [0.9, None])
def test_the_message_holds_scores_and_hashes(low: float | None) -> None:
    metrics = {
        "test": {"rows": 1_234, "hash": "ab" * 32, "roc_auc": 0.95,
                 "interval": {"roc_auc": {"low": low, "high": 0.99}}},
    }  # fmt: skip
    published = {"model.skops": "cd" * 16}
    text = message("model-v1.0.0", metrics, published, None, notes="## What it is\n")
    assert text.startswith("model-v1.0.0\n\n")
    assert "1,234 rows" in text
    assert f"[{low or 'none'}, 0.99]" in text
    assert "cd" * 16 in text
    assert text.endswith("\n\n## What it is")
    bare = message("model-v1.0.0", metrics, published, None, notes="")
    assert text == f"{bare}\n\n## What it is"


def test_only_notes_about_the_commit_are_read(tmp_path: Path) -> None:
    path = tmp_path / "release.md"
    assert read_release_notes("a" * 40, path) == ""
    path.write_text(release_notes("## Good\n", "a" * 40), encoding="utf-8")
    assert read_release_notes("a" * 40, path).endswith("\n\n## Good\n")
    assert read_release_notes("b" * 40, path) == ""
