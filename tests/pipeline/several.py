"""Two models in one repository, whose storage is a real S3 server."""

from __future__ import annotations

from pathlib import Path

from tests.clone import Clone
from tests.pipeline.storage import Remote, pass_gate

MODELS = ("diagnosis", "churn")


class Several(Remote):
    """The clone with both models, its server, and clones of it elsewhere."""

    def __init__(self, folder: Path) -> None:
        """Start the server of a state, see ``tests/conftest.py``."""
        super().__init__(folder)
        venv = folder / "venv"
        self.clone.environment["VENV"] = str(venv)
        self.model("churn").mark_environment(venv)

    def model(self, name: str, clone: Clone | None = None) -> Clone:
        """Return one of the models, in the first clone or another."""
        whole = clone or self.clone
        made = Clone(whole.folder / name)
        made.environment = whole.environment
        return made

    def pass_gate(self) -> None:
        """Write what gates that have passed write."""
        for name in MODELS:
            pass_gate(self.model(name))

    def server_tags(self) -> set[str]:
        """Return the tags that the shared repository has."""
        return set(self.clone.succeed("git", "-C", "../shared.git", "tag", "--list").split())
