"""How the scores differ from those of another revision."""

from __future__ import annotations

import json
from collections.abc import Iterator

from src.repository.commands import output
from src.repository.revisions import Revision

EARLIER = "test."
"""How the names of these scores began before the details had a file of their own."""


def difference(side: Revision) -> Iterator[str]:
    """Return the test set's scores against one side; DVC's own list is longer."""
    short = side.commit[:12]
    yield f"Test set against {side.name} ({short}); more: dvc metrics diff {short}"
    changed = json.loads(output("dvc", "metrics", "diff", "--json", side.commit))
    changes = {name: change for metrics in changed.values() for name, change in metrics.items()}
    scores = {name: change for name, change in sorted(changes.items())
              if "." not in name and change.get("new") is not None}  # fmt: skip
    for name, change in scores.items():
        new, old = change["new"], change.get("old") or changes.get(EARLIER + name, {}).get("old")
        moved = "" if old is None else f"  ({new - old:+.4g})"
        yield f"  {name:25} {old} → {new}{moved}"
    if not scores:
        yield "  no score has changed"
