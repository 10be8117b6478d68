"""Fetch a published model without DVC: model, contract, card and feature steps, hashes checked."""

from __future__ import annotations

import re
import shutil
import urllib.request
from collections.abc import Callable
from configparser import ConfigParser
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import botocore.exceptions
import botocore.session

from src.base.command import run
from src.base.errors import InputError
from src.base.files import md5, replacing, temporary_folder
from src.release.mlflow_format import mlflow_files
from src.repository.commands import TEMPORARY, output

WANTED = ("model.skops", "schema.yaml", "README.md")
"""What a consumer needs, by the names that the tag's message gives them."""

OWN = "src.features."
"""What the dotted paths of feature steps of the repository's own begin with."""

WHEEL = ".whl"
"""What holds them, for pip."""

MESSAGE = "release.txt"
"""What a fetched folder calls the tag's message, which says of every file what it has to be."""

CONFIG = Path(".dvc/config")
_LINE = re.compile(r"^  ([0-9a-f]{32}) +(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Arguments:
    """What is fetched, and where to."""

    repository: str = field(metadata={"help": "address or folder, as of git clone"})
    version: str = field(metadata={"help": "tag, such as model-v1.0.0 or churn-model-v1.0.0"})
    folder: Path = field(metadata={"help": "where the files are put"})


def main(arguments: Arguments) -> None:
    """Fetch the version, and say what is there now."""
    files = fetch(arguments.repository, arguments.version, arguments.folder)
    print(*(f"{file}: as {arguments.version} says" for file in files), sep="\n")
    for wheel in (file for file in files if file.suffix == WHEEL):
        print(f"The model's feature steps: pip install --no-deps --force-reinstall {wheel}")


def fetch(
    repository: str, version: str, folder: Path, bring: Callable[[str, Path], None] | None = None
) -> list[Path]:
    """Read the tag by git, get the model from the storage, compare every hash with the tag.

    Beside the files the folder then has the tag's message, see :func:`verify`, and what makes it a
    model in MLflow's format.

    Parameters
    ----------
    bring
        Puts the object of an md5 into a file; None to get it from the storage that the repository
        names, without DVC.

    Returns
    -------
    The files that the tag names, as they are in the folder.

    Raises
    ------
    InputError
        The version, its repository or its storage is not there, or a file is not what the tag says.
        Nothing was written then.
    """
    with temporary_folder(TEMPORARY, "fetch-") as temporary:
        clone, new = temporary / "clone", temporary / "files"
        advice = "Name a repository and one of its tags (`git ls-remote --tags REPOSITORY`)."
        tag = f"refs/tags/{version}"
        output("git", "clone", "--quiet", "--depth", "1", "--no-checkout", "--",
               _address(repository), str(clone), advice=advice)  # fmt: skip
        output("git", "fetch", "--quiet", "--depth", "1", "origin", f"+{tag}:{tag}", cwd=clone,
               advice=advice)  # fmt: skip
        message = output("git", "for-each-ref", "--format=%(contents)", tag, cwd=clone)
        hashes = _hashes(message, version)
        code = _code(clone, tag, hashes)
        hashes = {path: digest for path, digest in hashes.items() if path.suffix != WHEEL} | code
        (model,) = (path for path in hashes if path.name == WANTED[0])
        get = bring or _storage(_remote(repository, clone, tag, model.parents[2]))
        new.mkdir()
        for path, digest in hashes.items():
            if path.name == WANTED[0] or path in code:
                get(digest, new / path.name)
            else:
                _from_git(clone, tag, path, new / path.name)
            if (found := md5(new / path.name)) != digest:
                raise InputError(
                    f"{path}: md5 {found}, expected {digest} (the message of "
                    f"{version}). Nothing was written. Tell who published it."
                )
        (new / MESSAGE).write_text(f"{message}\n", encoding="utf-8", errors="surrogateescape")
        wheel = next((new / path.name for path in code), None)
        for name, content in mlflow_files(new, wheel).items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(content)
        _put(new, folder)
    return [folder / path.name for path in hashes]


def _put(new: Path, folder: Path) -> None:
    """Move all files of a folder into another, the tag's message last: who sees it sees them."""
    names = sorted((path.name for path in new.iterdir()), key=lambda name: (name == MESSAGE, name))
    with replacing(*(folder / name for name in names)) as places:
        for name, place in zip(names, places, strict=True):
            shutil.move(new / name, place)


def verify(folder: Path) -> str:
    """Compare the files of a fetched folder with the tag's message beside them.

    Returns
    -------
    The version.

    Raises
    ------
    InputError
        A file is missing, or is not what the message says.
    """
    again = "Fetch it again with `python -m src.release.fetch REPOSITORY VERSION FOLDER`."
    path = folder / MESSAGE
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected a fetched model. {again}")
    message = path.read_text(encoding="utf-8", errors="surrogateescape")
    version = message.partition("\n")[0].strip()
    for listed, digest in _hashes(message, version).items():
        file = folder / listed.name
        if file.suffix == WHEEL and not file.exists():
            continue  # the model needs no steps of its own
        found = md5(file) if file.is_file() else "none"
        if found != digest:
            raise InputError(f"{file}: md5 {found}, expected {digest} ({path}). {again}")
    return version


def _address(repository: str) -> str:
    return Path(repository).absolute().as_uri() if Path(repository).exists() else repository


def _hashes(message: str, version: str) -> dict[Path, str]:
    """Return the md5 of each wanted file by its path, from a tag's message."""
    found = {Path(path): digest for digest, path in _LINE.findall(message)}
    wanted = {path: digest for path, digest in found.items()
              if path.name in WANTED or path.suffix == WHEEL}  # fmt: skip
    if missing := set(WANTED) - {path.name for path in wanted}:
        raise InputError(
            f"{version}: its message has no hash of {', '.join(sorted(missing))}, expected a tag "
            "that `make publish` has made. Use `dvc get` for others."
        )
    return wanted


def _code(clone: Path, tag: str, hashes: dict[Path, str]) -> dict[Path, str]:
    """Return the wheel of the repository's own feature steps, where the model's card names one."""
    (card,) = (path for path in hashes if path.name == WANTED[2])
    if OWN not in output("git", "show", f"{tag}:{card.as_posix()}", cwd=clone):
        return {}
    found = {path: digest for path, digest in hashes.items() if path.suffix == WHEEL}
    if not found:
        raise InputError(
            f"{tag}: its model has feature steps of its own, and the tag's message names no "
            f"{WHEEL} with them. Clone the repository and use `python -m src.predict`."
        )
    return found


def _from_git(clone: Path, tag: str, path: Path, file: Path) -> None:
    output("git", "checkout", tag, "--", path.as_posix(), cwd=clone)
    shutil.copy(clone / path, file)


def _remote(repository: str, clone: Path, tag: str, project: Path) -> dict[str, str]:
    """Return DVC's default remote as the repository has it now: the storage may have moved.

    Where the project itself has moved since, it is what the tag has.
    """
    config = project / CONFIG
    has = output("git", "ls-tree", "--name-only", "HEAD", "--", str(config), cwd=clone)
    parser = ConfigParser(interpolation=None)
    parser.read_string(output("git", "show", f"{'HEAD' if has else tag}:{config}", cwd=clone))
    parser.read(Path(repository) / f"{config}.local", encoding="utf-8")
    name = parser.get("core", "remote", fallback="")
    section = f"'remote \"{name}\"'"
    if not parser.has_option(section, "url"):
        raise InputError(f"{repository}: {config} names no default remote.")
    remote = dict(parser[section])
    if "://" not in remote["url"] and not Path(remote["url"]).is_absolute():
        remote["url"] = str((Path(repository) / config.parent / remote["url"]).resolve())
    return remote


def _storage(remote: dict[str, str]) -> Callable[[str, Path], None]:
    """Return what gets the object of an md5 from a remote into a file."""
    url = remote["url"].rstrip("/")
    parts = urlsplit(url)
    if parts.scheme == "":
        return lambda digest, file: _copy(Path(url, _key(digest)), file)
    if parts.scheme in ("http", "https"):
        return lambda digest, file: _download(f"{url}/{_key(digest)}", file)
    if parts.scheme == "s3":
        prefix = f"{parts.path.strip('/')}/".lstrip("/")
        return lambda digest, file: _get(remote, parts.netloc, f"{prefix}{_key(digest)}", file)
    raise InputError(f"{url}: only folders, s3:// and https:// are read here. Use `dvc get`.")


def _key(digest: str) -> str:
    """Return how DVC calls an object in a storage."""
    return f"files/md5/{digest[:2]}/{digest[2:]}"


def _copy(source: Path, file: Path) -> None:
    if not source.is_file():
        raise InputError(f"{source}: no such object. Was it pushed?")
    shutil.copy(source, file)


def _download(url: str, file: Path) -> None:
    try:
        with urllib.request.urlopen(url) as answer, file.open("wb") as stream:  # noqa: S310 - only http and https reach this
            shutil.copyfileobj(answer, stream)
    except OSError as error:
        raise InputError(f"{url}: {error}.") from None


def _get(remote: dict[str, str], bucket: str, key: str, file: Path) -> None:
    session = botocore.session.Session(profile=remote.get("profile"))
    endpoint, region = remote.get("endpointurl"), remote.get("region")
    try:
        client = session.create_client("s3", endpoint_url=endpoint, region_name=region)
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
        with file.open("wb") as stream:
            shutil.copyfileobj(body, stream)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise InputError(f"s3://{bucket}/{key}: {error}. Check address and keys.") from None


if __name__ == "__main__":
    run(main, Arguments)
