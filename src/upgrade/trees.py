"""Trees and commits of git that no work tree has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from src.base.errors import InputError
from src.repository.commands import attempt, output
from src.repository.project import ROOT
from src.upgrade.sides import TreeFile


def _tree(commit: str, folder: PurePosixPath) -> str:
    """Return how git names a folder of a commit."""
    return commit if folder == ROOT else f"{commit}:{folder}"


def read_tree(repository: Path, commit: str, folder: PurePosixPath = ROOT) -> dict[str, TreeFile]:
    """Return the files of a commit's folder, by their path in it."""
    tree = _tree(commit, folder)
    entries = {}
    for line in filter(
        None, output("git", "ls-tree", "-r", "-z", tree, cwd=repository).split("\0")
    ):
        about, _, path = line.partition("\t")
        mode, _, blob = about.split(" ")
        entries[path] = TreeFile(mode, blob)
    return entries


def read_moved(
    repository: Path, base: str, commit: str, folder: PurePosixPath
) -> list[tuple[str, str]]:
    """Return the files of ``base`` that another commit's folder has elsewhere: old and new path."""
    tree = _tree(commit, folder)
    listed = output("git", "diff", "-z", "--name-status", "--find-renames", "--diff-filter=R",
                    "--no-rename-empty", base, tree, cwd=repository).split("\0")  # fmt: skip
    return list(zip(listed[1::3], listed[2::3], strict=True))


def read_text(repository: Path, entry: TreeFile, path: str) -> str:
    """Return the text of a file; messages name its path."""
    content = attempt("git", "cat-file", "blob", entry.blob, cwd=repository)
    if content is None:
        raise InputError(f"git has no object {entry.blob}: the clone is damaged. Clone it anew.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}).") from None


def write_text(repository: Path, text: str, mode: str) -> TreeFile:
    """Let git keep a text; return it as a file."""
    given = ("git", "hash-object", "-w", "--stdin")
    return TreeFile(mode, output(*given, cwd=repository, given=text.encode()))


def write_commit(
    repository: Path, files: Mapping[str, TreeFile], within: str, folder: PurePosixPath,
    message: str, *parents: str,
) -> str:  # fmt: skip
    """Make a commit; return its hash.

    Parameters
    ----------
    repository
        A clone whose index may be overwritten.
    files
        What the folder has.
    within
        The commit whose other files it has, too.
    """
    output("git", "read-tree", within, cwd=repository)
    if folder == ROOT:
        output("git", "read-tree", "--empty", cwd=repository)
    else:
        output("git", "rm", "-r", "--quiet", "--cached", "--", str(folder), cwd=repository)
    lines = "".join(f"{mode} {blob}\t{folder / path}\0" for path, (mode, blob) in files.items())
    output("git", "update-index", "-z", "--index-info", cwd=repository,
           given=lines.encode(errors="surrogateescape"))  # fmt: skip
    tree = output("git", "write-tree", cwd=repository)
    above = [option for parent in parents for option in ("-p", parent)]
    return output("git", "commit-tree", tree, *above, "-m", message, cwd=repository)
