"""DVC's cache: where it keeps an object, which objects are damaged, what brings a file back.

It may be shared with other projects.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
from pathlib import Path

from src.base.files import md5
from src.repository.clone import default_remote
from src.repository.commands import attempt, output
from src.repository.dvc_lock import Entry


def cached(digest: str) -> Path | None:
    """Return where the cache keeps an object, or would; None where there is no DVC."""
    folder = attempt("dvc", "cache", "dir")
    if folder is None:  # whoever only predicts needs none
        return None
    return Path(folder.decode().strip(), "files/md5", digest[:2], digest[2:])


def bring(digest: str, target: Path) -> None:
    """Copy an object of one file from the cache, else from DVC's remote as it is set up now.

    Raises
    ------
    InputError
        Neither has it.
    """
    place = cached(digest)
    if place is not None and place.is_file():
        shutil.copyfile(place, target)
        return
    stored = f"remote://{default_remote()[0]}/files/md5/{digest[:2]}/{digest[2:]}"
    output("dvc", "get-url", stored, str(target))


def damaged_in_cache(entry: Entry) -> list[Path]:
    """Return the cached objects of a file or folder that do not hold what their names say.

    DVC trusts an object in its cache that is write-protected: no checkout or pull replaces it.
    """
    found: list[Path] = []
    waiting = [entry.md5]
    while waiting:
        name = waiting.pop()
        file = cached(name)
        if file is None or not file.is_file():
            continue
        if md5(file) != name.removesuffix(".dir"):
            found.append(file)
        elif name.endswith(".dir"):
            with contextlib.suppress(ValueError, KeyError):
                waiting += [part["md5"] for part in json.loads(file.read_bytes())]
    return found


def remedy(entry: Entry) -> str:
    """Say which command brings a file back that is missing or is not the recorded one."""
    path = entry.path.as_posix()
    if damaged := damaged_in_cache(entry):
        # The file itself goes, too: DVC remembers it as what the object's name says.
        lost = shlex.join([*map(str, damaged), path])
        return f"Its object in the cache is damaged: `rm -rf {lost} && dvc pull {path}`"
    return f"Fetch it with `dvc pull --force {path}`"
