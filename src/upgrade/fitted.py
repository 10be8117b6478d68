"""A version's file with what a team has decided, so that this is no difference to merge."""

from __future__ import annotations

import io
import re
from textwrap import indent

from ruamel.yaml import YAML

from src.base.errors import InputError
from src.upgrade.yaml_text import add, block, keys, remove

SECTIONS = ("stages", "metrics", "plots")
"""What of ``dvc.yaml`` a team adds to and removes from; and it has others, such as ``vars``."""

_OWN_LINES = re.compile(r"^(?:name|description) = .*$", re.MULTILINE)


def pipeline_as(text: str, base: str, own: str) -> str:
    """Return a version's ``dvc.yaml`` with the stages, metrics and plots that the team has added.

    Those that it has removed are removed. Where DVC has written the file, as ``dvc remove`` and
    ``dvc stage add`` do, the version's is laid out in that way, too.

    Parameters
    ----------
    base, own
        The file as the project's version of the template has it, and as the project has it.

    Raises
    ------
    InputError
        The version has something new of the same name as the team.
    """
    if _in_common(own, _as_dvc_writes(base)) > _in_common(own, base):
        text, base = _as_dvc_writes(text), _as_dvc_writes(base)  # what the team adds stays its own
    for section in ("", *SECTIONS):
        text = _section_as(text, section, base, own)
    return text


def _as_dvc_writes(text: str) -> str:
    yaml, stream = YAML(), io.StringIO()
    yaml.dump(yaml.load(text), stream)
    return stream.getvalue()


def _in_common(one: str, other: str) -> int:
    return len({*one.splitlines()} & {*other.splitlines()})


def _section_as(text: str, section: str, base: str, own: str) -> str:
    before, now = keys(base, section), keys(own, section)
    for name in now:
        if name in before or (not section and name in SECTIONS):
            continue
        lines, there = block(own, section, name), keys(text, section)
        if name in there:
            if block(text, section, name).strip() != lines.strip():
                raise InputError(
                    f"dvc.yaml: {section or 'the file'} has {name!r}, and what the version to "
                    "upgrade to has under this name is another. Rename yours and commit it."
                )
            continue
        above = [other for other in now[: now.index(name)] if other in there]
        if above:
            text = add(text, section, lines, after=above[-1])
        elif there:
            text = add(text, section, lines + ("" if section in {"metrics", "plots"} else "\n"))
        else:
            text = add(text, "", f"\n{section}:\n{indent(lines, '  ')}", after="stages")
    gone = [name for name in keys(text, section) if name in before and name not in now]
    if gone and gone == keys(text, section):
        return remove(text, "", section)
    for name in gone:
        text = remove(text, section, name)
    return text


def named_as(text: str, _: str, own: str) -> str:
    """Return a version's ``pyproject.toml`` with the project's name and description."""
    lines = {line.split(" = ")[0]: line for line in _OWN_LINES.findall(own)}
    return _OWN_LINES.sub(lambda found: lines.get(found[0].split(" = ")[0], found[0]), text)
