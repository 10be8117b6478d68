"""A clone that keeps its data in a real S3 server."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.clone import Clone
from tools.s3 import Server

PUBLISH = ("python", "-m", "src.publish", "metrics/gate.json", "metrics/metrics.json")


class Remote:
    """A built clone, its server, and clones of it elsewhere."""

    def __init__(self, clone: Clone, server: Server, elsewhere: Path) -> None:
        self.clone, self.server, self.elsewhere = clone, server, elsewhere
        clone.environment = server.environment
        clone.point_to(server.endpoint)

    def pass_gate(self) -> None:
        """Write the gate's report as a gate that has passed writes it."""
        names = ("dvc.lock", "params.yaml", "metrics/metrics.json")
        self.clone.write(
            "metrics/gate.json",
            json.dumps(
                {
                    "status": "passed",
                    "verifies": {
                        name: hashlib.sha256((self.clone.folder / name).read_bytes()).hexdigest()
                        for name in names
                    },
                }
            ),
        )

    def new_clone(self, name: str = "elsewhere") -> Clone:
        """Clone the repository into an empty folder, as a colleague would."""
        folder = self.elsewhere / name
        self.clone.succeed("git", "clone", "--quiet", ".", str(folder))
        clone = Clone(folder)
        clone.environment = self.clone.environment
        return clone

    def tags(self) -> list[str]:
        """Return the versions that were tagged."""
        return self.clone.succeed("git", "tag", "--list", "model-v*").split()

    def object(self, path: str) -> Path:
        """Return the file in which the server keeps an output of the clone."""
        digest = hashlib.md5((self.clone.folder / path).read_bytes(), usedforsecurity=False)
        name = digest.hexdigest()
        return self.server.bucket / "files/md5" / name[:2] / name[2:]
