"""A clone that keeps its data in a real S3 server."""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path

from src.base.files import sha256
from src.gate.decision import Decision, GateCheck, Reuse, write_decision
from tests.clone import Clone
from tools.s3 import Server

CLEAN = ("python", "-m", "src.release.clean_storage")
APPLY = (*CLEAN, "--apply")
OUTSIDE_CI = {"CI": ""}
PUBLISH = ("python", "-m", "src.release.publish", "metrics/gate.json", "metrics/details.json")


class Remote:
    """A built clone, its server, and clones of it elsewhere."""

    def __init__(self, folder: Path) -> None:
        """Start the server of a state, see ``tests/pipeline/conftest.py``."""
        self.elsewhere = folder
        self.server = Server(folder / "server").start()
        self.clone = Clone(folder / "clone")
        # An address in .dvc/config would be that of another test's server.
        self.clone.environment = {
            **self.server.environment, "AWS_ENDPOINT_URL": self.server.endpoint,
            "AWS_MAX_ATTEMPTS": "1",  # who is down here stays down
        }  # fmt: skip
        self.pass_gate()

    def pass_gate(self) -> None:
        """Write what a gate that has passed writes."""
        pass_gate(self.clone)

    def new_clone(self, name: str = "elsewhere") -> Clone:
        """Clone the repository into an empty folder, as a colleague would."""
        folder = self.elsewhere / name
        self.clone.succeed("git", "clone", "--quiet", ".", str(folder))
        clone = Clone(folder)
        clone.environment = self.clone.environment
        return clone

    def share(self) -> Path:
        """Push the clone to a bare repository that several people work with; return it."""
        bare = self.elsewhere / "shared.git"
        self.clone.succeed("git", "init", "--quiet", "--bare", "-b", "main", str(bare))
        self.clone.succeed("git", "remote", "add", "origin", str(bare))
        self.clone.succeed("git", "push", "--quiet", "--set-upstream", "--tags", "origin", "main")
        return bare

    def colleague(self, name: str, *options: str) -> Clone:
        """Clone the shared repository, with options of ``git clone``."""
        folder = self.elsewhere / name
        address = f"file://{self.elsewhere / 'shared.git'}"
        self.clone.succeed("git", "clone", "--quiet", *options, address, str(folder))
        clone = Clone(folder)
        clone.environment = self.clone.environment
        return clone

    def colleague_with_data(self, name: str) -> Clone:
        """Return a clone whose files are all there, and whose cache holds nothing older."""
        clone = self.new_clone(name)
        clone.succeed("dvc", "pull", "--quiet")
        return clone

    def older_object(self, path: str, revision: str) -> Path:
        """Return the file in which the server keeps an output of another revision."""
        lock = self.clone.succeed("git", "show", f"{revision}:dvc.lock")
        found = re.search(rf"path: {re.escape(path)}\n\s+hash: md5\n\s+md5: (\w+)", lock)
        assert found is not None
        return self.server.bucket / "files/md5" / found[1][:2] / found[1][2:]

    def age(self, days: float) -> None:
        """Let all objects be as old as if they had been stored that many days ago."""
        then = time.time() - days * 86_400
        for key in self.server.objects():
            os.utime(self.server.bucket / key, (then, then))
        self.server.restart()

    def tags(self) -> list[str]:
        """Return the versions that were tagged."""
        return self.clone.succeed("git", "tag", "--list", "model-v*").split()

    def object(self, path: str) -> Path:
        """Return the file in which the server keeps an output of the clone."""
        digest = hashlib.md5((self.clone.folder / path).read_bytes(), usedforsecurity=False)
        name = digest.hexdigest()
        return self.server.bucket / "files/md5" / name[:2] / name[2:]


def pass_gate(clone: Clone) -> None:
    """Write what a gate that has passed writes."""
    names = ("dvc.lock", "params.yaml", "metrics/metrics.json", "metrics/details.json")
    fine = GateCheck(check="a", kind="integrity", outcome="passed", reason="Fine.")
    decision = Decision(
        outcome="passed",
        verifies={name: sha256(clone.folder / name) for name in names},
        baseline=None,
        checks=(fine,),
        test_set_reuse=Reuse(test_hash=None, decisions=None, limit=1),
    )
    write_decision(decision, clone.folder / "metrics/gate.json")
