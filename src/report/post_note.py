"""Put a note on the merge request of this pipeline; whatever happens, exit status 0."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from src.base.command import run
from src.report.gitlab_note import Target, post
from src.repository.gitlab_api import TOKEN, URL
from src.repository.project import this_project

PROJECT, REQUEST = "CI_MERGE_REQUEST_PROJECT_ID", "CI_MERGE_REQUEST_IID"
"""GitLab sets these; the project is the merge request's, also where the branch is a fork's."""


@dataclass(frozen=True)
class Arguments:
    """The note's text, beside which the page lies."""

    note: Path


def main(arguments: Arguments) -> None:
    """Post the note and print what happened."""
    print(post_note(arguments.note, os.environ))


def post_note(path: Path, environment: Mapping[str, str]) -> str:
    """Post the note where the environment says; return a sentence that says what happened."""
    if not environment.get(TOKEN):
        return f"No note: {TOKEN} is not set. The report is in the job's artifacts all the same."
    missing = [name for name in (URL, PROJECT, REQUEST) if not environment.get(name)]
    if missing:
        return f"No note: {', '.join(missing)} not set; this is no merge-request pipeline."
    if not path.is_file():
        return f"No note: {path} is missing. Make it with `make report`."
    target = Target(
        environment[URL], environment[TOKEN], environment[PROJECT], environment[REQUEST]
    )
    project = this_project()
    text = path.read_text(encoding="utf-8")
    job, page = environment.get("CI_JOB_URL"), ""
    if job:
        page = f"{job}/artifacts/file/{project.path(path.with_name('index.html'))}"
        text += f"\n[The whole report]({page})\n"
    pictures = sorted(path.with_name("pictures").glob("*.png"))
    return post(target, text, pictures, page=page, model=project.label)


if __name__ == "__main__":
    run(main, Arguments)
