"""What adopt decided, why, and what to look at next."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Collection, Mapping

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from src.adopt.bounds import Bounds
from src.adopt.candidates import Tried
from src.adopt.model import MANY_CELLS
from src.adopt.profile import ColumnProfile
from src.adopt.propose import Proposal
from src.adopt.roles import QUESTION
from src.adopt.sample import Sample
from src.adopt.sniff import Dialect
from src.modelling.metrics import leading

LINE = 120
"""Characters of a line where nobody's terminal says how wide it is."""

MOST_COLUMNS = 60
"""Columns listed; of a wider table, those with another role than feature."""

SILENT = "nothing; you can: ID=, GROUP=, TIME=, WEIGHT=, IGNORE=, TASK=, POSITIVE="

SAMPLED = (
    "{:,} rows, drawn with seed 0, tell kinds, codes, decimal mark and target leakage; what is "
    "counted, and that each cell is of its column's kind, is of all rows"
)

STOPPING = {
    True: ", stopped early: a random tenth of the rows that are fitted tells when",
    False: ", not stopped early: too few rows, at least of a class",
    None: "",
}

FROM_DISK = (
    ", fitted from disk (train.external_memory): rows times features are {:,} or more, and EXTRAS "
    "names xgboost"
)

FINAL = {
    "ensemble": "the mean of the models of {} folds",
    "refit": "one, fitted on all training rows: {}",
}

WHY_ONE = {
    True: "by time the folds' models have not seen the latest ones",
    False: "there are too few rows of a class, or too few groups, for each fold",
}
"""By whether the split is by time."""


def console() -> Console:
    """Return a console as wide as the terminal, and wide enough to read where there is none."""
    return Console(soft_wrap=False, highlight=False, width=None if sys.stdout.isatty() else LINE)


def leakage(proposal: Proposal) -> RenderableType:
    """Say which columns know the target: what is certain is left out, what is suspect kept."""
    if not proposal.leaks:
        return Text("Target leakage: none found. Is every feature known when you predict?")
    roles, lines = proposal.contract.columns, []
    for leak in proposal.leaks:
        names = ", ".join(leak.columns)
        kept = any(roles[name].role == "feature" for name in leak.columns)
        lines.append(f"  {names}: {leak.evidence}. {leak.grade.capitalize()}, "
                     f"{'kept' if kept else 'left out'}.")  # fmt: skip
    out = [name for leak in proposal.leaks for name in leak.columns if roles[name].role == "ignore"]
    kept_ones = [name for leak in proposal.leaks for name in leak.columns if name not in out]
    if out:
        lines.append(f"To keep {out[0]}, give it role feature in data/schema.yaml.")
    if kept_ones:
        lines.append(f"To leave {'one' if len(kept_ones) > 1 else 'it'} out: make adopt … "
                     f"IGNORE={shlex.quote(kept_ones[0])}")  # fmt: skip
    return Text("\n".join(["Target leakage:", *lines]))


def columns(proposal: Proposal, profiles: Mapping[str, ColumnProfile]) -> RenderableType:
    """List the columns with kind, role and reason."""
    entries = proposal.contract.columns
    shown = [name for name in entries
             if len(entries) <= MOST_COLUMNS or entries[name].role != "feature"]  # fmt: skip
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("column", "kind", "role"):
        table.add_column(heading)
    table.add_column("nulls", justify="right")
    table.add_column("levels", justify="right")
    table.add_column("why")
    for name in shown[:MOST_COLUMNS]:
        column, found = entries[name], profiles[name]
        nulls = f"{100 * found.nulls / found.rows:.3g} %" if found.nulls else ""
        levels = (
            f"{found.levels:,}"
            if found.facts.exact
            else f"about {float(f'{found.levels:.2g}'):,.0f}"
        )
        table.add_row(
            *map(Text, (name, column.kind, column.role, nulls, levels, proposal.reasons[name]))
        )
    hidden = Counter(
        f"{entries[name].kind} {entries[name].role}" for name in entries
        if name not in shown[:MOST_COLUMNS]
    )  # fmt: skip
    rest = ", ".join(f"{count:,} {what}s" for what, count in hidden.items())
    return Group(table, Text(f"and {rest}")) if hidden else table


