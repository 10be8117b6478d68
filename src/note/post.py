"""Create one note on a merge request, or update it in place.

References
----------
GitLab, "Notes API", section "Merge requests".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gitlab
import requests

MARKER = "<!-- model report -->"
"""First line of the note, which GitLab does not show: by it the note is found again."""

RETRIES = 3
"""How often a request is repeated when GitLab asks for patience (status 429)."""


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


def post(target: Target, text: str, timeout: float, patience: float) -> str:
    """Write the note; whatever happens, return a sentence that says it.

    Parameters
    ----------
    timeout
        Seconds to wait for an answer.
    patience
        Seconds waited at most before a repetition, however long GitLab asks for.
    """
    try:
        return _post(target, f"{MARKER}\n{text}", timeout, patience)
    except gitlab.GitlabError as error:
        return f"No note: GitLab answered {_explain(error)}"
    except (requests.RequestException, ValueError, TypeError, KeyError, AttributeError) as error:
        # A proxy's page instead of JSON, a refused connection, no answer in time.
        return f"No note: {target.url} does not answer as GitLab does ({type(error).__name__})."


def _post(target: Target, body: str, timeout: float, patience: float) -> str:
    with requests.Session() as session:
        session.hooks["response"].append(_Hurry(patience))
        server = gitlab.Gitlab(
            target.url, private_token=target.token, timeout=timeout, session=session,
            keep_base_url=True,
        )  # fmt: skip
        server.auth()
        if server.user is None:
            raise ValueError
        notes = server.projects.get(target.project, lazy=True).mergerequests.get(
            target.iid, lazy=True
        ).notes  # fmt: skip
        for note in notes.list(iterator=True, per_page=100, max_retries=RETRIES):
            if note.body.startswith(MARKER) and note.author["id"] == server.user.id:
                note.body = body
                note.save(max_retries=RETRIES)
                return f"Note {note.id} updated."
        note = notes.create({"body": body}, max_retries=RETRIES)
        return f"Note {note.id} created."


class _Hurry:
    """Shorten the wait that an answer asks for: a report may not hold a pipeline for an hour."""

    def __init__(self, patience: float) -> None:
        self.patience = patience

    def __call__(self, response: requests.Response, **_: Any) -> None:  # noqa: ANN401 - requests' own
        response.headers.pop("RateLimit-Reset", None)
        asked = response.headers.get("Retry-After", "")
        if asked.isdigit():
            response.headers["Retry-After"] = str(min(int(asked), int(self.patience)))
        else:
            response.headers.pop("Retry-After", None)


def _explain(error: gitlab.GitlabError) -> str:
    """Say what mends an answer, where that is known."""
    advice = {
        401: "the token is unknown or has expired. Renew GITLAB_NOTE_TOKEN.",
        403: "the token may not write notes here. It needs the scope api and the role Reporter.",
        404: "the token's owner does not see this merge request. Make it a token of this project.",
        429: "too many requests, even after waiting.",
    }
    reason = " ".join(str(error.error_message).split())[:200]
    return f"{error.response_code}: {advice.get(error.response_code or 0, reason)}"
