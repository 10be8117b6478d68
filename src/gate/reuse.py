"""How often the test set has decided: each decision fits the models to it a bit."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from src.gate.decision import GateCheck, Reuse
from src.gate.settings import Gate
from src.repository.commands import attempt
from src.repository.project import ROOT, this_project
from src.repository.revisions import EARLIER_DETAILS, is_shallow


def check_reuse(path: Path, details: Mapping[str, Any], settings: Gate) -> tuple[Reuse, GateCheck]:
    """Count the earlier decisions on the test set that the details name; many of them warn."""
    test = details.get("test")
    test_hash = test.get("hash") if isinstance(test, Mapping) else None
    limit = settings.test_set_reuse.limit
    name = "test_set_reuse"
    if not isinstance(test_hash, str):
        reason = f"{path} does not name its test set. Run `dvc repro`."
        check = GateCheck(check=name, kind=name, outcome="failed", reason=reason)
        return Reuse(test_hash=None, decisions=None, limit=limit), check
    count = decisions(path, test_hash)
    least = ", at least: the clone is shallow" if is_shallow() else ""
    reason = f"Earlier decisions on this test set in the history of this branch: {count}{least}."
    if count > limit:
        reason += (
            " Its scores are too good by now: take a new test set, or raise "
            "gate.test_set_reuse.limit in params.yaml."
        )
    check = GateCheck(
        check=name, kind=name, outcome="passed", observed=count, bound=f"warns above {limit}",
        reason=reason, warning=count > limit,
    )  # fmt: skip
    return Reuse(test_hash=test_hash, decisions=count, limit=limit), check


def decisions(details: Path, test_hash: str) -> int:
    """Count the commits of the main line that changed the scores on this test set.

    Each of them, a merge in most cases, was a decision made with this test set in view.
    """
    here = this_project()
    folders = [here.folder, ROOT] if here.moved else [here.folder]
    names = (details.as_posix(), details.with_name(EARLIER_DETAILS).as_posix())
    paths = [str(folder / name) for folder in folders for name in names]
    top = (f":(top){path}" for path in paths)
    log = attempt("git", "log", "--first-parent", "--format=%H", "--", *top) or b""
    commits = log.decode().split()
    if not commits:
        return 0
    queries = "".join(f"{commit}:{path}\n" for commit in commits for path in paths)
    with tempfile.TemporaryFile("w+b") as written:
        subprocess.run(
            ["git", "cat-file", "--batch"],  # noqa: S607 - the user's own git
            input=queries.encode(), stdout=written, check=True,
        )  # fmt: skip
        written.seek(0)
        count = 0
        for _ in commits:
            count += test_hash in [_hash_of(_blob(written)) for _ in paths]
    return count


def _blob(written: IO[bytes]) -> bytes:
    """Read the next file that git wrote; empty where the commit has none."""
    header = written.readline().split()
    if len(header) != 3:
        return b""
    content = written.read(int(header[2]))
    written.read(1)
    return content


def _hash_of(content: bytes) -> object:
    """Return the hash of the test set that a file of details names, if it is one."""
    try:
        return json.loads(content)["test"]["hash"]
    except (ValueError, KeyError, TypeError):
        return None
