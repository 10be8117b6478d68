"""``dvc push`` and ``dvc pull`` of one large object against ``rclone copy``, on one S3 server.

Usage: python -m benchmarks.transfer [MEGABYTES]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.s3 import BUCKET, Server


def main() -> None:
    """Move the same file both ways with both, and print times and ratios."""
    megabytes = int(sys.argv[1]) if sys.argv[1:] else 1_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(folder / "server").start()
        try:
            _measure(folder, server, megabytes)
        finally:
            server.kill()


def _measure(folder: Path, server: Server, megabytes: int) -> None:
    project = folder / "project"
    project.mkdir()
    with (project / "big.bin").open("wb") as stream:
        for _ in range(megabytes):
            stream.write(os.urandom(1_000_000))
    environment = {**os.environ, **server.environment}

    def run(*command: str) -> float:
        start = time.perf_counter()
        subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)
        return time.perf_counter() - start

    run("git", "init", "--quiet")
    run("dvc", "init", "--quiet")
    run("dvc", "remote", "add", "--default", "storage", f"s3://{BUCKET}/dvc")
    run("dvc", "remote", "modify", "storage", "endpointurl", server.endpoint)
    run("dvc", "remote", "modify", "storage", "verify", "true")
    run("dvc", "add", "big.bin")
    flags = f"provider=Rclone,endpoint='{server.endpoint}',env_auth=true"
    remote = f":s3,{flags}:{BUCKET}/rclone"
    rclone = ("rclone", "--config", "", "--s3-no-check-bucket", "copyto")
    took = {"dvc push": run("dvc", "push"), "rclone up": run(*rclone, "big.bin", f"{remote}/big")}
    shutil.rmtree(project / ".dvc/cache")
    (project / "big.bin").unlink()
    took |= {"dvc pull": run("dvc", "pull"), "rclone down": run(*rclone, f"{remote}/big", "copy")}
    for ours, theirs in (("dvc push", "rclone up"), ("dvc pull", "rclone down")):
        print(
            f"{megabytes} MB: {ours} {took[ours]:.1f} s, {theirs} {took[theirs]:.1f} s, "
            f"ratio {took[ours] / took[theirs]:.2f}"
        )


if __name__ == "__main__":
    main()
