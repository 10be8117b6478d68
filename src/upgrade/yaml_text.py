"""Change a YAML file as a person would: the lines of one key, every other byte as it was."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from src.base.errors import InputError

Pair = tuple[ScalarNode, Node]


def add(text: str, where: str, lines: str, *, after: str = "") -> str:
    """Put lines into a mapping.

    Parameters
    ----------
    where
        The mapping by dotted path; empty for the whole file.
    lines
        One or more keys with their comments, as they stand in a mapping that is not indented.
    after
        The key of this mapping that they follow; empty: they come first.

    Raises
    ------
    InputError
        There is no such mapping or key.
    """
    mapping = _mapping(text, where)
    pairs: list[Pair] = mapping.value
    before = _pair(mapping, after, where) if after else None
    if mapping.flow_style:
        if before is not None:
            return _spliced(text, before[1].end_mark.index, 0, f", {_on_one_line(lines)}")
        comma = ", " if pairs else ""
        return _spliced(text, mapping.start_mark.index + 1, 0, f"{_on_one_line(lines)}{comma}")
    column = pairs[0][0].start_mark.column
    indented = [" " * column + line if line else "" for line in lines.splitlines()]
    all_lines = text.splitlines()
    place = _last(all_lines, before) + 1 if before else _first(all_lines, pairs[0])
    return _joined([*all_lines[:place], *indented, *all_lines[place:]])


def remove(text: str, path: str) -> str:
    """Remove a key with its lines and the comment above it; without it, nothing is changed.

    Raises
    ------
    InputError
        It would leave its mapping without any.
    """
    where, _, key = path.rpartition(".")
    if not has(text, path):
        return text
    mapping = _mapping(text, where)
    pairs: list[Pair] = mapping.value
    pair = _pair(mapping, key, where)
    place = pairs.index(pair)
    if len(pairs) == 1:
        raise InputError(f"{path}: is the only key of {where or 'the file'}, and cannot go alone.")
    if mapping.flow_style:
        start, end = pair[0].start_mark.index, pair[1].end_mark.index
        if place + 1 < len(pairs):
            end = pairs[place + 1][0].start_mark.index
        else:
            start = pairs[place - 1][1].end_mark.index
        return _spliced(text, start, end - start, "")
    lines = text.splitlines()
    start, end = _first(lines, pair), _last(lines, pair) + 1
    while end < len(lines) and start > 0 and not lines[start - 1].strip() and not lines[end]:
        end += 1  # one empty line is left between its neighbours
    return _joined([*lines[:start], *lines[end:]])


def has(text: str, path: str) -> bool:
    """Tell whether there is a key at a dotted path."""
    node = _root(text)
    for key in path.split("."):
        found = _find(node, key) if isinstance(node, MappingNode) else None
        if found is None:
            return False
        node = found[1]
    return True


def keys(text: str, where: str) -> list[str]:
    """Return the keys of a mapping."""
    return [str(key.value) for key, _ in _mapping(text, where).value]


def block(text: str, path: str) -> str:
    """Return the lines of a key with the comment above it, as :func:`add` takes them."""
    where, _, key = path.rpartition(".")
    pair, lines = _pair(_mapping(text, where), key, where), text.splitlines()
    found = lines[_first(lines, pair) : _last(lines, pair) + 1]
    return _joined([line[pair[0].start_mark.column :] for line in found])


def items(text: str, path: str) -> list[str]:
    """Return the items of a list, each as it is written; none where there is no such key."""
    where, _, key = path.rpartition(".")
    if not has(text, path):
        return []
    _, value = _pair(_mapping(text, where), key, where)
    return [text[item.start_mark.index : item.end_mark.index].rstrip() for item in value.value]


def append(text: str, path: str, item: str) -> str:
    """Put an item at the end of a list that has a line for each; its own may be several."""
    where, _, key = path.rpartition(".")
    pair, lines = _pair(_mapping(text, where), key, where), text.splitlines()
    column = pair[1].value[-1].start_mark.column - 2
    place = _last(lines, pair) + 1
    return _joined([*lines[:place], f"{' ' * column}- {item}", *lines[place:]])


def source(text: str, path: str) -> str:
    """Return how a value is written."""
    where, _, key = path.rpartition(".")
    _, value = _pair(_mapping(text, where), key, where)
    return text[value.start_mark.index : value.end_mark.index].rstrip()


def _root(text: str) -> Any:  # noqa: ANN401 - ruamel has no types
    return YAML().compose(text)


def _mapping(text: str, where: str) -> MappingNode:
    node = _root(text)
    for key in filter(None, where.split(".")):
        node = _pair(node, key, where)[1]
    if not isinstance(node, MappingNode):
        raise InputError(f"{where or 'the file'}: found no keys, expected a mapping.")
    return node


def _find(mapping: MappingNode, key: str) -> Pair | None:
    return next((pair for pair in mapping.value if pair[0].value == key), None)


def _pair(mapping: Any, key: str, where: str) -> Pair:  # noqa: ANN401 - ruamel has no types
    found = _find(mapping, key) if isinstance(mapping, MappingNode) else None
    if found is None:
        raise InputError(f"{where}: found no key {key!r}, which it should have.")
    return found


def _on_one_line(lines: str) -> str:
    """Return keys as they stand between braces, where there is no place for a comment."""
    yaml, stream = YAML(), io.StringIO()
    yaml.default_flow_style, yaml.width = True, 4096
    yaml.dump(YAML(typ="safe").load(lines), stream)
    return stream.getvalue().strip()[1:-1]


def _spliced(text: str, start: int, length: int, new: str) -> str:
    return text[:start] + new + text[start + length :]


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _first(lines: list[str], pair: Pair) -> int:
    """Return the number of a key's first line: that of the comment above it, at its column."""
    number, column = pair[0].start_mark.line, pair[0].start_mark.column
    while number and _is_comment(lines[number - 1]) and _indent(lines[number - 1]) == column:
        number -= 1
    return int(number)


def _last(lines: list[str], pair: Pair) -> int:
    """Return the number of a key's last line: comments that go on below it are its own."""
    number, column = _last_of(lines, pair[1]), pair[0].start_mark.column
    while (
        number + 1 < len(lines)
        and _is_comment(lines[number + 1])
        and _indent(lines[number + 1]) > column
    ):
        number += 1
    return number


def _last_of(lines: list[str], node: Node) -> int:
    """Return the number of the last line on which a value has something."""
    if isinstance(node, CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_of(lines, last[1] if isinstance(last, tuple) else last)
    number = int(node.end_mark.line)
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):  # its mark is where the next is
        number = min(number, len(lines)) - 1
        while not lines[number].strip():
            number -= 1
    return number
