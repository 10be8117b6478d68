"""The repository that people share: what it has, told by itself and not by this clone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from src.base.errors import InputError
from src.repository.commands import attempt, output
from src.repository.project import this_project


@dataclass(frozen=True)
class Server:
    """A git remote.

    Attributes
    ----------
    name
        As ``git remote`` lists it.
    url
        Where it is read from.
    """

    name: str
    url: str

    ADVICE: ClassVar[str] = (
        "What others have pushed cannot be known without the server: nothing was changed. "
        "Try again when `git ls-remote` answers."
    )

    def refs(self) -> dict[str, str]:
        """Return what each of its branches, tags and experiments is at.

        Raises
        ------
        InputError
            It does not answer.
        """
        listed = output("git", "ls-remote", self.name, "refs/heads/*", "refs/tags/*", "refs/exps/*",
                        advice=self.ADVICE)  # fmt: skip
        pairs = (line.split("\t") for line in listed.splitlines())
        return {name: commit for commit, name in pairs}


def find_server() -> Server | None:
    """Find the server: where the branch comes from, else ``origin``, else the only one.

    Returns
    -------
    None where the clone has no git remote at all.

    Raises
    ------
    InputError
        There are several, and which one is meant cannot be told.
    """
    names = output("git", "remote").splitlines()
    branch = current_branch()
    upstream = attempt("git", "config", f"branch.{branch}.remote") if branch else None
    preferred = [name for name in ((upstream or b"").decode().strip(), "origin") if name in names]
    if not names:
        return None
    if not preferred and len(names) > 1:
        raise InputError(
            f"git has the remotes {', '.join(names)}, and none is called origin. Say which one is "
            f"meant: `git branch --set-upstream-to {names[0]}/main`."
        )
    name = (preferred or names)[0]
    url = output("git", "remote", "get-url", name)
    place = this_project().root / url
    return Server(name, str(place) if place.exists() else url)


def current_branch() -> str | None:
    """Return the branch that is checked out; None of a detached HEAD."""
    name = attempt("git", "symbolic-ref", "--quiet", "--short", "HEAD")
    return name.decode().strip() if name else None
