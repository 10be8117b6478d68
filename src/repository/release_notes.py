"""What a release says of its model: the report writes it, publish puts it into the tag."""

from __future__ import annotations

from pathlib import Path

RELEASE_NOTES = Path("report/release.md")

_BEGIN = "<!-- model report of {} -->"
"""First line, which GitLab does not show; the job `release` finds it in the tag's message."""


def release_notes(text: str, commit: str) -> str:
    """Say which commit a text is about."""
    return f"{_BEGIN.format(commit)}\n\n{text}"


def read_release_notes(commit: str, path: Path = RELEASE_NOTES) -> str:
    """Return the text about this commit; empty where there is none, or one about another."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return text if text.startswith(_BEGIN.format(commit)) else ""
