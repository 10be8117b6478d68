"""What servers have answered to queries, on either side of a merge: it cannot be built anew."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML

from src.base.errors import InputError
from src.base.settings import parse_yaml
from src.repository.commands import attempt
from src.repository.dvc_lock import LOCK
from src.repository.pipeline import queries
from src.repository.revisions import Revision, find


def take_newer(ours: Revision, theirs: Revision) -> None:
    """Let our dvc.lock name their answer where they alone have asked since both sides parted."""
    parted = attempt("git", "merge-base", ours.commit, theirs.commit)
    if parted is None or not LOCK.exists():
        return
    base, mine, other = map(_stages, (find(parted.decode().strip()), ours, theirs))
    newer = {name: other[name] for name in queries() if name in other
             and other[name] != mine.get(name) == base.get(name)}  # fmt: skip
    if not newer:
        return
    yaml = YAML()  # as DVC writes it
    content = yaml.load(LOCK.read_text(encoding="utf-8"))
    content["stages"].update(newer)
    with LOCK.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)


def _stages(side: Revision) -> dict[str, Any]:
    try:
        content = parse_yaml(side.read(str(LOCK)) or b"{}", f"{LOCK} of {side.name}")
    except InputError:  # markers that somebody has committed
        return {}
    stages: dict[str, Any] = content.get("stages") or {}
    return stages
