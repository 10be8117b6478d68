"""Show how far the fits of a stage have come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Result = TypeVar("Result")


def shown(results: Iterable[Result], count: int) -> Iterable[Result]:
    """Pass results on and show a bar on a terminal, where there are any to come."""
    console = Console(stderr=True)
    hidden = not (count and console.is_terminal)
    return track(results, "Fits", count, console=console, disable=hidden)
