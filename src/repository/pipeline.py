"""The stages of dvc.yaml: what is built from files, and what a server was asked."""

from __future__ import annotations

from pathlib import Path

from src.base.settings import read_yaml

PIPELINE = Path("dvc.yaml")

QUERY = "query"
"""How the names of stages begin that ask a server: its answer cannot be built again."""


def stages() -> list[str]:
    """Return the names of all stages."""
    return [str(name) for name in read_yaml(PIPELINE)["stages"]]


def queries() -> list[str]:
    """Return the names of the stages that ask a server; `make refresh` runs them."""
    return [name for name in stages() if name.startswith(QUERY)]
