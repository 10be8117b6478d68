"""A clone that keeps its data in a real S3 server."""

from __future__ import annotations

import hashlib
from pathlib import Path

from src.base.files import sha256
from src.gate.decision import Decision, GateCheck, Reuse, write_decision
from tests.clone import Clone
from tools.s3 import Server

PUBLISH = ("python", "-m", "src.release.publish", "metrics/gate.json", "metrics/metrics.json")


class Remote:
    """A built clone, its server, and clones of it elsewhere."""

    def __init__(self, clone: Clone, server: Server, elsewhere: Path) -> None:
        self.clone, self.server, self.elsewhere = clone, server, elsewhere
        clone.environment = server.environment
        clone.point_to(server.endpoint)

    def pass_gate(self) -> None:
        """Write what a gate that has passed writes."""
        names = ("dvc.lock", "params.yaml", "metrics/metrics.json")
        fine = GateCheck(check="a", kind="integrity", outcome="passed", reason="Fine.")
        decision = Decision(
            outcome="passed",
            verifies={name: sha256(self.clone.folder / name) for name in names},
            baseline=None,
            checks=(fine,),
            test_set_reuse=Reuse(test_hash=None, decisions=None, limit=1),
        )
        write_decision(decision, self.clone.folder / "metrics/gate.json")

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
