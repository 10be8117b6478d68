"""A project on GitLab, by its API: whatever goes wrong is one sentence that says what fixes it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import gitlab
import requests
from gitlab.v4.objects import Project
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from src.base.errors import InputError

TOKEN = "GITLAB_NOTE_TOKEN"  # noqa: S105 - the variable's name
"""The variable with the token that may write notes and issues."""

JOB_TOKEN = "CI_JOB_TOKEN"  # noqa: S105 - the variable's name
"""GitLab gives every job a token of its own, which acts as the user who started the pipeline."""

URL, PROJECT = "CI_SERVER_URL", "CI_PROJECT_ID"
"""The variables in which GitLab tells a job where it is."""

RETRIES = 3
"""How often a request is repeated when GitLab asks for patience (status 429)."""

TIMEOUT, PATIENCE = 20.0, 30
"""Seconds to wait for an answer, and before a repetition: GitLab may not hold up a pipeline."""


@dataclass(frozen=True)
class Account:
    """A project, and who writes to it.

    Attributes
    ----------
    url
        GitLab's address, such as ``https://gitlab.example.com``.
    project
        Number of the project.
    variable
        Where the token comes from.
    sent
        How it is sent, in python-gitlab's words: in the header ``PRIVATE-TOKEN``, as a bearer's, or
        in ``JOB-TOKEN``.
    """

    url: str
    token: str
    project: str
    variable: str = field(default=TOKEN, kw_only=True)
    sent: Literal["private_token", "oauth_token", "job_token"] = field(
        default="private_token", kw_only=True
    )


def job_account(environment: Mapping[str, str]) -> Account | None:
    """Return this job's project, as the job's own token sees it; None outside of GitLab's jobs."""
    url, token, project = (environment.get(name, "") for name in (URL, JOB_TOKEN, PROJECT))
    if not (url and token and project):
        return None
    return Account(url, token, project, variable=JOB_TOKEN, sent="job_token")


@contextlib.contextmanager
def connected(
    account: Account, advice: Mapping[int, str], timeout: float = TIMEOUT, patience: int = PATIENCE
) -> Iterator[Project]:
    """Yield the project, as the token's owner sees it; of a private token its user is known.

    Parameters
    ----------
    advice
        What fixes an answer, such as 403 and 404, which depends on what is asked for.
    timeout
        Seconds to wait for an answer.
    patience
        Seconds waited at most before a repetition, however long GitLab asks for.

    Raises
    ------
    InputError
        GitLab refuses, or does not answer, or something else does.
    """
    try:
        with _session(account, timeout, patience) as server:
            if account.sent == "private_token":
                server.auth()
            yield server.projects.get(account.project, lazy=True)
    except gitlab.GitlabError as error:
        said = _explain(error.response_code, account, advice, error.error_message)
        raise InputError(f"GitLab answered {said}") from None
    except requests.exceptions.RetryError:
        raise InputError(f"GitLab answered {_explain(429, account, advice)}") from None
    except (requests.RequestException, ValueError, TypeError, KeyError, AttributeError) as error:
        # A proxy's page instead of JSON, a refused connection, no answer in time.
        reason = f"{account.url} does not answer as GitLab does ({type(error).__name__})."
        raise InputError(reason) from None


def owner(project: Project) -> int:
    """Return the number of the token's owner."""
    user = project.manager.gitlab.user
    if user is None:
        raise ValueError
    number: int = user.id
    return number


@contextlib.contextmanager
def _session(account: Account, timeout: float, patience: int) -> Iterator[gitlab.Gitlab]:
    retry = Retry(
        RETRIES, connect=0, read=False, status_forcelist=[429], allowed_methods=None,
        backoff_factor=1, backoff_max=patience, retry_after_max=patience,
    )  # fmt: skip
    token: dict[str, Any] = {account.sent: account.token}
    with _Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        yield gitlab.Gitlab(
            account.url, timeout=timeout, session=session, keep_base_url=True,
            **token,
        )  # fmt: skip


class _Session(requests.Session):
    """Keeps GitLab's tokens from the storage that it may send a download to."""

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        super().rebuild_auth(prepared_request, response)
        if self.should_strip_auth(str(response.request.url), str(prepared_request.url)):
            for header in ("PRIVATE-TOKEN", "JOB-TOKEN"):
                prepared_request.headers.pop(header, None)


def _explain(
    status: int | None, account: Account, advice: Mapping[int, str], message: object = ""
) -> str:
    """Say what fixes an answer, where that is known."""
    known = {
        401: f"the token is unknown or has expired. Renew {account.variable}.",
        429: "too many requests, even after waiting.",
        **advice,
    }
    return f"{status}: {known.get(status or 0, ' '.join(str(message).split())[:200])}"
