"""Put a note on the merge request of this pipeline; never fail.

Usage: python -m src.note TEXT
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from src.note.post import Target, post

TOKEN = "GITLAB_NOTE_TOKEN"  # noqa: S105 - the variable's name
URL, PROJECT, REQUEST = "CI_SERVER_URL", "CI_MERGE_REQUEST_PROJECT_ID", "CI_MERGE_REQUEST_IID"
"""GitLab sets these; the project is the merge request's, also where the branch is a fork's."""

TIMEOUT, PATIENCE = 20.0, 30.0


def main() -> None:
    """Post the note and print what happened; the exit status is 0 whatever it is."""
    print(_main(Path(sys.argv[1]), os.environ))


def _main(path: Path, environment: Mapping[str, str]) -> str:
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
    text = path.read_text(encoding="utf-8")
    job = environment.get("CI_JOB_URL")
    if job:
        page = path.with_name("index.html").as_posix()
        text += f"\n[The whole report]({job}/artifacts/file/{page})\n"
    return post(target, text, TIMEOUT, PATIENCE)


if __name__ == "__main__":
    main()
