"""Bring together what the stages left, the baseline and the settings, and run every check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from src.base.contract import load_contract
from src.base.errors import InputError
from src.base.files import read_json, sha256
from src.base.settings import PARAMS, read_yaml
from src.gate import baseline, integrity, lock
from src.gate.bounds import check_bounds
from src.gate.candidate import Candidate, Files
from src.gate.decision import Baseline, Decision, GateCheck, Outcome
from src.gate.integrity import failed, passed
from src.gate.reuse import check_reuse
from src.gate.saved_model import check_model
from src.gate.settings import Gate
from src.repository.dvc_lock import LOCK
from src.repository.revisions import require_repository
from src.results.predictions_file import read_predictions

PIPELINE = Path("dvc.yaml")
"""DVC's own name."""


def decide(files: Files, settings: Gate, name: str) -> Decision:
    """Run every check; what cannot be read or compared is a failed or inconclusive check.

    ``name`` is the baseline's revision; empty, the last published model is the baseline.

    Raises
    ------
    InputError
        There is no git repository here.
    """
    require_repository()
    verified = (LOCK, PARAMS, files.metrics, files.details)
    verifies = {path.as_posix(): sha256(path) for path in verified}
    before = _stamps(files)
    checks = _check_lock(files)
    # A file of unknown origin is not loaded: a tampered tree can crash the process.
    intact = any(check.check == lock.OUTPUTS and check.outcome == "passed" for check in checks)
    metrics, details, found = _read_metrics(files)
    checks += found
    checks += check_bounds({**details, **metrics}, settings.bounds)
    candidate, found = _read_candidate(files, details)
    checks += found
    checks += check_model(files, candidate, settings, intact)
    revision, found = baseline.choose(name, settings)
    checks += found
    if revision is not None:
        checks.append(baseline.check(files, candidate, revision, settings))
    reuse, check = check_reuse(files.details, details, settings)
    checks.append(check)
    if _stamps(files) != before:
        checks.append(failed("unchanged", "A file changed while the gate ran. Run it again."))
    return Decision(
        outcome=overall(checks, settings),
        verifies=verifies,
        baseline=Baseline(revision=revision.name, commit=revision.commit) if revision else None,
        checks=tuple(checks),
        test_set_reuse=reuse,
    )


def _stamps(files: Files) -> list[tuple[int, ...] | None]:
    """Return what changes with every write of a file that the decision is about."""
    paths = (LOCK, PARAMS, PIPELINE, files.metrics, files.details, files.predictions, files.model,
             files.train, files.test, files.contract)  # fmt: skip
    stats = (path.stat() if path.exists() else None for path in paths)
    return [stat and (stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats]


def overall(checks: Iterable[GateCheck], settings: Gate) -> Outcome:
    """Return the worst outcome: one failed check fails the gate, as does a gate without checks."""
    found = {check.outcome for check in checks}
    if "failed" in found or not found:
        return "failed"
    if "inconclusive" in found and settings.inconclusive == "fail":
        return "inconclusive"
    return "passed"


def _check_lock(files: Files) -> list[GateCheck]:
    required = [files.metrics, files.details, files.predictions, files.model, files.train,
                files.test]  # fmt: skip
    try:
        locked, pipeline, params = map(read_yaml, (LOCK, PIPELINE, PARAMS))
        return lock.check_lock(locked, pipeline, params, required)
    except InputError as error:
        return [failed("lock", str(error))]
    except (AttributeError, KeyError, TypeError) as error:
        reason = f"{LOCK} or {PIPELINE} is not as DVC writes it ({error!r}). Run `dvc repro`."
        return [failed("lock", reason)]


def _read_metrics(files: Files) -> tuple[dict[str, Any], dict[str, Any], list[GateCheck]]:
    """Read the headline and the details."""
    try:
        metrics, details = read_json(files.metrics), read_json(files.details)
    except InputError as error:
        return {}, {}, [failed("metrics", str(error))]
    return metrics, details, [integrity.check_headline(metrics, details)]


def _read_candidate(
    files: Files, details: Mapping[str, Any]
) -> tuple[Candidate | None, list[GateCheck]]:
    try:
        contract = load_contract(files.contract)
        recorded = read_predictions(files.predictions, contract)
    except InputError as error:
        return None, [failed("predictions", str(error))]
    count = len(recorded.predicted)
    checks = [passed("predictions", f"{count:,} rows are readable and well formed.")]
    checks += integrity.check_predictions(recorded, details)
    return Candidate(details, contract, recorded), checks
