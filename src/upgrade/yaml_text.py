"""Change a YAML file as a person would: the lines of one key, every other byte as it was."""

from __future__ import annotations

import io
from copy import copy
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from src.base.errors import InputError
from src.base.settings import parse_yaml

Pair = tuple[ScalarNode, Node]


def require_editable(text: str, where: str) -> None:
    """Refuse a file whose keys are not where their lines are.

    Raises
    ------
    InputError
        It is no YAML, or has an alias.
    """
    parse_yaml(text, where)
    for event in YAML().parse(text):
        if isinstance(event, AliasEvent):
            raise InputError(
                f"{where}: found the alias *{event.anchor} in line {event.start_mark.line + 1}, "
                "expected none in a file that is changed line by line. Write its value out."
            )


def add(text: str, where: str, lines: str, *, after: str = "") -> str:
    """Put lines into a mapping or a list.

    Parameters
    ----------
    where
        The mapping or list by dotted path; empty for the whole file.
    lines
        One or more keys or items with their comments, as they stand where nothing is indented.
    after
        The key or item, see :func:`keys`, that they follow; empty: they come first.

    Raises
    ------
    InputError
        There is no such mapping, list, key or item.
    """
    collection = _collection(text, where)
    pairs = _pairs(collection)
    before = _pair(collection, after, where) if after else None
    if collection.flow_style:
        if before is not None:
            return _spliced(text, before[1].end_mark.index, 0, f", {_on_one_line(lines)}")
        comma = ", " if pairs else ""
        return _spliced(text, collection.start_mark.index + 1, 0, f"{_on_one_line(lines)}{comma}")
    column = pairs[0][0].start_mark.column
    indented = [" " * column + line if line else "" for line in lines.splitlines()]
    all_lines = text.splitlines()
    place = _last(all_lines, before) + 1 if before else _first(all_lines, pairs[0])
    return _joined([*all_lines[:place], *indented, *all_lines[place:]], text)


def remove(text: str, where: str, key: str) -> str:
    """Remove a key or item with the comment above it; without it, nothing is changed.

    Raises
    ------
    InputError
        It would leave its mapping or list without any.
    """
    names = keys(text, where)
    if key not in names:
        return text
    place, collection = names.index(key), _collection(text, where)
    pairs = _pairs(collection)
    pair = pairs[place]
    if len(pairs) == 1:
        raise InputError(f"{key}: is the only key of {where or 'the file'}, and cannot go alone.")
    if collection.flow_style:
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
    return _joined([*lines[:start], *lines[end:]], text)


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
    """Return the keys of a mapping; of a list, what each item begins with; none without either."""
    if where and not has(text, where):
        return []
    return [str(key.value) for key, _ in _pairs(_collection(text, where))]


def block(text: str, where: str, key: str) -> str:
    """Return the lines of a key or item with the comment above it, as :func:`add` takes them.

    They begin with an empty line where one stands above them.
    """
    collection, lines = _collection(text, where), text.splitlines()
    pair = _pair(collection, key, where)
    if collection.flow_style:
        dash = "- " if isinstance(collection, SequenceNode) else ""
        return dash + text[pair[0].start_mark.index : pair[1].end_mark.index].rstrip() + "\n"
    first = _first(lines, pair)
    first -= first > 0 and not lines[first - 1].strip()
    found = lines[first : _last(lines, pair) + 1]
    return "".join(f"{line[pair[0].start_mark.column :]}\n" for line in found)


def source(text: str, path: str) -> str:
    """Return how a value is written."""
    where, _, key = path.rpartition(".")
    _, value = _pair(_collection(text, where), key, where)
    return text[value.start_mark.index : value.end_mark.index].rstrip()


def _root(text: str) -> Any:  # noqa: ANN401 - ruamel has no types
    return YAML().compose(text)


def _collection(text: str, where: str) -> CollectionNode:
    node = _root(text)
    for key in filter(None, where.split(".")):
        node = _pair(node, key, where)[1]
    if not isinstance(node, CollectionNode):
        raise InputError(f"{where or 'the file'}: found no keys, expected a mapping.")
    return node


def _pairs(node: CollectionNode) -> list[Pair]:
    """Return keys and values; of a list, where each item's line begins, as if it were a key."""
    if isinstance(node, SequenceNode):
        return [(_first_of(node, item), item) for item in node.value]
    return list(node.value)


def _first_of(node: SequenceNode, item: Node) -> ScalarNode:
    """Return what names an item, itself or its first key, in the place of its dash."""
    name = item.value[0][0] if isinstance(item, MappingNode) and item.value else item
    start = copy(item.start_mark)
    start.column = node.start_mark.column
    return ScalarNode(name.tag, str(name.value), start, start)


def _find(node: CollectionNode, key: str) -> Pair | None:
    return next((pair for pair in _pairs(node) if pair[0].value == key), None)


def _pair(node: Node, key: str, where: str) -> Pair:
    found = _find(node, key) if isinstance(node, CollectionNode) else None
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


def _joined(lines: list[str], like: str) -> str:
    """Return a text with the line ends of another."""
    end = "\r\n" if "\r\n" in like else "\n"
    return end.join(lines) + end


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
