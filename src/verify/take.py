"""Take what a pipeline has built of this commit, where this machine builds something else."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import gitlab
import requests

from src.base.command import run
from src.base.errors import InputError
from src.base.files import md5, replacing, temporary_folder
from src.repository.cache import cached
from src.repository.commands import TEMPORARY, attempt, call, output
from src.repository.dvc_lock import results
from src.repository.project import this_project
from src.repository.work_tree import require_clean_tree
from src.verify.patch import PATCH, commit_of

TOKEN = "GITLAB_TOKEN"  # noqa: S105 - the variable's name
TIMEOUT = 60.0
"""Seconds to wait for an answer."""

OBJECTS = "/files/md5/"
"""Where the job's artifacts have the objects of DVC's cache, which may lie anywhere."""

_JOB = re.compile(r"(https?://[^/]+)/(.+)/-/jobs/(\d+)/?")


@dataclass(frozen=True)
class Arguments:
    """The job that has built it."""

    job: str = field(metadata={"help": "address of a job `reproduce`: https://…/-/jobs/NUMBER"})


def main(arguments: Arguments) -> None:
    """Fetch the job's artifacts, change git's files by its patch, and bring data and model."""
    require_clean_tree()
    with temporary_folder(TEMPORARY, "take-") as folder:
        file = folder / "artifacts.zip"
        _download(arguments.job, file)
        try:
            with zipfile.ZipFile(file) as artifacts:
                patch = Path(artifacts.extract(this_project().path(PATCH), folder))
                _apply(patch, arguments.job)
                brought = _bring(artifacts, folder)
        except (zipfile.BadZipFile, KeyError) as error:
            raise InputError(
                f"{arguments.job}: its artifacts have no {PATCH} ({error}). Name a job `reproduce`."
            ) from None
    call("dvc", "checkout", "--quiet", advice="Fetch what is missing with `dvc pull`.")
    print(f"Taken, with {brought} objects of data and model. See it with `git diff --stat`, then "
          "commit it.")  # fmt: skip


def _download(job: str, file: Path) -> None:
    """Get the artifacts by GitLab's jobs API; a private project needs a token that may read it."""
    found = _JOB.fullmatch(job)
    if found is None:
        raise InputError(
            f"JOB: found {job!r}, expected an address https://…/-/jobs/NUMBER. The log of the job "
            "`reproduce` names it."
        )
    server, project, number = found.groups()
    client = gitlab.Gitlab(server, private_token=os.environ.get(TOKEN), timeout=TIMEOUT)
    try:
        with file.open("wb") as stream:
            built = client.projects.get(project, lazy=True).jobs.get(int(number), lazy=True)
            built.artifacts(streamed=True, action=stream.write)
    except gitlab.GitlabError as error:
        raise InputError(
            f"{job}: GitLab answered {error.response_code}: no such artifacts, or not for you. Set "
            f"{TOKEN} to a token with the scope read_api, if the project is private."
        ) from None
    except requests.RequestException as error:
        raise InputError(f"{job}: {type(error).__name__}: {error}. Try again.") from None


def _apply(patch: Path, job: str) -> None:
    """Apply the patch, if it was built from this very commit."""
    here, there = output("git", "rev-parse", "HEAD"), commit_of(patch)
    if here != there:
        raise InputError(
            f"{job}: has built {there[:12]}, but this is {here[:12]}. Run `git switch --detach "
            f"{there[:12]}`, or push this commit and take what its pipeline builds."
        )
    if attempt("git", "apply", "--numstat", str(patch)) == b"":
        raise InputError(f"{job}: has built the same bytes; there is nothing to take.")
    output("git", "apply", "--whitespace=nowarn", str(patch))


def _bring(artifacts: zipfile.ZipFile, folder: Path) -> int:
    """Put the objects that the new ``dvc.lock`` names into the cache, each compared with its name.

    Raises
    ------
    InputError
        An object is not what its name says; git's files are put back then.
    """
    brought = 0
    kept = {name.rpartition(OBJECTS)[2]: name for name in artifacts.namelist() if OBJECTS in name}
    for entry in results():
        place = cached(entry.md5)
        if place is None or place.exists():
            continue
        name = kept.get(f"{entry.md5[:2]}/{entry.md5[2:]}")
        if name is None:
            continue
        file = Path(artifacts.extract(name, folder))
        if md5(file) != entry.md5:
            output("git", "checkout", "--", ".")
            raise InputError(f"{entry.path}: the artifacts hold another file. Nothing was taken.")
        with replacing(place) as (new,):
            shutil.copy(file, new)
        brought += 1
    return brought


if __name__ == "__main__":
    run(main, Arguments)
