"""A table in parts: a folder of files of one format, one after the other in the order of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path

from src.base.errors import InputError
from src.tables.formats import FORMATS, ending

MARKS = "_"
"""What names begin with that Spark and others leave beside the parts, such as ``_SUCCESS``."""

_ROW = re.compile(r"^row (\d+)")


def parts_of(path: Path) -> list[Path]:
    """Return the files of a table: itself, or of a folder its parts in the order of their names.

    Raises
    ------
    InputError
        There is nothing, the folder holds no files, other folders, or files of several formats.
    """
    if not path.is_dir():
        if path.suffix:
            ending(path)
        if not path.is_file():
            raise InputError(
                f"{path}: no such file or folder. Fetch it with `dvc pull {path}`, or name your "
                "table in params.yaml, prepare.table."
            )
        return [path]
    found = sorted(part for part in path.iterdir() if not _is_beside(part))
    folders = [part.name for part in found if part.is_dir()]
    if folders:
        raise InputError(
            f"{path}: expected the parts of one table, found a folder in it, {folders[0]}. Put the "
            "files side by side."
        )
    if not found:
        raise InputError(f"{path}: the folder is empty. Put the parts of your table there.")
    lost = [part.name for part in found if not part.is_file()]
    if lost:
        raise InputError(
            f"{path}: {lost[0]} is a link to nothing. Remove it, or put the file there."
        )
    try:
        endings = {ending(part): part.name for part in reversed(found)}
    except InputError as error:
        raise InputError(
            f"{error} Every file of {path} is taken for a part of one table."
        ) from None
    if len(endings) > 1:
        raise InputError(
            f"{path}: expected parts of one format, found {' and '.join(sorted(endings.values()))}."
        )
    return found


def _is_beside(path: Path) -> bool:
    """Tell of a hidden file, and of a mark, which has the ending of no format."""
    known = any(path.name.lower().endswith(suffix) for suffix in FORMATS)
    return path.name.startswith(".") or (path.name.startswith(MARKS) and not known)


def require_columns(part: Path, names: Sequence[str], first: Path, wanted: Sequence[str]) -> None:
    """Refuse a part whose columns are not those of the first, in whatever order.

    Raises
    ------
    InputError
        Names what it lacks and what it has besides.
    """
    missing = [name for name in wanted if name not in names]
    added = [name for name in names if name not in wanted]
    if missing or added:
        lacks = [f"lacks {', '.join(missing)}"] if missing else []
        has = [f"has {', '.join(added)} besides"] if added else []
        raise InputError(
            f"{part}: {' and '.join(lacks + has)}, compared with {first.name}. Give all parts of a "
            "table the same columns."
        )


def named(example: str, parts: Iterable[tuple[str, int]]) -> str:
    """Say of an example which part its row is in.

    Parameters
    ----------
    example
        ``row 7: 'x'``, counted over all parts.
    parts
        Name and number of rows of each.
    """
    known = _ROW.match(example)
    listed = list(parts)
    if known is None or len(listed) < 2:
        return example
    row, ends = int(known[1]), list(accumulate(rows for _, rows in listed))
    for (name, rows), end in zip(listed, ends, strict=True):
        if row <= end:
            return f"{name} row {row - end + rows}{example[known.end() :]}"
    return example
