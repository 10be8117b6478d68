"""Point DVC to another storage."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field

from src.base.command import run
from src.base.errors import InputError, did_you_mean
from src.repository.clone import default_remote
from src.repository.commands import attempt, output

PACKAGES = {
    "s3": "dvc-s3",
    "azure": "dvc-azure",
    "gs": "dvc-gs",
    "ssh": "dvc-ssh",
    "webdav": "dvc-webdav",
    "webdavs": "dvc-webdav",
    "hdfs": "dvc-hdfs",
    "oss": "dvc-oss",
    "gdrive": "dvc-gdrive",
}
"""The package that each kind of address needs; a folder needs none."""


@dataclass(frozen=True)
class Arguments:
    """The new storage."""

    url: str = field(metadata={"help": "s3://bucket/path, azure://…, gs://…, ssh://…, a folder"})
    endpoint: str = field(default="", metadata={"help": "https:// address of an S3 server"})


def main(arguments: Arguments) -> None:
    """Change .dvc/config, or say which package is missing."""
    require_package(arguments.url)
    name, _ = default_remote()
    attempt("dvc", "remote", "modify", "--unset", name, "endpointurl")  # of the storage before
    output("dvc", "remote", "modify", name, "url", arguments.url)
    if arguments.endpoint:
        output("dvc", "remote", "modify", name, "endpointurl", arguments.endpoint)
    print(f"{name}: {arguments.url}. Fill it with `dvc push` and commit .dvc/config.")


def require_package(url: str) -> None:
    """Refuse an address whose package is not installed.

    Raises
    ------
    InputError
        Names the package and how to add it, so that the locks keep it.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        return
    if scheme not in PACKAGES:
        raise InputError(
            f"{url}: DVC knows no storage {scheme}://{did_you_mean(scheme, PACKAGES)} Known are "
            f"{', '.join(f'{known}://' for known in PACKAGES)} and folders."
        )
    package = PACKAGES[scheme]
    if importlib.util.find_spec(package.replace("-", "_")) is None:
        raise InputError(
            f"{url}: {scheme}:// needs the package {package}, which is not in requirements.lock. "
            f'Add `"{package}",` to dependencies in pyproject.toml, run `make lock`, then this '
            "again, and commit the locks with .dvc/config."
        )


if __name__ == "__main__":
    run(main, Arguments)
