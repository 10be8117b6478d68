"""The tag of a published model: which version it gets, and how the server learns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from src.base.errors import InputError
from src.base.files import temporary_folder
from src.release.version import Bump, following, message
from src.repository.commands import TEMPORARY, attempt, output
from src.repository.dvc_lock import LOCK, Entry
from src.repository.release_notes import read_release_notes
from src.repository.revisions import RELEASES, releases
from src.repository.server import Server


@dataclass(frozen=True)
class Tag:
    """A version and the hash of git's tag object, which at first nothing refers to."""

    name: str
    object: str


def require_current(server: Server, branch: str | None, commit: str) -> None:
    """Learn the server's releases, and refuse a commit that is not the newest of its branch.

    Raises
    ------
    InputError
        The server does not answer, there is no branch, or the server's has moved.
    """
    if branch is None:
        raise InputError("HEAD is detached, expected a branch: run `git switch BRANCH`.")
    head = server.refs().get(f"refs/heads/{branch}")
    wanted = [f"+refs/tags/{RELEASES}:refs/tags/{RELEASES}", *([head] if head else [])]
    output("git", "fetch", "--quiet", "--no-tags", server.name, *wanted, advice=server.ADVICE)
    if _is_behind(head, commit):
        raise InputError(_moved(server, branch))


def make(commit: str, bump: Bump, details: dict[str, Any], published: list[Entry]) -> Tag:
    """Make the annotated tag, unless the highest version names these very files already."""
    tags = releases()
    same = [tag for tag in tags if _is_same(commit, tag)]
    if same and same[0] == tags[0]:
        print(f"{tags[0]} already names this dvc.lock.")
        return Tag(tags[0], output("git", "rev-parse", f"refs/tags/{tags[0]}"))
    name = following(tags[0] if tags else None, bump)
    notes = read_release_notes(commit)
    text = message(name, details, published, repeats=same[0] if same else None, notes=notes)
    tagger = output("git", "var", "GIT_COMMITTER_IDENT")
    head = f"object {commit}\ntype commit\ntag {name}\ntagger {tagger}"
    with temporary_folder(TEMPORARY, "tag-") as folder:
        file = folder / "tag"
        file.write_text(f"{head}\n\n{text}\n", encoding="utf-8")
        return Tag(name, output("git", "hash-object", "-t", "tag", "-w", str(file)))


def _is_same(commit: str, tag: str) -> bool:
    """Tell whether two revisions name the same results and the same data."""
    diff = ("git", "diff", "--quiet", commit, tag, "--", str(LOCK), "*.dvc")
    return attempt(*diff) is not None


def push(server: Server, branch: str | None, commit: str, tag: Tag) -> None:
    """Push tag and commit together, or neither.

    Raises
    ------
    InputError
        The server has refused: somebody was faster, or one may not push there.
    """
    refs = (f"{tag.object}:refs/tags/{tag.name}", f"{commit}:refs/heads/{branch}")
    try:
        output("git", "push", "--quiet", "--atomic", server.name, *refs)
    except InputError as error:
        now = server.refs()
        if now.get(f"refs/tags/{tag.name}", tag.object) != tag.object:
            reason = f"{server.name}: somebody else has published {tag.name}. Publish again."
        elif _is_behind(now.get(f"refs/heads/{branch}"), commit):
            reason = _moved(server, str(branch))
        else:
            reason = f"{server.name} does not take {tag.name} with {branch}: {error}"
        raise InputError(
            f"{reason} Nothing was tagged; what is in the storage already costs no second push."
        ) from None


def _is_behind(head: str | None, commit: str) -> bool:
    """Tell whether the server's branch holds what the commit does not descend from."""
    return bool(head) and attempt("git", "merge-base", "--is-ancestor", str(head), commit) is None


def _moved(server: Server, branch: str) -> str:
    return (
        f"{server.name}: the branch {branch} has moved on. Run `make merge FROM={server.name}/"
        f"{branch}` and publish what it gives; in CI the pipeline of the newer commit does."
    )


def keep(tag: Tag) -> None:
    """Let this clone have the tag."""
    output("git", "update-ref", f"refs/tags/{tag.name}", tag.object)
