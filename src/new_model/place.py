"""Where a model's folder lies, and how its DVC finds the storage and the cache of all models."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

from src.base.errors import InputError
from src.repository.clone import LOCAL, configure
from src.repository.commands import site_cache
from src.repository.project import MARK, TEMPLATE, Project

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PATHS = ("url", "dir")
"""Keys of DVC's configuration that may hold a path, relative to the file's folder."""


def require_name(name: str, parent: Path) -> Path:
    """Return the folder of a model of this name.

    Raises
    ------
    InputError
        The name will not do, or something has it already.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"NAME: found {name!r}, expected small letters, digits and single hyphens, such as "
            "churn or late-payment."
        )
    if (parent / name).exists():
        raise InputError(f"{parent / name}: is there already. Choose another NAME.")
    return parent / name


def require_tag_name(name: str) -> None:
    """Refuse the template's own name: the tags would not tell which model they are of.

    Raises
    ------
    InputError
        It is that name.
    """
    if name == TEMPLATE:
        raise InputError(f"NAME: found {name!r}, expected what the model is about: its tags will "
                         "be NAME-model-v1.0.0.")  # fmt: skip


def cache_of(project: Project) -> Path:
    """Return the cache of a project, from git's root, as its ``.dvc/config`` says."""
    config = project.root / project.folder / MARK
    path = config.parent / _read(config).get("cache", "dir", fallback="cache")
    return Path(os.path.relpath(path, project.root))


def local_paths(project: Project) -> Iterator[Path]:
    """Yield the folders that a project's DVC is configured with, from git's root."""
    for name in (MARK, str(LOCAL)):
        config = project.root / project.folder / name
        for _, _, value in _relative(_read(config)):
            yield Path(os.path.relpath(config.parent / value, project.root))


def repoint(folder: Path, before: Path, cache: Path) -> None:
    """Let a project's DVC use the same storage from where it lies now, and this cache.

    What DVC keeps of a clone outside its cache stays each project's own.

    Parameters
    ----------
    before
        The folder of the project that the configuration was copied or moved from.
    """
    own = (folder / MARK).parent
    for config in (folder / MARK, folder / LOCAL):
        if config.is_file():
            sections: dict[str, dict[str, str]] = {}
            for section, key, value in _relative(_read(config)):
                path = before / own.name / value
                sections.setdefault(section, {})[key] = os.path.relpath(path, own)
            configure(config, sections)
    if _read(folder / LOCAL).has_option("core", "site_cache_dir"):
        configure(folder / LOCAL, {"core": {"site_cache_dir": str(site_cache(folder))}})
    configure(folder / MARK, {"cache": {"dir": os.path.relpath(cache, own)}})


def _read(config: Path) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.read(config, encoding="utf-8")
    return parser


def _relative(parser: ConfigParser) -> Iterator[tuple[str, str, str]]:
    """Yield section, key and value of every path that is relative."""
    for section in parser.sections():
        for key in _PATHS:
            value = parser[section].get(key, "")
            if value and "://" not in value and not Path(value).is_absolute():
                yield section, key, value
