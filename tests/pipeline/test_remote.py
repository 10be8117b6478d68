"""Moving to another storage: what was published comes along, or nothing is changed."""

import hashlib
import sys
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.pipeline.storage import Remote

MOVE = ("python", "-m", "src.release.remote")


@pytest.fixture
def published(two: Remote) -> Remote:
    """Return a remote with an older published model that no branch has any more, and an idea."""
    clone = two.clone
    two.share()
    clone.succeed("git", "checkout", "--quiet", "-b", "idea", "model-v1.0.0")
    clone.write("data/raw/extra.txt", "an idea")
    clone.succeed("dvc", "add", "--quiet", "data/raw/extra.txt")
    clone.commit("an idea")
    clone.succeed("dvc", "push", "--quiet", "data/raw/extra.txt.dvc")
    clone.succeed("git", "push", "--quiet", "origin", "idea")
    clone.succeed("git", "checkout", "--quiet", "main")
    clone.succeed("dvc", "checkout", "--quiet")
    return two


def test_a_long_address_is_read_as_a_whole(fresh: Clone) -> None:
    url = f"s3://bucket/{'long' * 30}"
    fresh.succeed("dvc", "remote", "modify", "storage", "url", url)
    program = "from src.repository.clone import default_remote; print(default_remote()[1])"
    assert fresh.succeed(sys.executable, "-c", program, COLUMNS="80") == f"{url}\n"


def moved(tmp_path: Path) -> list[str]:
    """Return the objects in the new storage, each of which must be what its name says."""
    place = tmp_path / "other"
    keys = sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    for key in keys:
        digest = hashlib.md5((place / key).read_bytes(), usedforsecurity=False).hexdigest()
        assert key == f"files/md5/{digest[:2]}/{digest[2:]}"
    return keys


def pulls(clone: Clone, revision: str) -> None:
    clone.succeed("git", "-c", "advice.detachedHead=false", "checkout", "--quiet", revision,
                  "--", "dvc.lock", "metrics")  # fmt: skip
    clone.succeed("dvc", "pull", "--quiet")


def test_everything_that_is_needed_comes_along(published: Remote, tmp_path: Path) -> None:
    before = published.server.objects()
    colleague = published.colleague("colleague", "--single-branch")  # with an empty cache
    printed = colleague.succeed(*MOVE, str(tmp_path / "other"))
    assert f"{len(before)} objects copied, {len(before)} read back" in printed
    assert moved(tmp_path) == before == published.server.objects()
    assert "endpointurl" not in colleague.read(".dvc/config")
    assert "verify = true" in colleague.read(".dvc/config")
    published.server.kill()
    for revision in ("model-v1.0.0", "model-v1.1.0"):
        pulls(colleague, revision)


def test_a_storage_that_is_down_changes_nothing(published: Remote, tmp_path: Path) -> None:
    colleague = published.colleague("colleague")
    before = colleague.read(".dvc/config")
    published.server.kill()
    ran = colleague.run(*MOVE, str(tmp_path / "other"))
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert colleague.read(".dvc/config") == before


def test_published_objects_that_are_lost_stop_it(published: Remote, tmp_path: Path) -> None:
    colleague = published.colleague("colleague")
    before = colleague.read(".dvc/config")
    lost = published.older_object("src/models/model.skops", "model-v1.0.0")
    lost.unlink()
    published.server.restart()
    ran = colleague.run(*MOVE, str(tmp_path / "other"))
    assert ran.returncode == 1
    assert "objects of model-v1.0.0 are neither in the storage nor in the cache" in ran.stderr
    assert colleague.read(".dvc/config") == before
    printed = colleague.succeed(*MOVE, str(tmp_path / "other"), "--missing", "leave")
    assert "1 objects were never pushed" in printed


def test_what_arrived_damaged_is_copied_again(published: Remote, tmp_path: Path) -> None:
    key = published.server.objects()[0]
    target = tmp_path / "other" / key
    target.parent.mkdir(parents=True)
    target.write_bytes(b"half")
    published.colleague("colleague").succeed(*MOVE, str(tmp_path / "other"))
    assert key in moved(tmp_path)


def test_a_new_project_moves_before_anything_is_pushed(fresh: Clone, tmp_path: Path) -> None:
    printed = fresh.succeed(*MOVE, f"{tmp_path}/../elsewhere-{tmp_path.name}")
    assert "0 objects copied" in printed
    assert f"elsewhere-{tmp_path.name}" in fresh.read(".dvc/config")


def test_a_relative_folder_is_meant_from_here(built: Clone, tmp_path: Path) -> None:
    built.succeed(*MOVE, "../other")
    assert "url = ../../other" in built.read(".dvc/config")
    built.succeed("dvc", "push", "--quiet")
    assert (tmp_path / "other/files/md5").is_dir()
