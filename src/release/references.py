"""Which objects the storage must keep: all that a ``dvc.lock`` or ``.dvc`` file names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from src.base.errors import InputError
from src.base.settings import parse_yaml
from src.repository.commands import output
from src.repository.project import is_release

_RECORD = re.compile(r"(^|/)(dvc\.lock|[^/]+\.dvc)$")
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")


def needed(repository: Path, *, experiments: bool) -> dict[str, str]:
    """Return the md5 of every object that the tip of a branch, tag or experiment names.

    Parameters
    ----------
    repository
        As :func:`src.repository.clone.every_revision` yields it.

    Returns
    -------
    For each md5 one of the references that need it, by its short name, releases first, whichever
    project of the repository it belongs to. What git keeps is not among them: code, and the outputs
    of ``cache: false``.

    Raises
    ------
    InputError
        A record cannot be read: what it names is unknown, so that nothing may be deleted.
    """
    found: dict[str, str] = {}
    known: dict[str, list[tuple[str, str]]] = {}
    for name, commit in _references(repository, experiments=experiments):
        tracked = _files(repository, commit)
        in_git = {*tracked, *(str(parent) for path in tracked for parent in Path(path).parents)}
        for path, blob in tracked.items():
            if not _RECORD.search(path):
                continue
            if blob not in known:
                known[blob] = _recorded(_blob(repository, blob), path, name)
            for md5, file in known[blob]:
                if _MD5.fullmatch(md5) and str(Path(path).parent / file) not in in_git:
                    found.setdefault(md5, name)
    return found


def origins(repository: Path, wanted: Iterable[str]) -> dict[str, str]:
    """Return, for those of the md5s that any commit of the history names, which file they were."""
    missing = set(wanted)
    found: dict[str, str] = {}
    if not missing:
        return found
    listed = output("git", "log", "--all", "--format=%h", "--raw", "--no-abbrev", "--no-renames",
                    "--diff-filter=AM", "-m", "--root", "--", "*.dvc", "*dvc.lock",
                    cwd=repository)  # fmt: skip
    commit, seen = "", set[str]()
    for line in listed.splitlines():
        if not line.startswith(":"):
            commit = line or commit
            continue
        about, path = line.split("\t")
        blob = about.split()[3]
        if blob in seen or not _RECORD.search(path):
            continue
        seen.add(blob)
        text = _blob(repository, blob)
        if not any(md5.encode() in text for md5 in missing):
            continue
        for item in _items(parse_yaml(text, f"{path} of {commit}")):
            md5 = str(item.get("md5"))
            if md5 in missing:
                missing.discard(md5)
                found[md5] = f"{Path(path).parent / str(item.get('path'))} of {commit}"
    return found


def _references(repository: Path, *, experiments: bool) -> Iterator[tuple[str, str]]:
    """Yield short name and commit of every reference; of several at one commit the first."""
    form = "%(refname) %(objecttype) %(objectname) %(*objecttype) %(*objectname)"
    seen: set[str] = set()
    lines = output("git", "for-each-ref", f"--format={form}", cwd=repository).splitlines()
    for line in sorted(lines, key=lambda line: not is_release(_short(line.split()[0]))):
        name, kind, commit, *peeled = line.split()
        if peeled:
            kind, commit = peeled
        if kind == "tag":  # a tag of a tag
            commit = output("git", "rev-parse", f"{commit}^{{}}", cwd=repository)
        short = _short(name)
        if commit in seen or (short.startswith("exps/") and not experiments):
            continue
        seen.add(commit)
        yield short, commit


def _short(name: str) -> str:
    """Return how people call a reference."""
    return re.sub(r"^refs/(server|this)/(heads/|tags/|remotes/)?", "", name)


def _files(repository: Path, commit: str) -> dict[str, str]:
    """Return the blob of every file of a commit by its path."""
    if output("git", "cat-file", "-t", commit, cwd=repository) == "blob":
        return {}  # what a tag can be of, too
    listed = output("git", "ls-tree", "-r", "--full-tree", "-z", commit, cwd=repository)
    pairs = (line.split("\t", 1) for line in listed.split("\0") if line)
    return {path: about.split()[2] for about, path in pairs}


def _recorded(text: bytes, path: str, name: str) -> list[tuple[str, str]]:
    """Return md5 and path of everything that a record names."""
    try:
        content = parse_yaml(text, f"{path} of {name}")
    except InputError as error:
        raise InputError(
            f"{error} What {name} needs is unknown, so that nothing was changed in the storage. "
            f"Put the file right there, or delete {name}."
        ) from None
    return [(str(item["md5"]), str(item.get("path"))) for item in _items(content)]


def _blob(repository: Path, blob: str) -> bytes:
    return output("git", "cat-file", "blob", blob, cwd=repository).encode(errors="surrogateescape")


def _items(content: object) -> Iterator[dict[str, Any]]:
    """Yield every mapping with an md5, however deep: stages, several files, imports."""
    if isinstance(content, dict):
        if "md5" in content:
            yield content
        for value in content.values():
            yield from _items(value)
    elif isinstance(content, list):
        for value in content:
            yield from _items(value)
