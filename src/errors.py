"""What a user can mend is an :class:`InputError`: one message, no traceback."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable


class InputError(Exception):
    """Something the user can mend: a table, a setting, a contract, a file.

    The message names the file, the column or key, what was found, what was expected and the
    command or edit that mends it.
    """


def run(main: Callable[[], None]) -> None:
    """Run a stage's ``main``; an :class:`InputError` or :class:`OSError` ends it with status 1."""
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(
            f"error: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}"
        )


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """End a sentence: ``"; did you mean 'x'?"`` with the closest of ``known``, or a full stop."""
    close = difflib.get_close_matches(found, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else "."
