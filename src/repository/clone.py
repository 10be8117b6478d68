"""Repositories of our own, deleted after use: one revision to build, or every revision to read."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

from src.base.errors import InputError
from src.base.files import temporary_folder
from src.repository.commands import TEMPORARY, output
from src.repository.project import folder_at, this_project
from src.repository.server import Server

LOCAL = Path(".dvc/config.local")
"""Where DVC keeps what is not for git: credentials, a remote of one's own."""


@contextlib.contextmanager
def temporary_clone(revision: str, cache: Path | None = None) -> Iterator[Path]:
    """Yield the project's folder in a clone of ``revision``; it is deleted afterwards.

    Its cache is empty, even where the user shares one between projects, so that what it pulls can
    come from the remote only; or it is the folder ``cache``.
    """
    name, url = default_remote()
    with temporary_folder(TEMPORARY, "clone-") as folder:
        clone = (folder / "clone").absolute()
        root = str(this_project().root)
        output("git", "clone", "--quiet", "--shared", "--no-checkout", root, str(clone))
        output("git", "checkout", "--quiet", "--detach", revision, cwd=clone)
        project = clone / folder_at(revision)
        if LOCAL.is_file():
            shutil.copy(LOCAL, project / LOCAL)
        configure(project / LOCAL, {
            "cache": {"dir": str(cache or project / ".dvc/cache")},
            f'\'remote "{name}"\'': {"url": url},
        })  # fmt: skip
        yield project


def configure(path: Path, sections: dict[str, dict[str, str]]) -> None:
    """Set values in one of DVC's configuration files, all at once; an empty one is deleted."""
    parser = ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    for section, values in sections.items():
        if not parser.has_section(section):
            parser.add_section(section)
        for key, value in values.items():
            if value:
                parser.set(section, key, value)
            else:
                parser.remove_option(section, key)
    path.touch(mode=0o600)  # it may hold keys
    with path.open("w", encoding="utf-8") as stream:
        parser.write(stream)


@contextlib.contextmanager
def every_revision(server: Server | None) -> Iterator[Path]:
    """Yield a bare repository with every branch, tag and DVC experiment, with full history.

    They are the server's, whatever this clone knows of them, and those that only this clone has.

    Raises
    ------
    InputError
        The server does not answer.
    """
    with temporary_folder(TEMPORARY, "revisions-") as folder:
        repository = folder / "all.git"
        form = output("git", "rev-parse", "--show-object-format")
        output("git", "init", "--quiet", "--bare", f"--object-format={form}", str(repository))
        include_settings(repository)
        output("git", "config", "core.bare", "true", cwd=repository)
        fetch = ("git", "fetch", "--quiet", "--no-tags", "--update-shallow")
        if server is not None:
            refs = [f"+refs/{kind}/*:refs/server/{kind}/*" for kind in ("heads", "tags", "exps")]
            output(*fetch, server.url, *refs, cwd=repository, advice=server.ADVICE)
        here = [f"+refs/{kind}/*:refs/this/{kind}/*" for kind in
                ("heads", "tags", "exps", "remotes")]  # fmt: skip
        if server is not None:  # what this clone remembers of it may be long gone
            here.append(f"^refs/remotes/{server.name}/*")
        output(*fetch, str(this_project().root), "+HEAD:refs/this/HEAD", *here, cwd=repository)
        yield repository


def include_settings(repository: Path) -> None:
    """Let git know in another repository what is set in this clone.

    Credential helpers and certificates are set there; of a clone only its own is read.
    """
    config = Path(output("git", "rev-parse", "--git-common-dir")).absolute() / "config"
    output("git", "config", "include.path", str(config), cwd=repository)


def default_remote() -> tuple[str, str]:
    """Return the name and the address of the remote that DVC pushes to.

    Raises
    ------
    InputError
        There is no default remote.
    """
    for line in output("dvc", "remote", "list").splitlines():
        if line.endswith("(default)"):
            name, url = line.removesuffix("(default)").split(maxsplit=1)
            return name, url.strip()
    raise InputError(
        ".dvc/config: no default remote. Set one with `make remote URL=s3://bucket/path`."
    )
