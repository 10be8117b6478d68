"""Open one issue on an alarm, or update it in place; of no alarm an open issue is told, too.

Exit status: 0 where GitLab knows, 1 where an alarm could not be told.

References
----------
GitLab, "Issues API".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gitlab.v4.objects import Project

from src.base.command import run
from src.base.errors import InputError
from src.repository.gitlab_api import (
    PATIENCE,
    PROJECT,
    TIMEOUT,
    TOKEN,
    URL,
    Account,
    connected,
    owner,
)
from src.repository.project import this_project

MARKER = "<!-- model monitor -->"
"""First line of the description, which GitLab does not show: by it the issue is found again."""

TITLE = "The model in use needs a look"
LABEL = "model-monitor"

JOB = "CI_JOB_URL"
"""GitLab sets it."""

ALARM = "MONITOR_ALARM=yes"
"""Stands in ``monitor.env`` after an alarm."""

ADVICE = {
    403: "the token may not write issues here. It needs the scope api and the role Reporter.",
    404: "the token's owner does not see this project. Make it a token of this project.",
}
"""What fixes an answer of GitLab's."""


@dataclass(frozen=True)
class Arguments:
    """Where ``python -m src.monitor`` has written to."""

    folder: Path


def main(arguments: Arguments) -> int:
    """Tell GitLab, and print what happened."""
    variables = _read(arguments.folder / "monitor.env")
    text = _read(arguments.folder / "issue.md")
    alarm = ALARM in variables.split()
    try:
        said = text + _link(arguments.folder)
        print(tell(said, os.environ, alarm=alarm, model=this_project().label))
    except InputError as error:
        print(f"No issue: {error}")
        return int(alarm)
    return 0


def _link(folder: Path) -> str:
    """Return what leads to the page, where a job has made it."""
    job = os.environ.get(JOB)
    address = f"{job}/artifacts/file/{folder.as_posix()}/index.html"
    return f"\n[The whole page]({address})\n" if job else ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Make it with `make monitor BATCH=…`.") from None


def tell(
    text: str,
    environment: Mapping[str, str],
    *,
    alarm: bool,
    model: str = "",
    limits: tuple[float, int] = (TIMEOUT, PATIENCE),
) -> str:
    """Write the issue where the environment says; return a sentence that says what happened.

    Parameters
    ----------
    model
        What tells its issue from those of other models of the repository.
    limits
        Timeout and patience, see :func:`src.repository.gitlab_api.connected`.

    Raises
    ------
    InputError
        The environment does not say where, or GitLab does not take it.
    """
    missing = [name for name in (TOKEN, URL, PROJECT) if not environment.get(name)]
    if missing:
        raise InputError(f"{', '.join(missing)} not set. The page says all the same.")
    account = Account(environment[URL], environment[TOKEN], environment[PROJECT])
    with connected(account, ADVICE, *limits) as project:
        marker = f"<!-- {model}: model monitor -->" if model else MARKER
        return _write(project, marker, text, f"{TITLE}: {model}" if model else TITLE, alarm=alarm)


def _write(project: Project, marker: str, text: str, title: str, *, alarm: bool) -> str:
    """Update our open issue; without one, open it on an alarm."""
    user, description = owner(project), f"{marker}\n{text}"
    listed = project.issues.list(
        iterator=True, state="opened", author_id=user, order_by="created_at", sort="asc",
        per_page=100,
    )  # fmt: skip
    for issue in listed:
        if (issue.description or "").startswith(marker) and issue.author["id"] == user:
            issue.description = description
            issue.save()
            return f"Issue {issue.iid} updated."
    if not alarm:
        return "No alarm, and no issue is open."
    made = project.issues.create({"title": title, "description": description, "labels": LABEL})
    return f"Issue {made.iid} opened."


if __name__ == "__main__":
    run(main, Arguments)
