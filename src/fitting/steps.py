"""Feature steps that ``params.yaml`` names: transformers of a library or of the team's own."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from sklearn.base import BaseEstimator

from src.base.errors import InputError, brief
from src.fitting.described import Step
from src.fitting.dotted import find, require_parameters

KEY = "params.yaml: train.steps"


def instances(steps: Sequence[Step]) -> list[tuple[str, BaseEstimator]]:
    """Create the steps, each with a name of its own.

    Raises
    ------
    InputError
        A step cannot be found, is no transformer, or does not know a parameter.
    """
    made: list[tuple[str, BaseEstimator]] = []
    for place, step in enumerate(steps):
        key = f"{KEY}[{place}]"
        with one_message(f"{key}.step: cannot import {step.step}"):
            found = find(step.step, f"{key}.step")
        if not hasattr(found, "transform"):
            raise InputError(f"{key}.step: {step.step} is no transformer (it has no transform).")
        require_parameters(found, step.step, step.parameters, f"{key}.parameters")
        with one_message(f"{key}: {step.step} refuses its parameters"):
            instance = found(**step.parameters)
            if hasattr(instance, "set_output"):
                instance.set_output(transform="pandas")
        made.append((f"step{place}_{found.__name__.lower()}", instance))
    return made


@contextlib.contextmanager
def one_message(what: str, caught: type[Exception] = Exception) -> Iterator[None]:
    """Say in one line what a step raises: it may be code of the team's.

    Raises
    ------
    InputError
        Names the line, where it is one of ``src/features``.
    """
    try:
        yield
    except InputError:
        raise
    except caught as error:
        places = [
            f" (src/features/{Path(frame.filename).name}, line {frame.lineno})"
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).parent.name == "features"
        ]
        where = "".join(places[-1:])
        raise InputError(f"{what}: {type(error).__name__}: {brief(error)}{where}") from None
