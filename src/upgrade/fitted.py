"""A version's file with what a team has decided, so that this is no difference to merge."""

from __future__ import annotations

import re

from src.upgrade.yaml_text import add, append, block, has, items, keys, remove

_OWN_LINES = re.compile(r"^(?:name|description) = .*$", re.MULTILINE)


def pipeline_as(text: str, base: str, own: str) -> str:
    """Return a version's ``dvc.yaml`` with the stages and metrics that the team has of its own.

    Those that it has removed are removed.

    Parameters
    ----------
    base, own
        The file as the project's version of the template has it, and as the project has it.
    """
    before, now = keys(base, "stages"), keys(own, "stages")
    for stage in now:
        if stage not in before:
            there = keys(text, "stages")
            above = [name for name in now[: now.index(stage)] if name in there]
            lines = block(own, f"stages.{stage}")
            if above:
                text = add(text, "stages", f"\n{lines}", after=above[-1])
            else:
                text = add(text, "stages", f"{lines}\n")
    for stage in set(before) - set(now):
        text = remove(text, f"stages.{stage}")
    for metric in items(own, "metrics"):
        if metric in items(base, "metrics"):
            continue
        if has(text, "metrics"):
            text = append(text, "metrics", metric)
        else:
            text = add(text, "", f"\nmetrics:\n  - {metric}", after="stages")
    return text


def named_as(text: str, _: str, own: str) -> str:
    """Return a version's ``pyproject.toml`` with the project's name and description."""
    lines = {line.split(" = ")[0]: line for line in _OWN_LINES.findall(own)}
    return _OWN_LINES.sub(lambda found: lines.get(found[0].split(" = ")[0], found[0]), text)
