"""How long publishing and cleaning take beside many versions in the storage.

Usage: python -m benchmarks.release [VERSIONS [FILES]]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import project
from tools.s3 import BUCKET, Server

GATE = (
    "src.gate", "metrics/metrics.json", "metrics/details.json", "data/prepared/predictions.parquet",
    "src/models/model.skops", "data/prepared/train.parquet", "data/prepared/test.parquet",
    "data/schema.yaml", "metrics/gate.json", "--baseline", "HEAD",
)  # fmt: skip
PUBLISH = ("src.release.publish", "metrics/gate.json", "metrics/details.json")
CLEAN = ("src.release.clean_storage", "--days", "0")
IDENTITY = {
    f"GIT_{who}_{what}": "benchmark"
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}


def main() -> None:
    """Fill a storage, publish one more version, list and delete what is not needed."""
    versions, files = (int(text) for text in (sys.argv[1:] + ["50", "20"][len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name, "server")).start()
        try:
            _measure(Path(name), server, versions, files)
        finally:
            server.kill()


def _measure(folder: Path, server: Server, versions: int, files: int) -> None:
    clone = folder / "clone"
    clone.mkdir()
    project.copy_project(clone, default=True)
    environment = {**os.environ, **server.environment, **IDENTITY, "CI": ""}

    def run(*command: str) -> float:
        start = time.perf_counter()
        subprocess.run(command, cwd=clone, env=environment, check=True, capture_output=True)
        return time.perf_counter() - start

    def python(*command: str) -> float:
        return run(sys.executable, "-m", *command)

    def version(number: int) -> None:
        for file in range(files):
            path = clone / f"data/raw/parts/{file}.txt"
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(f"version {number}, file {file}", encoding="utf-8")
        run("dvc", "add", "--quiet", "data/raw/parts")
        run("git", "add", "--all")
        run("git", "commit", "--quiet", "--message", f"version {number}")

    run("dvc", "remote", "modify", "storage", "url", f"s3://{BUCKET}")
    run("dvc", "remote", "modify", "storage", "endpointurl", server.endpoint)
    run("dvc", "repro", "--quiet")
    for number in range(versions):
        version(number)
        run("git", "tag", "--annotate", f"model-v1.{number}.0", "--message", "as published")
    run("git", "init", "--quiet", "--bare", "--initial-branch", "main", str(folder / "shared.git"))
    run("git", "remote", "add", "origin", str(folder / "shared.git"))
    run("git", "push", "--quiet", "--set-upstream", "origin", "main", "--tags")
    run("dvc", "push", "--quiet", "--all-tags")
    print(f"{len(server.objects())} objects, {versions} tags")
    version(versions)
    python(*GATE)
    print(f"publish one more version: {python(*PUBLISH):.1f} s")
    print(f"clean, nothing to delete: {python(*CLEAN, '--apply'):.1f} s")
    half = [f"model-v1.{number}.0" for number in range(versions // 2)]
    run("git", "push", "--quiet", "origin", *(f":refs/tags/{tag}" for tag in half))
    run("git", "tag", "--delete", *half)
    before = len(server.objects())
    print(f"clean, listing: {python(*CLEAN):.1f} s")
    took = python(*CLEAN, "--apply")
    print(f"clean, deleting {before - len(server.objects()) + 1} objects: {took:.1f} s")


if __name__ == "__main__":
    main()
