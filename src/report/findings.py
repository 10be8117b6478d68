"""What a reviewer has to know first, in words, each with its figure; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from src.gate.decision import GateCheck, PairedTest
from src.pages import text
from src.report.compare import ScoreComparison, Slice
from src.report.data import Data
from src.report.paired import Pairs
from src.report.verdict import Verdict
from src.repository.changes import Change

MOST = 5
"""Sentences at most."""

GATE = "gate."
"""How the parameters begin that say what a model must show."""

NAMED = 3
"""Scores, slices or parameters named in a sentence at most."""


@dataclass(frozen=True)
class Statement:
    """A sentence, and whether it is good news."""

    sentence: str
    kind: Literal["good", "bad", "plain"] = "plain"


@dataclass(frozen=True)
class Moved:
    """A score, of the test set or of a slice, that is clearly better or worse.

    Attributes
    ----------
    covered
        Whether a check of the gate looks at it.
    same_rows
        Whether both are scored on the same test set. Else the scores of this and of the base are of
        other rows than their difference, and are not named beside it.
    """

    where: str
    score: ScoreComparison
    covered: bool
    same_rows: bool

    def __str__(self) -> str:
        score = self.score
        name = f"{score.label} in {self.where}" if self.where else score.label
        change, limits = text.change(score.change), text.interval(score.change_bounds)
        if limits and not self.same_rows:
            return f"{name} by {change} ({limits}) on the rows of both test sets"
        base = score.base.value if score.base else None
        between = "" if base is None else f"{text.number(base)} → "
        beside = f", {limits}" if limits else ""
        return f"{name} {between}{text.number(score.new.value)} ({change}{beside})"


def moved(
    verdict: Verdict,
    scores: Iterable[ScoreComparison],
    slices: Mapping[str, Iterable[Slice]],
    *,
    same_rows: bool,
) -> list[Moved]:
    """Return what is clearly better or worse, scores of the whole test set first."""
    paths = [path for check in verdict.checks for path in check.paths]
    paired = verdict.paired.metric if verdict.paired else None
    found = [
        Moved("", score, score.name == paired or _is_bounded(score.name, paths), same_rows)
        for score in scores if score.verdict in ("better", "worse")
    ]  # fmt: skip
    for column, levels in slices.items():
        found += [
            Moved(f"{column} = {level.level}", score, _is_bounded(score.name, paths, column),
                  same_rows)
            for level in levels for score in level.scores if score.verdict in ("better", "worse")
        ]  # fmt: skip
    return found


def _is_bounded(name: str, paths: Iterable[str], column: str = "") -> bool:
    """Tell whether a bound looks at a score, of the test set or of a column's slices."""
    if column:
        return any(path.startswith(f"slices.{column}.") and path.endswith(f".{name}")
                   for path in paths)  # fmt: skip
    whole = (name, f"test.{name}", f"test.interval.{name}.low", f"test.interval.{name}.high")
    return any(path in whole for path in paths)


def findings(
    verdict: Verdict, changed: list[Moved], pairs: Pairs | None, data: Data, params: list[Change]
) -> list[Statement]:
    """Return the sentences, what decided first."""
    asked = [change for change in params if change.key.startswith(GATE)]
    found = [*_decided(verdict), *_asked(asked), *_worse(changed), *_better(changed, pairs)]
    found += [*_flipped(pairs), *_changed(data, [one for one in params if one not in asked])]
    return found[:MOST]


def _decided(verdict: Verdict) -> Iterator[Statement]:
    stopped = [check for check in verdict.checks if check.shown in ("failed", "inconclusive")]
    if stopped:
        more = f" {len(stopped) - 1} more did not pass." if len(stopped) > 1 else ""
        first = stopped[0]
        yield Statement(f"`{first.check}` {_is(first)}: {_said(first)}{more}", "bad")
    elif verdict.status == "passed":
        bounds = [check for check in verdict.checks if check.kind == "bound"]
        held = f"All {len(bounds)} bounds hold." if len(bounds) > 1 else "The bound holds."
        said = _compared(verdict.paired) if verdict.paired else "There is no baseline."
        yield Statement(f"{held} {said}", "good")


def _is(check: GateCheck) -> str:
    return "failed" if check.shown == "failed" else "is inconclusive"


def _said(check: GateCheck) -> str:
    return _compared(check.paired) if check.paired else check.reason


