"""Enter a release into GitLab's model registry; without a token for it, into its package registry.

What was published stays so, whatever happens here. Everything can be repeated: what is there is
compared, what is missing is added, nothing is entered twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gitlab.v4.objects import Project

from src.base.command import run
from src.base.errors import InputError
from src.base.files import temporary_folder
from src.base.settings import PARAMS, parse_yaml
from src.release import gitlab_release, registry
from src.release.fetch import fetch
from src.release.models import learn_releases
from src.release.tag import existing
from src.repository.cache import bring
from src.repository.changes import flatten
from src.repository.commands import TEMPORARY, output
from src.repository.gitlab_api import PROJECT, URL, Account, connected, job_account
from src.repository.project import this_project
from src.repository.revisions import Revision, find, releases

REGISTRY_TOKEN = "GITLAB_REGISTRY_TOKEN"  # noqa: S105 - the variable's name
"""The variable with the token that may write to the model registry: role Developer, scope api."""

JOB = "CI_JOB_ID"

PATIENCE = 600.0
"""Seconds to wait for an answer: GitLab moves an upload to its storage before it gives one."""

NO_REGISTRY = (
    f"{REGISTRY_TOKEN} sees no model registry: the project has it switched off, or the token is "
    "another project's."
)
ROLE = f"{REGISTRY_TOKEN} needs the scope api and the role Developer in this project."
ADVICE = {401: f"the token is unknown, has expired or may not. {ROLE}", 403: ROLE}
WRITER_ADVICE = {
    403: "who started this pipeline may not write packages, or not the release of a protected tag. "
         "Allow it to those who may merge to the default branch (docs/gitlab.md).",
    404: "the project has no package registry. Switch it on under Settings > General > Visibility.",
}  # fmt: skip
"""What fixes an answer of GitLab's."""


@dataclass(frozen=True)
class Arguments:
    """Which version, and where it has the details of its scores."""

    details: Path
    version: str = field(default="", metadata={"help": "tag; without it the newest"})


def main(arguments: Arguments) -> None:
    """Fetch the version, every file compared with its tag, and register what has come."""
    token, job = registry_account(os.environ), job_account(os.environ)
    writer = job or (token and replace(token, sent="private_token"))
    if writer is None:
        raise InputError(
            f"there is no token: a job of GitLab's has one; elsewhere set {URL}, {PROJECT} (the "
            f"project's number) and {REGISTRY_TOKEN}."
        )
    learn_releases()
    version = arguments.version or next(iter(releases()), "")
    if not version:
        raise InputError("no model is published. Publish one with `make publish`.")
    try:
        print(register(version, arguments.details, token, writer))
    except InputError as error:
        raise InputError(
            f"{error} {version} is published all the same, but it is not registered, or not all of "
            f"it. Run `make register VERSION={version}`; in CI retry this job."
        ) from None


def registry_account(environment: Mapping[str, str]) -> Account | None:
    """Return the project as who may write to its model registry; None without such a token."""
    url, token, project = (environment.get(name, "") for name in (URL, REGISTRY_TOKEN, PROJECT))
    if not (url and token and project):
        return None
    return Account(url, token, project, variable=REGISTRY_TOKEN, sent="oauth_token")


def register(version: str, details: Path, token: Account | None, writer: Account) -> str:
    """Register a version; return a sentence that says where it is.

    Parameters
    ----------
    token
        Who writes to the model registry; None: a package instead.
    writer
        Who writes packages and releases. A job's own token may link from the release of a protected
        tag, which a Developer's may not.

    Raises
    ------
    InputError
        The version cannot be fetched, or GitLab does not take it.
    """
    revision, name = find(version), this_project().tag_prefix.removesuffix("-v")
    number, page = version.removeprefix(f"{name}-v"), None
    with temporary_folder(TEMPORARY, "register-") as temporary:
        folder = temporary / "files"
        found = fetch(str(this_project().root), version, folder, bring)
        named = [path.name for path in found]
        if token is not None:
            described = _described(revision, details, name, number, folder)
            with connected(token, ADVICE, PATIENCE) as project:
                page = registry.register(project.manager.gitlab, token.project, described, folder)
        with connected(writer, WRITER_ADVICE, PATIENCE) as project:
            if page is not None:
                _link(project, version, {f"Model registry: {name} {number}": page}, "other")
                return f"{version} is in the model registry: {page}"
            address = f"/projects/{writer.project}/packages/generic/{name}/{number}"
            registry.upload(project.manager.gitlab, address, folder)
            api = f"{writer.url.rstrip('/')}/api/v4{address}"
            _link(project, version, {file: f"{api}/{file}" for file in named}, "package")
    why = f" {NO_REGISTRY}" if token else ""
    return f"{version} is the package {name} {number}, linked from its release.{why}"


def _described(
    revision: Revision, details: Path, name: str, number: str, folder: Path
) -> registry.ModelVersion:
    """Gather what the model registry says of a version."""
    params = parse_yaml(revision.text(PARAMS), f"{PARAMS} of {revision.name}")
    seconds = output("git", "for-each-ref", "--format=%(creatordate:unix)",
                     f"refs/tags/{revision.name}")  # fmt: skip
    return registry.ModelVersion(
        name=name,
        version=number,
        card=(folder / gitlab_release.CARD.name).read_text(encoding="utf-8"),
        metrics=dict(_scores(revision.details(details)["test"])),
        parameters=dict(flatten({key: part for key, part in params.items() if key != "gate"})),
        milliseconds=1000 * int(seconds),
        job=os.environ.get(JOB, ""),
    )


def _scores(test: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> Iterator[
    tuple[str, float]
]:  # fmt: skip
    """Yield each score of the test set, and the ends of its interval."""
    for metric, bounds in test["interval"].items():
        for key, value in {metric: test[metric], f"{metric}.low": bounds["low"],
                           f"{metric}.high": bounds["high"]}.items():  # fmt: skip
            if isinstance(value, int | float):
                yield key, value


def _link(project: Project, version: str, addresses: Mapping[str, str], kind: str) -> None:
    """Link addresses from the release, which is made where nobody has."""
    gitlab_release.ensure(project, existing(version))
    links = project.releases.get(version, lazy=True).links
    known = {link.url for link in links.list(iterator=True)}
    for name, address in addresses.items():
        if address not in known:
            links.create({"name": name, "url": address, "link_type": kind})


if __name__ == "__main__":
    run(main, Arguments)
