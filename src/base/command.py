"""A module as a command: typed arguments, one message for what the user can fix, a clean end."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from src.base.errors import InputError

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
"""What a shell reports of a program that such a signal has ended."""

Arguments = TypeVar("Arguments")


def run(
    main: Callable[[Arguments], int | None], arguments: type[Arguments], failure: int = 1
) -> NoReturn:
    """Parse the command line, call ``main`` with it and end the process.

    Exit status: what ``main`` returns (0 for None), ``failure`` after an :class:`InputError` or
    :class:`OSError`, 2 where the arguments are not those expected, 130 after Ctrl-C, 143 after a
    termination signal. The last two unwind the stack, so that temporary files are deleted.

    Parameters
    ----------
    arguments
        A dataclass, see :func:`parser`.
    """
    module = inspect.getmodule(main)
    program = (module.__spec__.name if module and module.__spec__ else "").removesuffix(".__main__")
    description = (module.__doc__ if module else None) or ""
    given = parser(arguments, f"python -m {program}", description).parse_args()
    with one_message(failure), terminable():
        sys.exit(main(arguments(**vars(given))))


@contextlib.contextmanager
def one_message(failure: int = 1) -> Iterator[None]:
    """Turn what the user can fix, or has interrupted, into one line and an exit status."""
    try:
        yield
    except InputError as error:
        message = f"error: {error}"
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        message = f"error: {where}{error.strerror or error}"
    except KeyboardInterrupt:
        failure, message = INTERRUPTED, "interrupted; earlier outputs are as they were"
    except SystemExit as end:
        if end.code != TERMINATED:
            raise
        failure, message = TERMINATED, "terminated; earlier outputs are as they were"
    else:
        return
    print(message, file=sys.stderr)
    sys.exit(failure)


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let a termination signal unwind the stack, as Ctrl-C does."""

    def end(*_: object) -> NoReturn:
        sys.exit(TERMINATED)

    signal.signal(signal.SIGINT, signal.default_int_handler)  # see src/__init__.py
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def parser(arguments: type[Any], program: str, description: str) -> argparse.ArgumentParser:
    """Make a parser from a dataclass.

    A field without a default is a positional argument, a ``list`` takes one or more; one with a
    default is an option, a ``bool`` a flag; ``metadata["help"]`` explains it.
    """
    made = argparse.ArgumentParser(
        prog=program,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = get_type_hints(arguments)
    for field in fields(arguments):
        kind, about = kinds[field.name], field.metadata.get("help")
        option = f"--{field.name.replace('_', '-')}"
        name = field.name.upper()
        if field.default is MISSING and get_origin(kind) is list:
            (item,) = get_args(kind)
            made.add_argument(field.name, type=item, metavar=name, nargs="+", help=about)
        elif field.default is MISSING:
            made.add_argument(field.name, type=kind, metavar=name, help=about)
        elif kind is bool:
            made.add_argument(option, action="store_true", help=about)
        elif get_origin(kind) is Literal:
            made.add_argument(option, choices=get_args(kind), default=field.default, help=about)
        else:
            made.add_argument(option, type=kind, default=field.default, help=about)
    return made