def _compared(found: PairedTest) -> str:
    """Say by how much the model is better or worse than its baseline, and what was asked."""
    how = "better" if found.difference > 0 else "worse"
    size = (
        "as good as"
        if found.difference == 0
        else f"{text.number(abs(found.difference), 3)} {how} than"
    )
    inside = {
        True: "a loss beyond the margin is excluded",
        False: "the loss is beyond the margin" if found.high < -found.margin
        else "these rows cannot tell whether the loss is within the margin",
    }[found.low > -found.margin]  # fmt: skip
    return (
        f"{found.metric} {text.number(found.candidate)} is {size} the baseline's on the same "
        f"{found.rows:,} rows ({100 * found.confidence:g}\N{NO-BREAK SPACE}% limits "
        f"{text.change(found.low)} and "
        f"{text.change(found.high)}, margin {found.margin:g}): {inside}."
    )


def _worse(changed: list[Moved]) -> Iterator[Statement]:
    worse = [one for one in changed if one.score.verdict == "worse"]
    for covered in (False, True):
        part = [one for one in worse if one.covered == covered and not one.where]
        if part:
            yield Statement(f"Worse: {_named(part)}{_uncovered(part)}.", "bad")
    firsts = {one.where: one for one in reversed(worse) if one.where}
    parts = [one for one in worse if firsts.get(one.where) is one]
    if parts:
        count = f"{len(parts)} slice{'s' * (len(parts) > 1)}"
        yield Statement(f"Worse in {count}: {_named(parts)}{_uncovered(parts)}.", "bad")


def _uncovered(changed: list[Moved]) -> str:
    """Say where no check of the gate looks."""
    unseen = len([one for one in changed if not one.covered])
    if not unseen:
        return ""
    return "; no check covers " + (
        "it" if len(changed) == 1 else "them" if unseen == len(changed) else "all of them"
    )


def _better(changed: list[Moved], pairs: Pairs | None) -> Iterator[Statement]:
    better = [one for one in changed if one.score.verdict == "better"]
    whole = [one for one in better if not one.where]
    if better:
        yield Statement(f"Better: {_named(whole or better)}.", "good")
    elif pairs is not None and all(one.low == one.high == 0 for one in pairs.scores.values()):
        yield Statement(f"Both predict the same on the same {pairs.rows:,} rows.")
    elif pairs is not None and not changed:
        yield Statement(f"No score is clearly better or worse on the same {pairs.rows:,} rows.")


def _named(changed: list[Moved]) -> str:
    rest = f"; and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
    return "; ".join(map(str, changed[:NAMED])) + rest


def _flipped(pairs: Pairs | None) -> Iterator[Statement]:
    if pairs is not None and (pairs.flips[0].lost or pairs.flips[0].won):
        every = pairs.flips[0]
        yield Statement(
            f"Of {every.rows:,} rows {every.won:,} got better and {every.lost:,} worse."
        )


def _changed(data: Data, params: list[Change]) -> Iterator[Statement]:
    parts = []
    if data.drifted:
        most = data.drifted[0]
        index = text.number(most.drift.index, 2) if most.drift else ""
        count = len(data.drifted)
        parts.append(f"{count} column{'s' * (count > 1)} drifted, `{most.name}` most ({index})")
    if data.contract:
        count = len(data.contract)
        parts.append(f"the contract changed in {count} place{'s' * (count > 1)}")
    parts += [f"rows {row.key.replace('_', ' ')} {row.base} → {row.new}"
              for row in data.changed_rows[:1]]  # fmt: skip
    if params:
        parts.append(_params(params))
    if parts:
        yield Statement(f"What changed: {'; '.join(parts)}.")


def _asked(params: list[Change]) -> Iterator[Statement]:
    """Say that the gate itself is another, which a reviewer must not overlook."""
    if params:
        yield Statement(f"The gate asks for something else: {_params(params)}.", "bad")


def _params(params: list[Change]) -> str:
    """Name the first of some parameters, and how many more there are."""
    named = [_param(change) for change in params[:NAMED]]
    rest = [f"and {len(params) - NAMED} more parameters"] if len(params) > NAMED else []
    return "; ".join([*named, *rest])


def _param(change: Change) -> str:
    if change.base is None:
        return f"`{change.key}` added, {change.new}"
    if change.new is None:
        return f"`{change.key}` removed, was {change.base}"
    return f"`{change.key}` {change.base} → {change.new}"
