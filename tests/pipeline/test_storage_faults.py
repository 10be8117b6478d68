"""What goes wrong between a clone and its storage: told clearly, and fixed by a retry."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from src.repository import dvc_lock as lock
from tests.clone import Clone
from tests.guard import Guard
from tests.pipeline.storage import PUBLISH, Remote

BIG = "data/raw/big.bin"
SIZE = 64
"""MiB: long enough to be interrupted on the way."""


@pytest.fixture
def big(remote: Remote) -> Remote:
    """Return a remote whose push and pull take long enough to be interrupted."""
    clone = remote.clone
    with (clone.folder / BIG).open("wb") as stream:
        for _ in range(SIZE):
            stream.write(os.urandom(2**20))
    clone.succeed("dvc", "add", "--quiet", BIG)
    clone.commit("a big file")
    remote.pass_gate()
    return remote


def until(condition: Callable[[], object]) -> None:
    """Wait for what must come within a minute."""
    for _ in range(6_000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def arriving(folder: Path) -> Callable[[], bool]:
    """Tell whether something big has begun to arrive in a folder."""
    return lambda: any(path.stat().st_size > 2**20 for path in folder.rglob("*") if path.is_file())


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a command and its children, as a closed lid or an evicted runner would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def refused(remote: Remote, *reasons: str) -> None:
    """Publish, and see it fail with a message and without a tag."""
    before = lock.differences(lock.outputs(remote.clone.folder), remote.clone.folder)
    ran = remote.clone.run(*PUBLISH)
    assert ran.returncode == 1, ran.stdout
    for reason in reasons:
        assert reason in ran.stderr
    assert "error: " in ran.stderr
    assert "Traceback" not in ran.stderr
    assert remote.tags() == []
    assert remote.clone.status() == ""
    assert lock.differences(lock.outputs(remote.clone.folder), remote.clone.folder) == before == {}


def publishes(remote: Remote) -> None:
    """Publish with success, and pull what was published elsewhere."""
    remote.clone.succeed(*PUBLISH)
    assert remote.tags() == ["model-v1.0.0"]
    elsewhere = remote.new_clone("proof")
    elsewhere.succeed("dvc", "pull", "--quiet")
    assert lock.differences(lock.outputs(elsewhere.folder), elsewhere.folder) == {}


def test_a_server_that_dies_during_the_push(big: Remote) -> None:
    process = big.clone.start(*PUBLISH)
    until(arriving(big.server.bucket.parent))
    big.server.kill()
    assert process.wait(timeout=200) == 1
    assert big.tags() == []
    big.server.start()
    publishes(big)


def test_a_client_that_dies_during_the_push(big: Remote) -> None:
    process = big.clone.start(*PUBLISH)
    until(arriving(big.server.bucket.parent))
    kill(process)
    assert big.tags() == []
    publishes(big)


@pytest.mark.parametrize(
    ("sent", "status"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.long)],
)
def test_a_publish_that_is_ended_leaves_no_clone(
    big: Remote, sent: signal.Signals, status: int
) -> None:
    temporary = big.clone.folder / ".dvc/tmp"
    big.clone.succeed("dvc", "push", "--quiet")
    process = big.clone.start(*PUBLISH)
    until(lambda: list(temporary.glob("clone-*/clone/.dvc/config.local")))
    process.send_signal(sent)
    assert process.wait(timeout=60) == status
    assert list(temporary.glob("clone-*")) == []
    assert big.tags() == []
    publishes(big)


def test_a_client_that_dies_during_the_pull(big: Remote) -> None:
    big.clone.succeed("dvc", "push", "--quiet")
    elsewhere = big.new_clone()
    process = elsewhere.start("dvc", "pull")
    until(arriving(elsewhere.folder / ".dvc"))
    kill(process)
    elsewhere.succeed("dvc", "pull", "--quiet")
    assert lock.differences(lock.outputs(elsewhere.folder), elsewhere.folder) == {}


def test_a_disk_that_is_full_during_the_pull(big: Remote) -> None:
    big.clone.succeed("dvc", "push", "--quiet")
    elsewhere = big.new_clone()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (SIZE // 4 * 2**20, hard)
    )  # inherited: no file grows larger
    try:
        ran = elsewhere.run("dvc", "pull", ORDINARY="yes")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert ran.returncode != 0
    assert "File too large" in ran.stderr
    assert not (elsewhere.folder / BIG).exists()
    elsewhere.succeed("dvc", "pull", "--quiet")
    assert lock.differences(lock.outputs(elsewhere.folder), elsewhere.folder) == {}


def test_wrong_keys(remote: Remote) -> None:
    right = remote.clone.environment
    remote.clone.environment = {**right, "AWS_SECRET_ACCESS_KEY": "wrong"}
    refused(remote, "SignatureDoesNotMatch", "`dvc push` failed")
    remote.clone.environment = right
    publishes(remote)


@pytest.fixture
def read_only(remote: Remote) -> Iterator[Guard]:
    """Return a way to the server by which nothing can be written."""
    way = Guard(remote.server)
    yield way
    way.close()


def test_keys_that_may_only_read(remote: Remote, read_only: Guard) -> None:
    remote.clone.point_to(read_only.endpoint)
    refused(remote, "Access", "`dvc push` failed")
    assert remote.server.objects() == []
    remote.clone.point_to(remote.server.endpoint)
    publishes(remote)
    colleague = remote.new_clone("reader")
    colleague.succeed("dvc", "remote", "modify", "storage", "endpointurl", read_only.endpoint)
    colleague.succeed("dvc", "pull", "--quiet")


def test_a_bucket_that_is_not_there(remote: Remote) -> None:
    shutil.rmtree(remote.server.bucket)
    remote.server.restart()
    refused(remote, "bucket", "`dvc push` failed")
    remote.server.bucket.mkdir()
    remote.server.restart()
    publishes(remote)


def test_a_server_that_is_down(remote: Remote) -> None:
    remote.server.kill()
    refused(remote, "Could not connect to the endpoint", "`dvc push` failed")
    remote.server.start()
    publishes(remote)


def test_an_object_that_was_deleted(remote: Remote) -> None:
    remote.clone.succeed("dvc", "push", "--quiet")
    remote.object("src/models/model.skops").unlink()
    remote.server.restart()
    elsewhere = remote.new_clone()
    ran = elsewhere.run("dvc", "pull")
    assert ran.returncode != 0
    assert "src/models/model.skops" in ran.stderr
    publishes(remote)  # its push brings the object back


def test_an_object_with_one_flipped_bit(remote: Remote) -> None:
    remote.clone.succeed("dvc", "push", "--quiet")
    stored = remote.object("src/models/model.skops")
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    remote.server.restart()
    elsewhere = remote.new_clone()
    assert elsewhere.run("dvc", "pull").returncode != 0
    assert not (elsewhere.folder / "src/models/model.skops").exists()
    printed = remote.clone.succeed(*PUBLISH)
    assert "src/models/model.skops: damaged in the storage, stored again (models/files" in printed
    publishes(remote)


def test_an_object_that_is_damaged_in_the_cache(remote: Remote) -> None:
    model = "src/models/model.skops"
    content = (remote.clone.folder / model).read_bytes()
    digest = remote.object(model).relative_to(remote.server.bucket)
    cached = remote.clone.folder / ".dvc/cache" / digest
    cached.chmod(0o644)
    cached.write_bytes(content[:-1] + b"?")
    remote.clone.succeed("dvc", "push", "--quiet")
    assert remote.new_clone().run("dvc", "pull").returncode != 0
    refused(remote, f"{model}: not in cache", "with `dvc commit --force train`")
    remote.clone.succeed("dvc", "commit", "--force", "--quiet", "train")
    publishes(remote)  # what was damaged in the storage is stored again


@pytest.mark.long
def test_two_publishes_at_once(remote: Remote) -> None:
    both = [remote.clone.start(*PUBLISH) for _ in range(2)]
    ended = [process.wait(timeout=200) for process in both]
    assert set(ended) <= {0, 1}
    assert remote.tags() in ([], ["model-v1.0.0"])
    publishes(remote)


def broken(path: Path, how: str) -> None:
    """Damage a clone's model in one of the ways a storage or a person can."""
    content = path.read_bytes()
    path.unlink()  # it may be a link into the cache
    path.write_bytes(content[: len(content) // 2] if how == "truncated" else content + b"\0")


@pytest.mark.parametrize("how", ["truncated", "another"])
def test_a_model_that_is_not_the_locked_one_is_not_loaded(built: Clone, how: str) -> None:
    broken(built.folder / "src/models/model.skops", how)
    built.write("predictions.csv", "earlier")
    ran = built.run("python", "-m", "src.predict", "data/raw/breast_cancer.csv", "predictions.csv")
    assert ran.returncode == 1
    assert "src/models/model.skops: md5 " in ran.stderr
    assert "Nothing was loaded" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert built.read("predictions.csv") == "earlier"
