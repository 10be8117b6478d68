"""What a release says of its model: the report writes it, publish puts it into the tag."""

from __future__ import annotations

from pathlib import Path

RELEASE_NOTES = Path("report/release.md")

_MARK = "<!-- model report"
_BEGIN = _MARK + " of {} -->"
"""First line, which GitLab does not show; by it the text is found in the tag's message."""


def release_notes(text: str, commit: str) -> str:
    """Say which commit a text is about."""
    return f"{_BEGIN.format(commit)}\n\n{text}"


def read_release_notes(commit: str, path: Path = RELEASE_NOTES) -> str:
    """Return the text about this commit; empty where there is none, or one about another."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return text if text.startswith(_BEGIN.format(commit)) else ""


def without_release_notes(message: str) -> tuple[str, str]:
    """Return what a tag's message says before these notes, and the notes; empty without any."""
    before, mark, after = message.partition(_MARK)
    return before.rstrip(), mark + after
