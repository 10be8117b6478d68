"""``params.yaml`` as typed, frozen settings: one class a section, unknown keys forbidden.

A section's class lies in ``settings.py`` of the folder that the section is named after, so that a
change of it makes no other stage stale. Every default stands in ``params.yaml``; there is none in
the code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from src.base.errors import InputError, did_you_mean

PARAMS = Path("params.yaml")
"""DVC's own name for the file; its ``params:`` and ``-S`` look nowhere else."""


class Settings(BaseModel):
    """Base of all settings: strict types, no change after reading, no unknown key."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    renamed: ClassVar[dict[str, str]] = {}
    """Keys of earlier versions and what they are called now."""

    removed: ClassVar[dict[str, str]] = {}
    """Keys of earlier versions that are gone, and why."""


Share = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]

Model = TypeVar("Model", bound=Settings)


def load_settings(model: type[Model], path: Path = PARAMS, *, part_of: str | None = None) -> Model:
    """Read the section of ``params.yaml`` that is called as the folder of its class.

    Parameters
    ----------
    part_of
        A section of another folder, of which only the keys of the class are read.

    Raises
    ------
    InputError
        The file is no YAML mapping, has an unknown section, lacks this one, or a key of the section
        is unknown, missing, of the wrong type or out of range. All faults are named at once.
    """
    name = part_of or model.__module__.split(".")[-2]
    content = read_yaml(path)
    known = sections()
    for key in content:
        if key not in known:
            raise InputError(f"{path}: unknown section {key!r}{did_you_mean(str(key), known)} "
                             f"Sections are {', '.join(known)}.")  # fmt: skip
    if name not in content:
        raise InputError(
            f"{path}: section {name!r} is missing. Restore it with `git checkout {path}`."
        )
    section = content[name]
    if part_of and isinstance(section, dict):
        section = {key: value for key, value in section.items() if key in model.model_fields}
    return parse(model, section, path, name)


def sections() -> list[str]:
    """Return the names of the sections there can be: the folders that have settings."""
    here = Path(__file__).parent
    return sorted(
        file.parent.name for file in here.parent.glob("*/settings.py") if file.parent != here
    )


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML 1.2 mapping, as DVC reads it.

    Raises
    ------
    InputError
        The file is missing, is not UTF-8, is no YAML or no mapping.
    """
    restore = f"Restore it with `git checkout {path}`."
    try:
        return parse_yaml(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. {restore}") from None
    except InputError as error:
        raise InputError(f"{error} {restore}") from None


def parse_yaml(text: bytes | str, where: str) -> dict[str, Any]:
    """Make a mapping from the text of a YAML file; see :func:`read_yaml`."""
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        content = YAML(typ="safe").load(decoded)
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 ({error.reason} at byte {error.start}).") from None
    except YAMLError as error:
        raise InputError(f"{where}: not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(content, dict):
        raise InputError(f"{where}: expected a mapping, found {type(content).__name__}.")
    return content


def parse(model: type[Model], content: object, path: Path, *keys: str) -> Model:
    """Make settings from parsed YAML; ``keys`` say where in ``path`` the content stands.

    Raises
    ------
    InputError
        Names the file, each offending key, what was found and what was expected.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = [_fault(model, dict(fault), keys) for fault in error.errors()]
        lines = faults if len(faults) == 1 else [f"{len(faults)} faults", *faults]
        raise InputError(f"{path}: " + "\n  ".join(lines)) from None


def _fault(model: type[Settings], fault: dict[str, Any], keys: tuple[str, ...]) -> str:
    """Describe one of pydantic's errors with the key's full path."""
    location = [str(part) for part in fault["loc"]]
    key = ".".join([*keys, *location])
    if fault["type"] == "extra_forbidden":
        return f"{key}: {_unknown(_settings_at(model, location[:-1]), location[-1])}"
    if fault["type"] == "missing":
        return f"{key}: missing."
    expected = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    expected = f"{expected[0].lower()}{expected[1:]}"
    if isinstance(fault["input"], dict):  # a rule over several keys
        return f"{key and f'{key}: '}{expected}."
    if fault["type"] == "model_type":
        expected = "should be a mapping of keys to values"
    return f"{key}: found {fault['input']!r}; {expected}."


def _unknown(model: type[Settings], key: str) -> str:
    """Say what an unknown key may have been meant to be."""
    if key in model.renamed:
        return f"is called {model.renamed[key]!r} now. Rename it."
    if key in model.removed:
        return f"{model.removed[key]}. Delete it."
    known = list(model.model_fields)
    return f"unknown key{did_you_mean(key, known)} Known keys: {', '.join(known)}."


def _settings_at(model: type[Settings], location: list[str]) -> type[Settings]:
    """Return the settings that stand at ``location`` inside ``model``."""
    for part in location:
        field = model.model_fields.get(part)
        if field is not None:  # else a key of a mapping to settings, such as a column's name
            # Settings themselves have no arguments; dict[str, Column] and Costs | None have some.
            inner: Any = field.annotation
            parts = getattr(inner, "__args__", (inner,))
            model = next((one for one in parts if hasattr(one, "model_fields")), Settings)
    return model
