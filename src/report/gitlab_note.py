"""Create one note on a merge request, or update it in place.

References
----------
GitLab, "Notes API", section "Merge requests", and "Markdown uploads API".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gitlab
from gitlab.v4.objects import Project

from src.base.errors import InputError
from src.repository.gitlab_api import PATIENCE, TIMEOUT, Account, connected, owner

MARKER = "<!-- model report -->"
"""First line of the note, which GitLab does not show: by it the note is found again."""

ADVICE = {
    403: "the token may not write notes here. It needs the scope api and the role Reporter.",
    404: "the token's owner does not see this merge request. Make it a token of this project.",
}
"""What fixes an answer of GitLab's."""


@dataclass(frozen=True)
class Target(Account):
    """The merge request, and who writes.

    Attributes
    ----------
    iid
        Number of the merge request within its project, which is the one that it is in.
    """

    iid: str


def post(  # noqa: PLR0913 - to whom, what, and for how long
    target: Target,
    text: str,
    pictures: Sequence[Path] = (),
    *,
    page: str = "",
    model: str = "",
    timeout: float = TIMEOUT,
    patience: int = PATIENCE,
) -> str:
    """Write the note; whatever happens, return a sentence that says it.

    Parameters
    ----------
    pictures
        Files that the text shows as ``![…](pictures/name)``. They are uploaded; where the token may
        not, the text links to the page.
    page
        Address of the page; empty where it is not known.
    model
        What tells its note from those of other models of the repository.
    timeout, patience
        See :func:`src.repository.gitlab_api.connected`.
    """
    try:
        with connected(target, ADVICE, timeout, patience) as project:
            shown = _with_pictures(text, _uploaded(project, pictures), page)
            marker = f"<!-- {model}: model report -->" if model else MARKER
            return _write(project, target, marker, shown)
    except InputError as error:
        return f"No note: {error}"


def _uploaded(project: Project, pictures: Sequence[Path]) -> dict[str, str]:
    """Upload pictures as far as the token may; return the address of each by its file's name."""
    found: dict[str, str] = {}
    for picture in pictures:
        try:
            found[picture.name] = project.upload(picture.name, filepath=str(picture))["url"]
        except gitlab.GitlabError:
            break  # what one may not, the others may not
    return found


def _with_pictures(text: str, addresses: dict[str, str], page: str) -> str:
    """Show the pictures that were uploaded; link to the page instead of the others."""

    def place(found: re.Match[str]) -> str:
        caption, name = found[1], found[2]
        if name in addresses:
            return f"![{caption}]({addresses[name]})"
        return f"[{caption}]({page})" if page else caption

    return re.sub(r"!\[((?:[^\]\\]|\\.)*)\]\(pictures/([^)]+)\)", place, text)


def _write(project: Project, target: Target, marker: str, text: str) -> str:
    """Update our note, or create it."""
    body = f"{marker}\n{text}"
    user = owner(project)
    notes = project.mergerequests.get(target.iid, lazy=True).notes
    for note in notes.list(iterator=True, per_page=100):
        if note.body.startswith(marker) and note.author["id"] == user:
            note.body = body
            note.save()
            return f"Note {note.id} updated."
    return f"Note {notes.create({'body': body}).id} created."
