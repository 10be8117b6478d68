"""``params.yaml`` as typed, frozen settings: one class a section, unknown keys forbidden.

Every default stands in ``params.yaml``; there is none in the code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from src.errors import InputError, did_you_mean

PARAMS = Path("params.yaml")
"""DVC's own name for the file; its ``params:`` and ``-S`` look nowhere else."""


class Settings(BaseModel):
    """Base of all settings: strict types, no change after reading, no unknown key."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


Share = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Split(Settings):
    """How rows are dealt to the training and the test set."""

    by: Literal["row", "group", "time"]
    test_size: Share
    cutoff: str | None


class Prepare(Settings):
    """Section ``prepare``."""

    table: str
    drop_duplicates: bool
    split: Split


def _no_single_fold(folds: int) -> int:
    if folds == 1:
        raise ValueError("should be 0 for no cross-validation, or 2 or more folds")
    return folds


class Train(Settings):
    """Section ``train``."""

    estimator: str
    hyperparameters: dict[str, Any]
    seed: Seed
    folds: Annotated[int, Field(ge=0), AfterValidator(_no_single_fold)]


class Bootstrap(Settings):
    """Section ``evaluate.bootstrap``."""

    replicates: Annotated[int, Field(ge=100)]
    confidence: Share


class Slices(Settings):
    """Section ``evaluate.slices``."""

    columns: list[str]
    min_rows: Annotated[int, Field(ge=1)]


class Importance(Settings):
    """Section ``evaluate.importance``."""

    repeats: Annotated[int, Field(ge=1)]
    max_rows: Annotated[int, Field(ge=1)]


class Evaluate(Settings):
    """Section ``evaluate``."""

    seed: Seed
    bootstrap: Bootstrap
    slices: Slices
    importance: Importance


WILDCARD = "*"
"""Stands in a bound's path for every level of a slice."""

DIFFERENCE = " - "
"""Stands in a bound's path between two paths: the first number minus the second."""


class Bound(Settings):
    """What one number of ``metrics.json`` must be: at least ``min``, at most ``max``."""

    min: float | None = None
    max: float | None = None
    min_rows: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("should have 'min', 'max' or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"'min' {self.min:g} is above 'max' {self.max:g}")
        return self


class NoRegression(Settings):
    """Section ``gate.no_regression``."""

    metric: str
    margin: Annotated[float, Field(gt=0)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    replicates: Annotated[int, Field(ge=100)]
    seed: Seed


class Budgets(Settings):
    """Section ``gate.budgets``."""

    model_bytes: Annotated[int, Field(ge=1)]
    seconds_per_row: Annotated[float, Field(gt=0)]


class Wear(Settings):
    """Section ``gate.wear``."""

    limit: Annotated[int, Field(ge=1)]


class Gate(Settings):
    """Section ``gate``, of no stage: a changed threshold trains nothing again."""

    bounds: dict[str, Bound]
    no_regression: NoRegression
    budgets: Budgets
    undecided: Literal["fail", "pass"]
    bootstrap: bool
    wear: Wear

    @model_validator(mode="after")
    def _min_rows_where_slices_are_meant(self) -> Self:
        for path, bound in self.bounds.items():
            if (WILDCARD in path.split(".")) != (bound.min_rows is not None):
                raise ValueError(f"bounds.{path}: 'min_rows' belongs to a path with '*', and "
                                 "such a path needs it")  # fmt: skip
            if bound.min_rows is not None and DIFFERENCE in path:
                raise ValueError(f"bounds.{path}: a difference cannot be taken over '*'")
        return self


STAGES: dict[str, type[Settings]] = {"prepare": Prepare, "train": Train, "evaluate": Evaluate}
SECTIONS: dict[str, type[Settings]] = {**STAGES, "gate": Gate}

Model = TypeVar("Model", bound=Settings)


def load(section: type[Model], path: Path = PARAMS) -> Model:
    """Read one section of ``params.yaml``.

    Raises
    ------
    InputError
        The file is no YAML mapping, has an unknown section, lacks this one, or a key of the section
        is unknown, missing, of the wrong type or out of range. All faults are named at once.
    """
    name = next(name for name, known in SECTIONS.items() if known is section)
    content = read_yaml(path)
    unknown = [key for key in content if key not in SECTIONS]
    if unknown:
        raise InputError(
            f"{path}: unknown section {unknown[0]!r}{did_you_mean(str(unknown[0]), SECTIONS)} "
            f"Sections are {', '.join(SECTIONS)}."
        )
    if name not in content:
        raise InputError(f"{path}: section {name!r} is missing.")
    return parse(section, content[name], path, name)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML 1.2 mapping, as DVC reads it.

    Raises
    ------
    InputError
        The file is missing, is not UTF-8, is no YAML or no mapping.
    """
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Restore it with `git checkout {path}`.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}).") from None
    except YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a mapping, found {type(content).__name__}.")
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
        known = _keys(model, location[:-1])
        return (
            f"{key}: unknown key{did_you_mean(location[-1], known)} Known keys: {', '.join(known)}."
        )
    if fault["type"] == "missing":
        return f"{key}: missing."
    expected = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    expected = f"{expected[0].lower()}{expected[1:]}"
    if isinstance(fault["input"], dict):  # a rule over several keys
        return f"{key and f'{key}: '}{expected}."
    if fault["type"] == "model_type":
        expected = "should be a mapping of keys to values"
    return f"{key}: found {fault['input']!r}; {expected}."


def _keys(model: type[Settings], location: list[str]) -> list[str]:
    """Return the keys known at ``location`` inside ``model``."""
    for part in location:
        field = model.model_fields.get(part)
        if field is not None:  # else a key of a mapping to settings, such as a column's name
            # dict[str, Column] has its settings last; settings themselves have no arguments.
            inner: Any = field.annotation
            model = getattr(inner, "__args__", (inner,))[-1]
    return list(model.model_fields)
