"""The data contract ``data/schema.yaml``: what each column of the table is and is for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from src.base.errors import InputError, did_you_mean
from src.base.kinds import KINDS, Kind, Rule
from src.base.settings import Settings, parse, read_yaml

Role = Literal["feature", "target", "id", "group", "time", "weight", "ignore"]
Task = Literal["binary", "multiclass", "regression"]
Warned = Literal[
    "target_leakage", "duplicates", "group_leakage", "time_order", "near_constant", "near_unique",
    "imbalance", "rare_class", "shift", "equal_features",
]  # fmt: skip
"""The warnings of :mod:`src.tables.findings`."""

CONTRACT = Path("data/schema.yaml")
"""Where the contract is."""

WEIGHTS = (1e-12, 1e12)
"""The least and the largest weight of a row: their ratios are then exact enough everywhere."""

ROW_KEY = "row_key"
"""The column that prepare adds: it names a row from the split to the predictions."""


def _level(value: object) -> object:
    """Take a whole number for its digits: levels are text, and YAML reads ``1`` as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Level = Annotated[str, BeforeValidator(_level)]


def _require_time_format(text: str) -> None:
    """Refuse a format that Python's strptime does not know."""
    try:
        datetime.strptime("", text)
    except ValueError as error:
        if "does not match" not in str(error):
            raise ValueError(f"'format' {text!r}: {error}") from None


class Column(Settings):
    """What the contract says of one column.

    Attributes
    ----------
    private
        Its cells are written to no file that git keeps, nor to the report. Not for the target, of
        which every score and plot tells.
    """

    kind: Kind
    role: Role
    nullable: bool = False
    min: float | None = None
    max: float | None = None
    levels: Annotated[list[Level], Field(min_length=1)] | None = None
    positive: Level | None = None
    format: str | None = None
    private: bool = False
    description: str = ""

    @model_validator(mode="after")
    def _rules_fit_kind(self) -> Self:
        traits = KINDS[self.kind]
        for rule in get_args(Rule):
            if getattr(self, rule) is not None and rule not in traits.rules:
                fitting = " and ".join(kind for kind, other in KINDS.items() if rule in other.rules)
                raise ValueError(
                    f"{rule!r} is a rule for {fitting} columns, but this one is {self.kind}"
                )
        if self.levels is not None and len(set(self.levels)) < len(self.levels):
            raise ValueError("'levels' names one level twice")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"'min' {self.min:g} is above 'max' {self.max:g}")
        if self.format is not None:
            _require_time_format(self.format)
        if self.role == "time" and not traits.time:
            able = " or ".join(kind for kind, other in KINDS.items() if other.time)
            raise ValueError(f"role 'time' needs kind {able}, not {self.kind}")
        if self.role == "weight" and (self.kind != "numeric" or self.nullable):
            null = ", nullable" if self.nullable else ""
            raise ValueError(f"role 'weight' needs a numeric column without nulls, not {self.kind}"
                             f"{null}")  # fmt: skip
        return self


class Csv(Settings):
    """How a CSV file is written; without meaning for Parquet."""

    delimiter: Annotated[str, Field(pattern=r"^[ -~\t]$")]  # one ASCII character
    encoding: str
    decimal: Annotated[str, Field(min_length=1, max_length=1)]
    null_values: list[str]


class Source(Settings):
    """Where the table comes from and what may be done with it."""

    name: str
    origin: str
    licence: str


class Acknowledgement(Settings):
    """A warning that somebody looked into and found to be in order."""

    warning: Warned
    column: str
    reason: Annotated[str, Field(min_length=1)]


class Contract(Settings):
    """The data contract: how the table is written, and what each column is and is for."""

    source: Source
    csv: Csv
    columns: Annotated[dict[str, Column], Field(min_length=1)]
    acknowledged: list[Acknowledgement] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        targets = self.names("target")
        if len(targets) != 1:
            found = ", ".join(targets) or "none"
            raise ValueError(f"expected exactly one column with role 'target', found {found}")
        for role in ("group", "time", "weight"):
            if len(self.names(role)) > 1:
                raise ValueError(f"more than one column with role {role!r}: {self.names(role)}")
        if not self.names("feature"):
            raise ValueError("no column has role 'feature'")
        if ROW_KEY in self.columns:
            raise ValueError(f"the column name {ROW_KEY!r} is reserved for the key that prepare "
                             "adds; rename the table's column")  # fmt: skip
        for name, column in self.columns.items():
            if column.positive is not None and column.role != "target":
                raise ValueError(f"'positive' is for the target, not for {name}")
        for known in self.acknowledged:
            if known.column not in self.columns:
                close = did_you_mean(known.column, self.columns)
                raise ValueError(f"'acknowledged' names no column: {known.column!r}{close[:-1]}")
        self._check_target(self.columns[targets[0]], targets[0])
        return self

    @staticmethod
    def _check_target(target: Column, name: str) -> None:
        if not KINDS[target.kind].target:
            raise ValueError(f"target {name} is {target.kind}; it can be numeric (regression), "
                             "categorical or boolean (classification)")  # fmt: skip
        if target.private:
            raise ValueError(f"target {name} cannot be 'private': metrics/plots, the model card "
                             "and the report show what it holds. Remove 'private: true' there, or "
                             "predict another column")  # fmt: skip
        if target.kind == "categorical":
            if target.levels is None or len(target.levels) < 2:
                raise ValueError(f"target {name} needs two or more 'levels', its classes")
            if len(target.levels) == 2 and target.positive not in target.levels:
                raise ValueError(f"target {name} has two classes: 'positive' names one of "
                                 f"{target.levels}, found {target.positive!r}")  # fmt: skip
        if target.positive is not None and (target.levels is None or len(target.levels) != 2):
            raise ValueError(f"'positive' is for a categorical target of two levels, not {name}")

    def names(self, *roles: Role) -> list[str]:
        """Return the columns that have one of the roles, in the contract's order."""
        return [name for name, column in self.columns.items() if column.role in roles]

    @property
    def features(self) -> list[str]:
        """The columns the model takes."""
        return self.names("feature")

    @property
    def target(self) -> str:
        """The column the model predicts."""
        return self.names("target")[0]

    @property
    def weight(self) -> str | None:
        """The column that says how much each row counts; None where all count the same."""
        return next(iter(self.names("weight")), None)

    @property
    def task(self) -> Task:
        """What kind of prediction the target's kind makes this."""
        target = self.columns[self.target]
        if target.kind == "numeric":
            return "regression"
        return "multiclass" if target.levels is not None and len(target.levels) > 2 else "binary"

    @property
    def positive(self) -> str:
        """The positive class of a binary target."""
        return self.columns[self.target].positive or "True"


def load_contract(path: Path) -> Contract:
    """Read the contract.

    Raises
    ------
    InputError
        The file is missing, is no YAML, or breaks a rule; all faults are named at once.
    """
    return contract_of(read_yaml(path), path)


def contract_of(content: dict[Any, Any], path: Path) -> Contract:
    """Make a contract of parsed YAML; see :func:`load_contract`."""
    columns = content.get("columns")
    if isinstance(columns, dict):
        numbers = [name for name in columns if not isinstance(name, str)]
        if numbers:
            raise InputError(f"{path}: columns: put the name {numbers[0]!r} in quotes.")
    return parse(Contract, content, path)
