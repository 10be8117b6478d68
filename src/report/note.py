"""The report as a short Markdown note for a merge request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from src.report.compare import Change, Comparison
from src.report.content import Report
from src.report.gate import Check
from src.report.text import change, code, interval, number, prose

OTHER_ROWS = (
    "The test set has changed: the scores are of different rows, so a change is of the model, the "
    "data or both."
)

MOST = 15
"""Lines of a table at most; the page has them all."""

SIGNS = {
    "passed": "✅", "failed": "❌", "undecided": "❔", "warning": "⚠️",
    "missing": "❌", "stale": "❌",
}  # fmt: skip


def render(report: Report) -> str:
    """Return the note."""
    parts = [_verdict(report), _scores(report), _data(report), _params(report)]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    titles = list(heads)
    yield f"| {' | '.join(titles)} |"
    yield "|" + " --- |" * len(titles)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _verdict(report: Report) -> Iterator[str]:
    verdict = report.verdict
    yield f"## {SIGNS[verdict.status]} {verdict.title}"
    yield ""
    compared = (
        f"compared with {code(report.base.label)}" if report.base else "compared with nothing"
    )
    yield f"{code(report.new.label)} {compared}. {report.base_note}".rstrip()
    if verdict.advice:
        yield f"\n**What to do.** {verdict.advice}"
    passed = [check for check in verdict.checks if check.status == "passed"]
    rest = [check for check in verdict.checks if check.status != "passed"]
    if rest:
        yield ""
        yield from _checks(rest)
    if passed:
        yield f"\n<details><summary>{len(passed)} checks passed</summary>\n"
        yield from _checks(passed)
        yield "\n</details>"


def _checks(checks: list[Check]) -> Iterator[str]:
    heads = ["", "check", "observed", "bound", ""]
    yield from _table(
        heads,
        (
            [SIGNS.get(check.status, "❔"), code(check.name), _cell(check.observed),
             _cell(check.bound), prose(check.sentence)]
            for check in checks[:MOST]
        ),
    )  # fmt: skip
    if len(checks) > MOST:
        yield f"\n{len(checks) - MOST} more are on the page."


def _cell(value: object) -> str:
    return "" if value is None else code(number(value))


def _scores(report: Report) -> Iterator[str]:
    yield f"### Scores on {number(report.test['rows'])} test rows"
    yield ""
    heads = ["score", "value", f"{report.confidence} interval"]
    if report.base is None:
        yield from _table(heads, (_own(score) for score in report.scores))
        return
    yield from _table(
        [*heads, "base", "change", ""],
        (
            [*_own(score), number(score.base and score.base.value), change(score.change),
             arrow(score)]
            for score in report.scores
        ),
    )  # fmt: skip
    yield ""
    yield significance(report) if report.same_rows else f"{OTHER_ROWS} {significance(report)}"


def _own(score: Comparison) -> list[str]:
    return [code(score.name), number(score.new.value), interval(score.new.bounds)]


def arrow(score: Comparison) -> str:
    """Return the way a score went, and whether that means anything."""
    arrows = {True: "▲", False: "▼"}
    sign = arrows[score.change > 0] if score.change else ""
    return f"{sign} {score.verdict}".strip()


def significance(report: Report) -> str:
    """Say how far the words on the changes of scores can be trusted."""
    return (
        f"“Clearly” means that the {report.confidence} intervals do not overlap. That is a "
        "strict rule: a change within noise may be real all the same, which only the gate's paired "
        "comparison on the same rows can tell. “Cannot tell”: an interval has no width."
    )


def _data(report: Report) -> Iterator[str]:
    found = report.data
    yield "### Data"
    yield ""
    if report.base is None:
        counts = ", ".join(f"{_human(row.key)} {code(row.new)}" for row in found.rows)
        yield f"Rows: {counts}."
        return
    if not (found.changed_rows or found.contract or found.drifted):
        yield "No change in rows or contract, and no column has drifted."
        return
    if found.changed_rows:
        yield from _changes(found.changed_rows, "rows")
    if found.contract:
        yield f"\nThe contract changed in {len(found.contract)} places.\n"
        yield from _changes(found.contract, "column and rule")
    if found.drifted:
        yield f"\n{len(found.drifted)} columns have drifted (population stability index).\n"
        yield from _table(
            ["column", "index", "drift"],
            (
                [code(column.name), number(column.drift.index, 3), column.drift.level]
                for column in found.drifted[:MOST] if column.drift
            ),
        )  # fmt: skip


def _human(key: str) -> str:
    return key.replace("_", " ")


def _params(report: Report) -> Iterator[str]:
    yield "### Parameters"
    yield ""
    if report.base is None:
        yield f"{len(report.every_param)} parameters, nothing to compare them with."
    elif not report.params:
        yield "No parameter has changed."
    else:
        yield from _changes(report.params, "parameter")


def _changes(rows: list[Change], head: str) -> Iterator[str]:
    yield from _table(
        [head, "base", "now"],
        (
            [code(row.key), *("–" if side is None else code(side) for side in (row.base, row.new))]
            for row in rows[:MOST]
        ),
    )
    if len(rows) > MOST:
        yield f"\n{len(rows) - MOST} more are on the page."
