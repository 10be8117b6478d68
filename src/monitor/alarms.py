"""When a batch is alarming: at most one clean batch in a hundred, over all alarms together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from src.monitor.effect import Effect
from src.monitor.scores import ScoreChange
from src.monitor.shift import Shift
from src.pages.marks import Values
from src.pages.text import number
from src.tables.convert import Violation

Kind = Literal["contract", "columns", "predictions", "estimated", "measured"]

LEVELS: dict[Kind, float] = {
    "measured": 0.005, "columns": 0.003, "predictions": 0.001, "estimated": 0.001,
}  # fmt: skip
"""How often chance alone may raise each alarm; together 1 %, shared out among columns (Bonferroni).

Half of it is for measured scores: these alone tell a loss for certain, and labels are few.
"""

NAMED = 3
"""Columns and violations that an alarm names at most; the page has all."""

MEANINGS: dict[Kind, tuple[str, str]] = {
    "contract": (
        "The batch is not what the model was made for; `predict` refuses it.",
        "Not that the model is worse: the fault may be the sender's, or the contract too narrow.",
    ),
    "columns": (
        "Cells are distributed otherwise than in training, by more than chance.",
        "Not that predictions are worse: a column may move where the model does not care. Joint "
        "changes that leave each column as it was are not seen.",
    ),
    "predictions": (
        "What the model says is distributed otherwise than on the test set.",
        "Not that it is wrong: the world may have moved, and the model with it.",
    ),
    "estimated": (
        "The rows are harder than those of the test set: by its own probabilities, or the errors "
        "it made on such predictions, the model is worse on them.",
        "Nothing where the same question has another answer now: changed labels are not seen.",
    ),
    "measured": (
        "On rows whose truth has arrived the model is worse than published.",
        "Only of these rows: labels that arrive early may be those of other cases.",
    ),
}
"""What each alarm means, and what it cannot mean."""


@dataclass(frozen=True)
class ColumnDrift:
    """A column of a batch beside the same of the training set, or of predictions of the test set.

    Attributes
    ----------
    shift
        None where there are too few rows to tell.
    level
        How often chance alone may call it an alarm.
    shares
        Rows of ``bin``, ``this`` and ``base``, for a picture.
    """

    name: str
    shift: Shift | None
    level: float
    shares: Values
    effect: Effect | None = None

    @property
    def is_alarm(self) -> bool:
        """Whether it has moved beyond chance and beyond the rule of thumb."""
        return self.shift is not None and self.shift.is_alarm(self.level)

    @property
    def rank(self) -> tuple[bool, float, float]:
        """What sorts columns: alarms first, by their effect, then by how far they moved."""
        effect = self.effect.mean if self.effect else 0.0
        return (not self.is_alarm, -effect, -(self.shift.index if self.shift else 0.0))


@dataclass(frozen=True)
class Alarm:
    """Something to look at."""

    kind: Kind
    sentence: str


@dataclass(frozen=True)
class BatchReport:
    """What was found of a batch.

    Attributes
    ----------
    columns
        The features, in the order of :attr:`ColumnDrift.rank`.
    estimated
        None where it cannot be told; ``remarks`` say why.
    measured
        Every score of the rows with labels; empty without any.
    margin
        The largest loss that would not matter.
    """

    name: str
    rows: int
    violations: list[Violation]
    columns: list[ColumnDrift]
    predictions: ColumnDrift | None
    estimated: ScoreChange | None
    measured: list[ScoreChange]
    labelled: int
    metric: str
    margin: float
    remarks: list[str]

    @property
    def drifted(self) -> list[ColumnDrift]:
        """The columns that are alarming, those with the largest effect first."""
        return [column for column in self.columns if column.is_alarm]

    @property
    def lead(self) -> ScoreChange | None:
        """The measured score that the margin is about."""
        return next((one for one in self.measured if one.metric.name == self.metric), None)

    @property
    def verdict(self) -> str:
        """The gate's question: whether a loss beyond the margin is excluded, or shown."""
        return self.lead.verdict(self.margin) if self.lead else ""

    @property
    def alarms(self) -> list[Alarm]:
        """Everything to look at, what is surest first."""
        found: list[Alarm] = []
        if self.lead is not None and self.lead.is_alarm(self.margin):
            where = f"on {self.labelled:,} labelled rows"
            found.append(Alarm("measured", _lost(self.lead, where, self.margin)))
        if self.violations:
            found.append(Alarm("contract", _broken(self.violations)))
        if self.estimated is not None and self.estimated.is_alarm(self.margin):
            found.append(Alarm("estimated", _lost(self.estimated, "to be expected", self.margin)))
        if self.predictions is not None and self.predictions.is_alarm and self.predictions.shift:
            index = number(self.predictions.shift.index, 2)
            found.append(Alarm("predictions", f"Predictions have moved (stability index {index})."))
        if self.drifted:
            found.append(Alarm("columns", _moved(self.drifted, len(self.columns))))
        return found


def without_private(violations: list[Violation], private: set[str]) -> list[Violation]:
    """Leave out the cells of private columns, of which no report may tell."""
    return [replace(one, examples=()) if one.column in private else one for one in violations]


def _lost(change: ScoreChange, where: str, margin: float) -> str:
    loss = number(-change.gain, 3)
    least, most = number(-change.high, 2), number(-change.low, 2)
    return (
        f"{change.metric.label} {number(change.now)} {where}, {number(change.published)} on the "
        f"test set: worse by {loss} (from {least} to {most}), more than the margin of "
        f"{number(margin)}."
    )


def _broken(violations: list[Violation]) -> str:
    named = "; ".join(map(str, violations[:NAMED]))
    more = f"; {len(violations) - NAMED} more" if len(violations) > NAMED else ""
    return (
        f"{len(violations)} violation{'s' * (len(violations) > 1)} of the contract: {named}{more}."
    )


def _moved(drifted: list[ColumnDrift], columns: int) -> str:
    named = ", ".join(map(_named, drifted[:NAMED]))
    more = f" and {len(drifted) - NAMED} more" if len(drifted) > NAMED else ""
    return f"{len(drifted)} of {columns} columns have moved: {named}{more}."


def _named(column: ColumnDrift) -> str:
    if column.effect is not None:
        return f"`{column.name}` (moves predictions by {number(column.effect.mean, 2)})"
    index = column.shift.index if column.shift else None
    return f"`{column.name}` (stability index {number(index, 2)})"
