"""What a contract may say of each kind of column; src/tables/kinds.py has what they do to cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["numeric", "categorical", "datetime", "text", "boolean"]
Rule = Literal["min", "max", "levels", "format"]


@dataclass(frozen=True)
class Traits:
    """What a kind can be used for.

    Attributes
    ----------
    rules
        The rules that a contract may set for a column of this kind.
    target, time
        Whether such a column can be predicted, and whether it can order the rows.
    sliced
        Whether its values part the test set into slices.
    model_dtype
        The dtype in which the model takes the column; None leaves the prepared one.
    """

    rules: frozenset[Rule] = frozenset()
    target: bool = False
    time: bool = False
    sliced: bool = False
    model_dtype: str | None = None


KINDS: dict[Kind, Traits] = {
    "numeric": Traits(frozenset({"min", "max"}), target=True, time=True, sliced=True),
    # The dtype tells skrub's TableVectorizer to leave codes such as "1" alone, which as plain text
    # it would parse as numbers.
    "categorical": Traits(frozenset({"levels"}), target=True, sliced=True, model_dtype="category"),
    "datetime": Traits(frozenset({"format"}), time=True),
    "text": Traits(),
    "boolean": Traits(target=True, sliced=True),
}
