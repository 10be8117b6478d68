"""Classes that ``params.yaml`` names by their dotted path."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable

from src.base.errors import InputError, did_you_mean

MOST_NAMES = 30
"""Parameters that a message lists."""


FEATURES = "src.features"
"""Where steps of the team's own are."""


def find(path: str, key: str) -> type:
    """Import a class by its dotted path; ``key`` says where that stands.

    Raises
    ------
    InputError
        There is no such class, or it is no estimator.
    Exception
        What code of the team's own raises, see :func:`src.fitting.steps.one_message`.
    """
    module_name, _, name = path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        own = module_name.startswith(f"{FEATURES}.")
        if own and isinstance(error, ModuleNotFoundError) and error.name == module_name:
            raise InputError(f"{key}: {_no_file(module_name)}") from None
        if own:
            raise
        raise InputError(
            f"{key}: cannot import {path!r} ({error}). Expected a dotted path such as "
            "sklearn.linear_model.LogisticRegression. XGBoost, LightGBM and CatBoost are extras: "
            "name them at EXTRAS in the Makefile and run `make repro`. Another package belongs "
            "into pyproject.toml; then run `make lock`."
        ) from None
    found = getattr(module, name, None)
    if found is None:
        raise InputError(f"{key}: {module_name} has no {name!r}{did_you_mean(name, dir(module))}")
    if not (inspect.isclass(found) and hasattr(found, "fit") and hasattr(found, "get_params")):
        raise InputError(f"{key}: {path} is no scikit-learn estimator (a class with fit).")
    return found


def _no_file(module: str) -> str:
    """Say that there is no module of this name, and which there are."""
    folders = importlib.import_module(FEATURES).__path__
    known = [f"{FEATURES}.{one.name}" for one in pkgutil.iter_modules(folders)]
    return (
        f"there is no {module.replace('.', '/')}.py{did_you_mean(module, known)} Known: "
        f"{', '.join(known)}."
    )


def require_parameters(found: type, path: str, names: Iterable[str], key: str) -> None:
    """Refuse parameters that a class does not have; ``key`` says where they stand."""
    known = parameters_of(found)
    for name in names:
        if name not in known:
            raise InputError(
                f"{key}.{name}: {path} has no such parameter{did_you_mean(name, known)} It has "
                f"{', '.join(known[:MOST_NAMES])}{', …' if len(known) > MOST_NAMES else ''}."
            )


def parameters_of(found: type) -> list[str]:
    """Return the names that a class can be created with, those of its base classes among them."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    classes = [found]
    if any(one.kind in kinds for one in inspect.signature(found).parameters.values()):
        classes += [base for base in found.__mro__[1:] if "__init__" in vars(base)][:-1]
    signatures = [inspect.signature(one).parameters.values() for one in classes]
    return list(dict.fromkeys(one.name for each in signatures for one in each
                              if one.kind not in kinds))  # fmt: skip
