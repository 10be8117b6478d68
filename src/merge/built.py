"""What ``dvc repro`` writes and git keeps, on either side of a merge."""

from __future__ import annotations

from pathlib import Path

from src.base.errors import InputError
from src.base.settings import parse_yaml
from src.repository.cache import cached
from src.repository.commands import attempt, call, output
from src.repository.dvc_lock import LOCK, data, differences, md5_of, results
from src.repository.pipeline import queries
from src.repository.revisions import Revision


def built(*sides: Revision) -> list[str]:
    """Return the paths of the results that the sides' ``dvc.lock`` name, and its own."""
    found = {str(LOCK)}
    for side in sides:
        try:
            stages = parse_yaml(side.read(str(LOCK)) or b"{}", f"{LOCK} of {side.name}")["stages"]
            found |= {str(out["path"]) for stage in stages.values() for out in stage["outs"]}
        except (InputError, KeyError, TypeError, AttributeError):
            continue  # markers that somebody has committed: the other side names the results
    return sorted(found)


def take_whole(paths: list[str], ours: Revision, theirs: Revision) -> None:
    """Take every result from our side, those that only the other side has from there."""
    for side in (theirs, ours):
        has = output("git", "ls-tree", "-r", "--name-only", side.commit, "--", *paths).splitlines()
        if has:
            output("git", "checkout", side.commit, "--", *has)
    try:
        results()
    except InputError:  # somebody has committed markers; without the file everything is built
        LOCK.unlink(missing_ok=True)


def require_data(*sides: Revision) -> None:
    """Check out the data of every ``.dvc`` file and query; DVC would take what lies there for new.

    Raises
    ------
    InputError
        A data file is of neither side nor in the cache and would be lost, or cannot be fetched.
    """
    records = output("git", "ls-files", "--", "*.dvc").splitlines()
    records += queries() if LOCK.exists() else []
    for entry in data():
        found = md5_of(entry.path)
        if found in (None, entry.md5):
            continue
        known = b"".join(side.read(f"{entry.path.as_posix()}.dvc") or b"" for side in sides)
        saved = cached(str(found))
        if str(found).encode() not in known and not (saved and saved.is_file()):
            raise InputError(
                f"{entry.path}: is neither side's data, nor in the cache, and would be lost. Keep "
                f"it with `dvc add {entry.path}` and a commit, or move it away; then run `make "
                "merge` again."
            )
    if records and attempt("dvc", "checkout", "--quiet", "--force", *records) is None:
        advice = "Fetch the data of both branches, then run `make merge` again."
        call("dvc", "pull", "--force", *records, advice=advice)


def build(before: list[str], advice: str = "Fix the cause, then run `make merge` again.") -> None:
    """Run the pipeline, see that it has nothing left to do, and add what git keeps of it.

    Parameters
    ----------
    before
        The results of both sides; what is a result no longer is removed.
    """
    call("dvc", "repro", advice=advice)
    if wrong := differences(results()):
        raise InputError(f"{', '.join(map(str, wrong))}: not what {LOCK} names. {advice}")
    now = [str(LOCK), *(str(entry.path) for entry in results())]
    kept = [path for path in now if attempt("git", "check-ignore", "--quiet", path) is None]
    output("git", "add", "--all", "--", *kept)
    output("git", "add", "--update", "--", ":(glob)**/.gitignore")
    for path in set(before) - set(now):
        output("git", "rm", "-r", "--quiet", "--ignore-unmatch", "--", path)
        if Path(path).exists():
            print(f"{path}: no stage writes it any more; delete it if you do not need it.")
