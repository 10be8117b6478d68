"""What differs between two JSON files, number by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def json_differences(before: object, now: object, key: str = "") -> Iterator[str]:
    """Return each value that is another, by its dotted path."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*before, *now]):
            inner = f"{key}.{name}" if key else str(name)
            if name not in now or name not in before:
                yield f"{inner}: {'went' if name not in now else 'came'}"
            else:
                yield from json_differences(before[name], now[name], inner)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for place, pair in enumerate(zip(before, now, strict=True)):
            yield from json_differences(*pair, f"{key}[{place}]")
    elif before != now:
        yield f"{key}: committed {before}, built {now}{difference(before, now)}"


def difference(before: Any, now: Any) -> str:  # noqa: ANN401 - any value of a file
    """Say by how much two numbers differ; nothing where they are none."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool)
                  for value in (before, now))  # fmt: skip
    return f" (by {now - before:+.3g})" if numbers else ""
