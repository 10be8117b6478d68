"""Where predictions may be written: nowhere that git or DVC keeps something."""

from __future__ import annotations

from pathlib import Path

from src.base.errors import InputError
from src.repository.commands import attempt
from src.repository.dvc_lock import outputs

RAW = Path("data/raw")
ANOTHER = "Name another file for the predictions."


def require_free(output: Path, table: Path) -> None:
    """Refuse an output that would replace what is not a table of predictions.

    Raises
    ------
    InputError
        The output is the table itself, a folder, a symbolic link, reached by a link that leaves the
        repository, a raw table, or a file that git or DVC tracks.
    """
    if output.is_symlink() or output.is_dir():
        kind = f"a symbolic link to {output.readlink()}" if output.is_symlink() else "a folder"
        raise InputError(f"{output}: is {kind}. {ANOTHER}")
    here, place = Path.cwd(), output.resolve()
    if (output.exists() and output.samefile(table)) or place.parent == table.resolve():
        raise InputError(f"{output}: is the table itself, or a part of it. {ANOTHER}")
    if place.is_relative_to(here):
        _require_untracked(place.relative_to(here))
    elif not output.is_absolute() and ".." not in output.parts:
        raise InputError(
            f"{output}: a symbolic link leads out of the repository, to {place}. {ANOTHER}"
        )


def _require_untracked(path: Path) -> None:
    """Refuse a path, relative to the repository, where something is kept."""
    if path.is_relative_to(RAW):
        raise InputError(f"{path}: {RAW} is for raw tables. {ANOTHER}")
    if path.parts[0] in (".git", ".dvc"):
        raise InputError(f"{path}: lies in {path.parts[0]}. {ANOTHER}")
    if any(path.is_relative_to(entry.path) for entry in outputs()):
        raise InputError(f"{path}: is a file that DVC tracks. {ANOTHER}")
    if attempt("git", "ls-files", "--error-unmatch", "--", str(path)) is not None:
        raise InputError(f"{path}: is a file that git tracks. {ANOTHER}")
