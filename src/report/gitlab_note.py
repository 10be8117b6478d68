"""Create one note on a merge request, or update it in place.

References
----------
GitLab, "Notes API", section "Merge requests", and "Markdown uploads API".
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import gitlab
import requests
from gitlab.v4.objects import Project
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

MARKER = "<!-- model report -->"
"""First line of the note, which GitLab does not show: by it the note is found again."""

RETRIES = 3
"""How often a request is repeated when GitLab asks for patience (status 429)."""

TIMEOUT, PATIENCE = 20.0, 30
"""Seconds to wait for an answer, and before a repetition: a note may not hold up a pipeline."""


@dataclass(frozen=True)
class Target:
    """The merge request, and who writes.

    Attributes
    ----------
    url
        GitLab's address, such as ``https://gitlab.example.com``.
    project
        Number of the project that the merge request is in.
    iid
        Number of the merge request within its project.
    """

    url: str
    token: str
    project: str
    iid: str


def post(  # noqa: PLR0913 - to whom, what, and for how long
    target: Target,
    text: str,
    pictures: Sequence[Path] = (),
    *,
    page: str = "",
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
    timeout
        Seconds to wait for an answer.
    patience
        Seconds waited at most before a repetition, however long GitLab asks for.
    """
    try:
        with _connected(target, timeout, patience) as project:
            shown = _with_pictures(text, _uploaded(project, pictures), page)
            return _write(project, target, f"{MARKER}\n{shown}")
    except gitlab.GitlabError as error:
        return f"No note: GitLab answered {_explain(error.response_code, error.error_message)}"
    except requests.exceptions.RetryError:
        return f"No note: GitLab answered {_explain(429)}"
    except (requests.RequestException, ValueError, TypeError, KeyError, AttributeError) as error:
        # A proxy's page instead of JSON, a refused connection, no answer in time.
        return f"No note: {target.url} does not answer as GitLab does ({type(error).__name__})."


@contextlib.contextmanager
def _connected(target: Target, timeout: float, patience: int) -> Iterator[Project]:
    """Yield the project, as the token's owner sees it."""
    retry = Retry(
        RETRIES, connect=0, read=False, status_forcelist=[429], allowed_methods=None,
        backoff_factor=1, backoff_max=patience, retry_after_max=patience,
    )  # fmt: skip
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        server = gitlab.Gitlab(
            target.url, private_token=target.token, timeout=timeout, session=session,
            keep_base_url=True,
        )  # fmt: skip
        server.auth()
        yield server.projects.get(target.project, lazy=True)


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


def _write(project: Project, target: Target, body: str) -> str:
    """Update our note, or create it."""
    user = project.manager.gitlab.user
    if user is None:
        raise ValueError
    notes = project.mergerequests.get(target.iid, lazy=True).notes
    for note in notes.list(iterator=True, per_page=100):
        if note.body.startswith(MARKER) and note.author["id"] == user.id:
            note.body = body
            note.save()
            return f"Note {note.id} updated."
    return f"Note {notes.create({'body': body}).id} created."


def _explain(status: int | None, message: object = "") -> str:
    """Say what fixes an answer, where that is known."""
    advice = {
        401: "the token is unknown or has expired. Renew GITLAB_NOTE_TOKEN.",
        403: "the token may not write notes here. It needs the scope api and the role Reporter.",
        404: "the token's owner does not see this merge request. Make it a token of this project.",
        429: "too many requests, even after waiting.",
    }
    return f"{status}: {advice.get(status or 0, ' '.join(str(message).split())[:200])}"
