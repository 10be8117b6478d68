"""The tag of a published model: which version it gets, and how the server learns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from src.base.errors import InputError
from src.base.files import temporary_folder
from src.release.version import Bump, following, message
from src.repository.commands import TEMPORARY, attempt, output
from src.repository.dvc_lock import LOCK, Entry
from src.repository.project import require_own_tags, this_project
from src.repository.release_notes import read_release_notes
from src.repository.revisions import find, releases
from src.repository.server import Server


@dataclass(frozen=True)
class Tag:
    """A version and the hash of git's tag object, which at first nothing refers to."""

    name: str
    object: str


def require_current(server: Server, branch: str | None, commit: str) -> None:
    """Learn the server's releases, and refuse a commit that is not the newest of its branch.

    Newer commits that leave this project as it is, those of the models beside it, do not count.

    Raises
    ------
    InputError
        The server does not answer, there is no branch, or the server's has moved.
    """
    require_own_tags()
    if branch is None:
        raise InputError("HEAD is detached, expected a branch: run `git switch BRANCH`.")
    if not _is_newest(commit, _learn(server, branch)):
        raise InputError(_moved(server, branch))


def make(commit: str, bump: Bump, details: dict[str, Any], published: list[Entry]) -> Tag:
    """Make the annotated tag, unless the highest version names these very files already."""
    tags = releases()
    ours = find(commit)
    same = [tag for tag in tags if ours.has_same(find(tag), str(LOCK), "*.dvc")]  # results and data
    if same and same[0] == tags[0]:
        print(f"{tags[0]} already names this dvc.lock.")
        return existing(tags[0])
    project = this_project()
    name = following(tags[0] if tags else None, bump, project.tag_prefix)
    notes = read_release_notes(commit)
    hashes = {project.path(entry.path): entry.md5 for entry in published}
    text = message(name, details, hashes, repeats=same[0] if same else None, notes=notes)
    tagger = output("git", "var", "GIT_COMMITTER_IDENT")
    head = f"object {commit}\ntype commit\ntag {name}\ntagger {tagger}"
    with temporary_folder(TEMPORARY, "tag-") as folder:
        file = folder / "tag"
        file.write_text(f"{head}\n\n{text}\n", encoding="utf-8")
        return Tag(name, output("git", "hash-object", "-t", "tag", "-w", str(file)))


def push(server: Server, branch: str | None, commit: str, tag: Tag) -> None:
    """Push tag and commit together, or neither; the tag alone where the branch has the commit.

    Raises
    ------
    InputError
        The server has refused: somebody was faster, or one may not push there.
    """
    head = _learn(server, branch)
    refs = [f"{tag.object}:refs/tags/{tag.name}"]
    if not _is_contained(commit, head):
        refs.append(f"{commit}:refs/heads/{branch}")
    try:
        output("git", "push", "--quiet", "--atomic", server.name, *refs)
    except InputError as error:
        now = _learn(server, branch)
        if server.refs().get(f"refs/tags/{tag.name}", tag.object) != tag.object:
            reason = taken(server, tag.name)
        elif not _is_newest(commit, now):
            reason = _moved(server, str(branch))
        elif now != head:  # by what concerns other projects only
            push(server, branch, commit, tag)
            return
        else:
            reason = f"{server.name} does not take {tag.name} with {branch}: {error}"
        raise InputError(
            f"{reason} Nothing was tagged; what is in the storage already costs no second push."
        ) from None


def taken(server: Server, name: str) -> str:
    """Say that a version is not ours."""
    return f"{server.name}: somebody else has published {name}. Publish again."


def learn(server: Server, name: str) -> Tag:
    """Fetch a tag as the server has it."""
    ref = f"refs/tags/{name}"
    output("git", "fetch", "--quiet", "--no-tags", server.name, f"+{ref}:{ref}",
           advice=server.ADVICE)  # fmt: skip
    return existing(name)


def existing(name: str) -> Tag:
    """Return a tag of this clone."""
    return Tag(name, output("git", "rev-parse", f"refs/tags/{name}"))


def message_of(tag: Tag) -> str:
    """Return a tag's message; empty where it is a name for a commit and nothing else."""
    text = (attempt("git", "cat-file", "tag", tag.object) or b"").decode(errors="replace")
    return text.partition("\n\n")[2].strip()


def _learn(server: Server, branch: str | None) -> str | None:
    """Fetch the server's releases of this project and its branch; return what that is at."""
    head = server.refs().get(f"refs/heads/{branch}")
    tags = this_project().tags
    wanted = [f"+refs/tags/{tags}:refs/tags/{tags}", *([head] if head else [])]
    output("git", "fetch", "--quiet", "--no-tags", server.name, *wanted, advice=server.ADVICE)
    return head


def _is_newest(commit: str, head: str | None) -> bool:
    """Tell whether the server's branch has no later state of this project than the commit."""
    return head is None or _descends(commit, head) or _is_contained(commit, head)


def _is_contained(commit: str, head: str | None) -> bool:
    """Tell whether the branch has the commit, and after it only what concerns other projects."""
    if head in (None, commit) or not _descends(str(head), commit):
        return False
    return attempt("git", "diff", "--quiet", commit, str(head), "--", ".") is not None


def _descends(commit: str, from_commit: str) -> bool:
    return attempt("git", "merge-base", "--is-ancestor", from_commit, commit) is not None


def _moved(server: Server, branch: str) -> str:
    return (
        f"{server.name}: the branch {branch} has moved on. Run `make merge FROM={server.name}/"
        f"{branch}` and publish what it gives; in CI the pipeline of the newer commit does."
    )


def keep(tag: Tag) -> None:
    """Let this clone have the tag."""
    output("git", "update-ref", f"refs/tags/{tag.name}", tag.object)
