"""The release that a job of GitLab makes by its own token, and with it the tag."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.base.errors import InputError
from src.release import gitlab_release
from src.release.tag import Tag, message_of
from src.repository.gitlab_api import job_account
from src.repository.release_notes import release_notes
from src.repository.server import find_server
from tests.clone import IDENTITY
from tests.gitlab_models import JOB_TOKEN
from tests.gitlab_server import GitLab, serving

NAME = "model-v1.0.0"
WHAT = f"{NAME}\n\nmd5\n  {'ab' * 16}      src/models/model.skops"


def git(*arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.fixture
def commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return two commits of a clone that is the current folder; its server takes no push."""
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    git("init", "--quiet", "--bare", "-b", "main", str(tmp_path / "server.git"))
    git("clone", "--quiet", str(tmp_path / "server.git"), str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    for text in ("# An older model", "# The model"):
        gitlab_release.CARD.parent.mkdir(parents=True, exist_ok=True)
        gitlab_release.CARD.write_text(f"{text}\n", encoding="utf-8")
        git("add", ".")
        git("commit", "--quiet", "--message", text)
    git("push", "--quiet", "origin", "HEAD:main")
    hook = tmp_path / "server.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    return git("rev-list", "--reverse", "HEAD").split()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitLab]:
    with serving(tmp_path / "server.git") as running:
        known = {"CI_SERVER_URL": running.url, "CI_PROJECT_ID": "42", "CI_JOB_TOKEN": JOB_TOKEN,
                 "CI_PROJECT_URL": "https://gitlab/team/project"}  # fmt: skip
        for name, value in known.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def tag(commits: list[str]) -> Tag:
    """Return a tag that nothing refers to, as publish makes it."""
    text = f"{WHAT}\n\n{release_notes('The gate has passed', commits[-1])}"
    tagger = git("var", "GIT_COMMITTER_IDENT")
    head = f"object {commits[-1]}\ntype commit\ntag {NAME}\ntagger {tagger}"
    Path("tag").write_text(f"{head}\n\n{text}\n", encoding="utf-8")
    return Tag(NAME, git("hash-object", "-t", "tag", "-w", "tag"))


def publish(tag: Tag) -> Tag:
    account, here = job_account(os.environ), find_server()
    assert account is not None
    assert here is not None
    return gitlab_release.publish(here, account, "main", tag)


def test_gitlab_makes_the_tag_of_the_release(server: GitLab, tag: Tag, commits: list[str]) -> None:
    made = publish(tag)
    assert git("ls-remote", "origin", f"refs/tags/{NAME}").split()[0] == made.object
    assert git("rev-parse", f"{NAME}^{{commit}}") == commits[-1]
    assert message_of(made) == message_of(tag)
    release = server.registry.releases[NAME]
    text, _, published = release["description"].partition("## What was published")
    assert text.index("The gate has passed") < text.index("# The model")
    assert "src/models/model.skops" in published
    assert "The gate has passed" not in published
    assert {link["name"]: link["url"] for link in release["links"]} == {
        "metrics.json": f"https://gitlab/team/project/-/blob/{NAME}/metrics/metrics.json",
        "dvc.lock": f"https://gitlab/team/project/-/blob/{NAME}/dvc.lock",
    }
    assert publish(made) == made
    assert [one.method for one in server.registry.seen] == ["GET", "POST", "GET"]


def test_a_tag_without_its_release_is_completed(server: GitLab, tag: Tag) -> None:
    made = publish(tag)
    del server.registry.releases[NAME]
    assert publish(made) == made
    assert list(server.registry.releases) == [NAME]


def test_who_may_not_create_the_tag_is_told_what_to_change(server: GitLab, tag: Tag) -> None:
    server.registry.may_tag = False
    with pytest.raises(InputError, match=r"403.*Protected tags.*Nothing was tagged") as raised:
        publish(tag)
    assert JOB_TOKEN not in str(raised.value)
    assert git("ls-remote", "--tags", "origin") == ""
    server.registry.may_tag = True
    publish(tag)


@pytest.mark.parametrize("step", ["GET", "POST"])
@pytest.mark.parametrize("status", [401, 500])
def test_nothing_is_tagged_where_gitlab_fails(
    server: GitLab, tag: Tag, step: str, status: int
) -> None:
    server.failing = {f"{step} /api/v4/projects/42/releases": (status, {}, "{}")}
    with pytest.raises(InputError, match=f"answered {status}.*Nothing was tagged"):
        publish(tag)
    assert git("ls-remote", "--tags", "origin") == ""


def test_somebody_who_was_faster_keeps_the_version(
    server: GitLab, tag: Tag, commits: list[str]
) -> None:
    server.registry.rival = commits[0]
    with pytest.raises(InputError, match=f"somebody else has published {NAME}"):
        publish(tag)
    release = server.registry.releases[NAME]["description"]
    assert "# An older model" in release
    assert "theirs" in release
    assert "# The model" not in release
    before = len(server.registry.seen)
    with pytest.raises(InputError, match=f"somebody else has published {NAME}"):
        publish(tag)
    assert len(server.registry.seen) == before


def test_a_commit_that_is_not_the_newest_any_more_gets_no_release(
    server: GitLab, tag: Tag, tmp_path: Path
) -> None:
    (tmp_path / "server.git/hooks/pre-receive").unlink()
    git("clone", "--quiet", str(tmp_path / "server.git"), str(tmp_path / "other"))
    elsewhere = ("-C", str(tmp_path / "other"))
    (tmp_path / "other/params.yaml").write_text("", encoding="utf-8")
    git(*elsewhere, "add", ".")
    git(*elsewhere, "commit", "--quiet", "--message", "another model")
    git(*elsewhere, "push", "--quiet", "origin", "main")
    with pytest.raises(InputError, match="the branch main has moved on"):
        publish(tag)
    assert server.registry.seen == []


def test_a_desk_has_no_account() -> None:
    assert job_account({"CI_SERVER_URL": "https://gitlab", "CI_PROJECT_ID": "42"}) is None
