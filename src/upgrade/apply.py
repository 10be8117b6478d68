"""Commit what a version of the template changes in the project: this version's own code does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from src.base.command import run
from src.base.errors import InputError
from src.repository.commands import attempt, call, output
from src.repository.project import PROJECT, ROOT, this_project
from src.upgrade.finish import SUBJECT
from src.upgrade.fitted import named_as, pipeline_as
from src.upgrade.migrations import OLDEST, Owned, migrated
from src.upgrade.sides import Sides, Tree, sides
from src.upgrade.trees import read_moved, read_text, read_tree, write_commit, write_text
from src.upgrade.versions import TemplateVersion, dotted
from src.upgrade.yaml_text import require_editable

OWNED = ("params.yaml", "data/schema.yaml")
"""The files that migrations change."""

FITTED = {"dvc.yaml": pipeline_as, PROJECT: named_as}
"""The files in which the template is made to have what the team has decided, and how."""

PARENT = ("src/new_model/parent.yml", "src/new_model/shared.py")
"""What the files at git's root are made from where several models lie beside each other."""


@dataclass(frozen=True)
class Arguments:
    """A clone that has both versions, such as ``0.2.0=commit``, and the project's commit."""

    template: Path
    head: str
    base: str
    target: str


def main(arguments: Arguments) -> None:
    """Apply the difference of both versions to the project, as git applies a commit."""
    template, here = arguments.template, this_project()
    base, target = _version(arguments.base), _version(arguments.target)
    if base.numbers < OLDEST:
        raise InputError(f"{PROJECT}: found version {base}, expected {dotted(OLDEST)} or later.")
    ours = read_tree(template, arguments.head, here.folder)
    before, after = (read_tree(template, one.commit) for one in (base, target))
    made = sides(ours, before, after)
    _migrate(template, ours, made, base, target)
    _fit(template, ours, made)
    at = (arguments.head, here.folder)
    lower = write_commit(template, made.base, *at, str(base))
    message = f"{SUBJECT} from {base} to {target}\n\nCHANGELOG.md says what is new."
    upper = write_commit(template, made.target, *at, message, lower)
    output("git", "update-ref", "refs/heads/upgrade", upper, cwd=template)
    output("git", "fetch", "--quiet", "--no-tags", str(template), "refs/heads/upgrade")
    for path in made.kept:
        print(f"{path}: kept as you have it; the template's has changed, too.")
    for old, new in read_moved(template, base.commit, arguments.head, here.folder):
        if before[old] != after.get(old):
            print(f"{new}: kept as you have it; the template's, {old}, has changed: compare them.")
    if here.folder != ROOT and any(before.get(path) != after.get(path) for path in PARENT):
        print(f"{', '.join(PARENT)}: what the files at git's root were made from has changed; "
              "compare them.")  # fmt: skip
    _pick(upper, made.locks)


def _version(text: str) -> TemplateVersion:
    numbers, _, commit = text.partition("=")
    return TemplateVersion(tuple(map(int, numbers.split("."))), commit)


def _migrate(
    template: Path, ours: Tree, made: Sides, base: TemplateVersion, target: TemplateVersion
) -> None:
    """Let the target have the team's parameters and contract as it wants them."""
    for name in OWNED:
        if name not in ours:
            raise InputError(f"{name}: git has no such file. Commit it.")
    old = Owned(*(_own_text(template, ours, name) for name in OWNED))
    for name, text in zip(OWNED, migrated(old, base.numbers, target.numbers), strict=True):
        made.target[name] = write_text(template, text, ours[name].mode)


def _fit(template: Path, ours: Tree, made: Sides) -> None:
    """Let both versions of a file have what the team has decided."""
    for name, fit in FITTED.items():
        if all(name in tree for tree in (ours, made.base, made.target)):
            own, base = _own_text(template, ours, name), read_text(template, made.base[name], name)
            for tree in (made.base, made.target):
                text = fit(read_text(template, tree[name], name), base, own)
                tree[name] = write_text(template, text, ours[name].mode)


def _own_text(template: Path, ours: Tree, name: str) -> str:
    text = read_text(template, ours[name], name)
    if name.endswith(".yaml"):
        require_editable(text, name)
    return text


def _pick(commit: str, locks: list[str]) -> None:
    """Apply the commit; lock again what the team has locked itself.

    Raises
    ------
    InputError
        There are conflicts, and git waits for the user.
    """
    if attempt("git", "cherry-pick", commit) is None:
        conflicts = output("git", "diff", "--name-only", "--diff-filter=U").splitlines()
        if not conflicts:
            call("git", "cherry-pick", commit)  # once more, for its own message
        lock = f" Of {', '.join(locks)} the template's is taken: `make lock`, too." if locks else ""
        raise InputError(
            f"conflicts in {', '.join(conflicts)}: edit and `git add` them, then `git cherry-pick "
            f"--continue`, then `make upgrade`.{lock} Or leave it: `git cherry-pick --abort`."
        )
    if locks:
        print(f"{', '.join(locks)}: yours are locked anew, with what the template wants.")
        advice = "The files are merged and committed. Lock them, then run `make upgrade`."
        call("make", "--no-print-directory", "lock", advice=advice)
        output("git", "commit", "--quiet", "--amend", "--no-edit", "--all", "--no-verify")


if __name__ == "__main__":
    run(main, Arguments)
