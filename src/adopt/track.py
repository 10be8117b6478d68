"""Where the raw table stands, and how it comes there under DVC's eyes."""

from __future__ import annotations

import glob
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from src.base.errors import InputError
from src.base.files import md5
from src.repository.commands import output
from src.tables.formats import ending
from src.tables.parts import parts_of

RAW = Path("data/raw")

SCHEMES = (
    "azure", "gs", "hdfs", "http", "https", "oss", "remote", "s3", "ssh", "webdav", "webdavs",
    "webhdfs",
)  # fmt: skip
"""What DVC imports files from."""


def destination(table: str) -> Path:
    """Return where a table will stand: a name that needs no quotes in a command.

    A folder keeps its name; what a pattern finds gets that of the folder that it is in.

    Raises
    ------
    InputError
        Its name has the ending of no known format.
    """
    path = unquote(urlsplit(table).path) if "://" in table else table
    here = "://" not in table
    if here and glob.has_magic(path) and not Path(path).exists():
        path = str(Path(path).parent)
        if glob.has_magic(path):
            raise InputError(
                f"{table}: only the name of the files may be a pattern, not that of their folder. "
                "Put the parts side by side."
            )
    suffix = "" if here and Path(path).is_dir() else ending(path)
    name = Path(path).resolve().name
    stem = name[: len(name) - len(suffix)]
    return RAW / (re.sub(r"[^A-Za-z0-9._-]+", "_", stem).strip("._-") + suffix)


def require_address(source: str) -> None:
    """Refuse an address that DVC imports nothing from, or that would make a secret known.

    Raises
    ------
    InputError
        Does not repeat the address.
    """
    scheme, is_address, _ = source.partition("://")
    if is_address and scheme not in SCHEMES:
        raise InputError(
            f"{scheme}:// is no address of a file ({', '.join(SCHEMES)}). If it is a database, say "
            "what it is asked: QUERY=file.sql."
        )
    if is_address and urlsplit(source).password:
        raise InputError(
            f"the {scheme}:// address holds a password, which would be written into a .dvc file. "
            "Leave it out: `dvc remote modify --local` keeps it for TABLE=remote://name/path."
        )


def others(table: Path) -> list[str]:
    """Return what DVC tracks for tables that were adopted before this one."""
    own = table.with_name(f"{table.name}.dvc")
    return sorted(str(path) for path in RAW.glob("*.dvc") if path != own)


def require_complete(source: str, table: Path, found: Path) -> None:
    """Refuse to put a table where files lie that it does not have: they would be lost.

    Raises
    ------
    InputError
        Names one of them.
    """
    if not table.is_dir() or table.samefile(found):
        return
    brought = {part.name for part in parts_of(found)}
    lost = sorted(file.name for file in table.iterdir() if file.name not in brought)
    if lost:
        raise InputError(
            f"{table}: holds {lost[0]}, which {source} leaves out, and would lose it. Move it, or "
            f"adopt the folder: TABLE={table}"
        )


def track(source: str, table: Path, found: Path) -> None:
    """Let DVC track the table: a copy of a local file, or what an address holds.

    ``found`` is the file that was looked at; what an address gives must still be the same.
    """
    RAW.mkdir(parents=True, exist_ok=True)
    if "://" in source:
        output("dvc", "import-url", "--force", source, table.as_posix())
        if md5(table) != md5(found):
            raise InputError(f"{source}: the table changed while it was looked at. Run it again.")
        return
    if not (table.exists() and table.samefile(found)):
        remove(table)  # it may be a link into DVC's cache
        if found.is_dir():
            table.mkdir()
        for part in parts_of(found):
            shutil.copyfile(part, table / part.name if found.is_dir() else table)
    output("dvc", "add", table.as_posix())


def remove(table: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if table.is_dir():
        shutil.rmtree(table)
    else:
        table.unlink(missing_ok=True)
