"""What a user can fix is an :class:`InputError`: one message, no traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(Exception):
    """Something the user can fix: a table, a parameter, a contract, a file.

    The message names the file, the column or key, what was found, what was expected and the
    command or edit that fixes it.
    """


LONGEST = 300
"""Characters of another library's error that are told: it may list the cells of a table."""


def brief(error: Exception) -> str:
    """Return what an error says in one line of bounded length."""
    text = " ".join(str(error).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """End a sentence: ``"; did you mean 'x'?"`` with the closest of ``known``, or a full stop."""
    close = difflib.get_close_matches(found, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else "."
