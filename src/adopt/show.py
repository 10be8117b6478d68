"""What adopt decided, why, and what to look at next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from src.adopt.profile import ColumnProfile
from src.adopt.propose import Proposal
from src.adopt.sniff import Dialect
from src.modelling.metrics import METRICS

MOST_COLUMNS = 60
"""Columns listed; of a wider table, those with another role than feature."""

STOPPING = {
    True: ", stopped early: the last tenth of the rows tells when",
    False: ", not stopped early: too few rows, at least of a class",
    None: "",
}


def columns(proposal: Proposal, profiles: Mapping[str, ColumnProfile]) -> RenderableType:
    """List the columns with kind, role and reason."""
    entries = proposal.contract.columns
    shown = [name for name in entries
             if len(entries) <= MOST_COLUMNS or entries[name].role != "feature"]  # fmt: skip
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("column", "kind", "role"):
        table.add_column(heading, overflow="fold")
    table.add_column("nulls", justify="right")
    table.add_column("levels", justify="right")
    table.add_column("why", overflow="fold")
    for name in shown[:MOST_COLUMNS]:
        column, found = entries[name], profiles[name]
        nulls = f"{100 * found.nulls / found.rows:.3g} %" if found.nulls else ""
        table.add_row(*map(Text, (name, column.kind, column.role, nulls, f"{found.levels:,}",
                                  proposal.reasons[name])))  # fmt: skip
    hidden = Counter(
        f"{entries[name].kind} {entries[name].role}" for name in entries
        if name not in shown[:MOST_COLUMNS]
    )  # fmt: skip
    rest = ", ".join(f"{count:,} {what}s" for what, count in hidden.items())
    return Group(table, Text(f"and {rest}")) if hidden else table


def decisions(
    proposal: Proposal,
    dialect: Dialect,
    rows: int,
    bounds: Mapping[str, Mapping[str, float]],
    tried: int,
) -> RenderableType:
    """List what was decided for the whole table."""
    contract = proposal.contract
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    lines = {
        "table": f"{rows:,} rows, {len(contract.columns):,} columns",
        "written": "; ".join(dialect.reasons),
        "task": f"{contract.task}: {contract.target} has {proposal.why_task}"
        + (f", {contract.positive!r} is the positive one" if contract.task == "binary" else ""),
        "split": f"by {proposal.split}: {proposal.why_split}",
        "duplicates": ("dropped: " if proposal.drop_duplicates else "kept: ")
        + proposal.why_duplicates,
        "estimator": proposal.estimator + STOPPING[proposal.early_stopping],
        "slices": ", ".join(proposal.slices) or "none",
        "gate": "; ".join(
            f"{path} {side} {value:g}" for path, bound in bounds.items()
            for side, value in bound.items()
        ) + f" (99 % prediction intervals from a quick cross-validation on {tried:,} rows)"
        if bounds else "no bounds: the quick cross-validation gave no scores",
    }  # fmt: skip
    for what, text in lines.items():
        table.add_row(what, Text(text))
    return table


def next_steps(
    proposal: Proposal,
    profiles: Mapping[str, ColumnProfile],
    bounds: Mapping[str, Mapping[str, float]],
) -> list[str]:
    """Return what a person should look at, the most important first."""
    columns = proposal.contract.columns
    left_out = [name for name, column in columns.items()
                if column.role == "ignore" and "target leakage" in column.description]  # fmt: skip
    codes = [name for name in proposal.contract.features if "codes" in profiles[name].why]
    texts = [name for name in proposal.contract.features if columns[name].kind == "text"]
    steps = [
        f"Left out as target leakage: {', '.join(left_out)}. Right? Else give them role feature."
        if left_out else "",
        "Is every feature known when the prediction is needed? No table can tell.",
        f"Taken for codes, not numbers: {', '.join(codes[:8])}." if codes else "",
        f"Taken for free text: {', '.join(texts[:8])}." if texts else "",
        *(
            f"{path} min {bounds[path]['min']:g} is no better than guessing: the quick "
            "cross-validation could tell no more. Ask for what you need, in gate.bounds."
            for path, guessing in _guessing().items()
            if path in bounds and bounds[path]["min"] <= guessing
        ),
        "Name the table's source and licence in data/schema.yaml; `git diff` shows all changes.",
        "dvc repro",
    ]  # fmt: skip
    return [step for step in steps if step]


def _guessing() -> dict[str, float]:
    """Return what the scores are of a model that knows nothing, by their path in metrics.json."""
    return {
        f"test.{metric.name}": metric.guessing for metric in METRICS if metric.guessing is not None
    }
