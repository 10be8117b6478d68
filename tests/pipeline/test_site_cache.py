"""What DVC reads from its site cache it unpickles (CVE-2025-69872): nobody else may write there."""

import os
import pickle
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.clone import Clone


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


def plant(folder: Path, mark: Path) -> int:
    """Put a key and values that run a command into every cache below a folder."""
    planted = 0
    for database in folder.rglob("cache.db"):
        with sqlite3.connect(database) as connection:
            harmful = pickle.dumps(Payload(mark))
            connection.execute("UPDATE Cache SET mode = 4, filename = NULL, value = ?", (harmful,))
            planted += connection.execute(
                "INSERT INTO Cache (key, raw, store_time, mode, value) VALUES (?, 0, 0, 1, 'x')",
                (harmful,),
            ).rowcount
        connection.close()
    return planted


@pytest.mark.parametrize("how", ["make", "by hand", "by hand in a folder", "our own commands"])
def test_a_planted_cache_is_not_read(built: Clone, tmp_path: Path, how: str) -> None:
    mark, shared = tmp_path / "ran", tmp_path / "shared"
    # Where DVC would look without our settings: its own default cannot be moved by a test.
    command = ("dvc", "checkout")
    planting = {"DVC_SITE_CACHE_DIR": str(shared)}
    built.succeed(*command, **planting)
    assert plant(shared, mark) > 0
    built.run(*command, **planting)
    assert mark.exists(), "without our settings it is read"
    mark.unlink()

    built.mark_environment()
    built.succeed("make", "checkout")
    with (built.folder / ".dvc/config.local").open(encoding="utf-8") as stream:
        assert f"site_cache_dir = {built.folder}/.dvc/tmp/site_cache" in stream.read()
    private = built.folder / ".dvc/tmp/site_cache"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    if how == "make":  # whatever the environment says
        built.succeed("make", "checkout", **planting)
    elif how == "our own commands":
        ours = "from src.repository.commands import call; call('dvc', 'checkout')"
        built.succeed("python", "-c", ours, **planting)
    else:
        folder = "src" if how.endswith("folder") else "."
        built.succeed("dvc", "--cd", folder, "checkout")
    assert not mark.exists()
    assert any(private.rglob("cache.db"))
    assert not (built.folder / "src/.dvc").exists()