def decisions(
    proposal: Proposal,
    dialect: Dialect,
    sample: Sample,
    tried: Tried,
) -> RenderableType:
    """List what was decided for the whole table."""
    contract, bounds, scored = proposal.contract, tried.bounds, tried.scored
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column()
    lines = {
        "table": f"{sample.rows:,} rows, {len(contract.columns):,} columns",
        **({} if sample.whole else {"sample": SAMPLED.format(len(sample.frame))}),
        "you said": str(proposal.choices) or SILENT,
        "written": "; ".join(dialect.reasons),
        "task": f"{contract.task}: {contract.target} has {proposal.why_task}"
        + (f", {contract.positive!r} is the positive one" if contract.task == "binary" else ""),
        "split": f"by {proposal.split}: {proposal.why_split}",
        "duplicates": ("dropped: " if proposal.drop_duplicates else "kept: ")
        + proposal.why_duplicates,
        "estimator": proposal.model.estimator + STOPPING[proposal.model.early_stopping]
        + FROM_DISK.format(MANY_CELLS) * proposal.model.external_memory,
        **settings(tried),
        "model": FINAL[proposal.model.final].format(
            proposal.model.folds
            if proposal.model.final == "ensemble"
            else WHY_ONE[proposal.split == "time"]
        ),
        "slices": ", ".join(proposal.slices) or "none",
        "gate": "; ".join(
            f"{path} {side} {value:g}" for path, bound in bounds.of.items()
            for side, value in bound.items()
        ) + (f", between guessing and what the folds of {scored.rows:,} rows predict" if bounds.weak
             else f", which the test scores meet with 99 % by the folds of {scored.rows:,} rows")
        if bounds.of else "no bounds: the quick cross-validation gave no scores",
    }  # fmt: skip
    for what, text in lines.items():
        table.add_row(what, Text(text))
    return table


def settings(tried: Tried) -> dict[str, str]:
    """Tell the settings that were tried on folds, the best first."""
    if len(tried.means) < 2:
        return {}
    metric = leading(tried.proposal.contract.task)
    (first, score), *others = tried.means.items()
    rest = ", ".join(f"{name} {value:.4g}" for name, value in others)
    return {"settings": f"{first}: {metric.label} {score:.4g} on folds; {rest}"}


def next_steps(
    proposal: Proposal,
    profiles: Mapping[str, ColumnProfile],
    bounds: Bounds,
    extras: Collection[str],
) -> list[str]:
    """Return what a person should do: the three that matter most, then the command.

    Parameters
    ----------
    extras
        What the model needs, and the Makefile does not name.
    """
    columns = proposal.contract.columns
    suspect = [name for leak in proposal.leaks for name in leak.columns
               if columns[name].role == "feature"]  # fmt: skip
    groups = [name for name, why in proposal.reasons.items() if why.startswith(QUESTION)]
    codes = [name for name in proposal.contract.features if "codes" in profiles[name].why]
    texts = [name for name in proposal.contract.features if columns[name].kind == "text"]
    steps = [
        f"Let `EXTRAS :=` in the Makefile name {' and '.join(sorted(extras))}, which CI and others "
        "have to install for this model."
        if extras else "",
        f"Does {', '.join(suspect[:4])} tell what you want to predict? See target leakage above."
        if suspect else "",
        f"Do rows with one {groups[0]} belong together? Then GROUP={shlex.quote(groups[0])}."
        if groups else "",
        f"The bound on {' and '.join(bounds.weak)} is only a step from guessing: the folds differ "
        "too much, or know too little. Look at metrics/folds; bring more rows or other features."
        if bounds.weak else "",
        ""
        if suspect
        else "Is every feature known when the prediction is needed? No table can tell.",
        f"Taken for codes, not numbers: {', '.join(codes[:8])}. If one is a quantity, set "
        "its kind to numeric in data/schema.yaml, without levels." if codes else "",
        f"Taken for free text: {', '.join(texts[:8])}. If one is a category, set its kind to "
        "categorical in data/schema.yaml." if texts else "",
        "Name the table's source and licence in data/schema.yaml; `git diff` shows all changes.",
    ]  # fmt: skip
    return [step for step in steps if step][:3]
