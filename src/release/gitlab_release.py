"""The release at GitLab, which makes the tag, too: the job's own token may do so, and may not push.

References
----------
GitLab, "Releases API": a tag that does not exist is made from ``ref``, with ``tag_message``.
"""

from __future__ import annotations

import os
from http import HTTPStatus
from pathlib import Path

import gitlab
from gitlab.v4.objects import Project

from src.base.errors import InputError
from src.release.tag import Tag, learn, message_of, require_current, taken
from src.repository.commands import output
from src.repository.gitlab_api import Account, connected
from src.repository.project import this_project
from src.repository.release_notes import without_release_notes
from src.repository.revisions import find
from src.repository.server import Server

CARD = Path("src/models/README.md")
LINKED = ("metrics/metrics.json", "dvc.lock")
"""What a release shows beside its text."""

PROJECT_URL = "CI_PROJECT_URL"

ADVICE = {
    403: "who started this pipeline may not create the tag. Under Settings > Repository > "
         "Protected tags, allow it to those who may merge to the default branch (docs/gitlab.md).",
    404: "the token does not see the project's repository or releases. See docs/gitlab.md.",
}  # fmt: skip
"""What fixes an answer of GitLab's."""


def publish(server: Server, account: Account, branch: str | None, tag: Tag) -> Tag:
    """Make the release and its tag; what an earlier attempt has left of them is completed.

    Parameters
    ----------
    branch
        What the commit has to be the newest of, still.
    tag
        As it shall be, or as the server has it already.

    Returns
    -------
    The tag that GitLab has made of it.

    Raises
    ------
    InputError
        GitLab refuses, or somebody else was faster.
    """
    require_current(server, branch, output("git", "rev-parse", "HEAD"))
    ref = f"refs/tags/{tag.name}"
    if server.refs().get(ref, tag.object) != tag.object:
        raise InputError(taken(server, tag.name))
    try:
        with connected(account, ADVICE) as project:
            ensure(project, tag)
    except InputError as error:
        after = "Nothing was tagged; what is in the storage already costs no second push."
        if ref in server.refs():
            after = f"{tag.name} is tagged and may have no release yet: publish again."
        raise InputError(f"{error} {after}") from None
    made = learn(server, tag.name)
    if (find(made.object).commit, message_of(made)) != (find(tag.object).commit, message_of(tag)):
        with connected(account, ADVICE) as project:  # theirs, and its release got our text
            project.releases.update(tag.name, {"description": description(made)})
        raise InputError(taken(server, tag.name))
    return made


def ensure(project: Project, tag: Tag) -> None:
    """Make the release of a version, and its tag, as far as they are not there."""
    try:
        project.releases.get(tag.name)
    except gitlab.GitlabGetError as error:
        if error.response_code != HTTPStatus.NOT_FOUND:
            raise
    else:
        return
    blob, here = f"{os.environ.get(PROJECT_URL)}/-/blob/{tag.name}", this_project()
    links = [{"name": Path(path).name, "url": f"{blob}/{here.path(path)}"} for path in LINKED]
    shown = {"assets": {"links": links}} if PROJECT_URL in os.environ else {}
    project.releases.create({
        "tag_name": tag.name, "tag_message": message_of(tag), "ref": find(tag.object).commit,
        "name": tag.name, "description": description(tag), **shown,
    })  # fmt: skip


def description(tag: Tag) -> str:
    """Return the text of a release: what the report says, the model's card, what was published."""
    published, notes = without_release_notes(message_of(tag))
    listed = f"## What was published\n\n```\n{published}\n```\n"
    return "\n\n".join([*([notes] if notes else []), find(tag.object).text(CARD).rstrip(), listed])
