"""A team's project: its repository on a GitLab, its storage with two kinds of keys, its runner."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
from pathlib import Path

from tests.ci import gitlab
from tests.ci.runner import Pipeline, Runner
from tests.clone import Clone
from tests.gitlab_models import JOB_TOKEN
from tests.gitlab_server import serving
from tests.guard import Guard
from tools.s3 import Server

PUSH_TOKEN = "glpat-push"  # noqa: S105 - opens a folder of the test
HOOK = """#!/bin/sh
# A protected branch refuses what is not a merge request; what comes is written down.
while read -r old new ref; do
    if [ "$ref" = refs/heads/main ]; then echo "main is protected" >&2; exit 1; fi
    echo "ref $ref" >>pushed
done
count=${GIT_PUSH_OPTION_COUNT:-0}
index=0
while [ "$index" -lt "$count" ]; do
    eval "echo \\"option \\$GIT_PUSH_OPTION_$index\\"" >>pushed
    index=$((index + 1))
done
"""


class Team:
    """What a pipeline meets: nothing in it is shared with another test."""

    def __init__(self, folder: Path, template: Path, *projects: str) -> None:
        """Open a repository for a template, in which there are projects, or which is one."""
        reader, secret = secrets.token_hex(8), secrets.token_hex(16)
        self.reader = ("--auth-key", f"{reader},{secret}")
        self.server = Server(folder / "server").start(*self.reader)
        self.guard = Guard(self.server, writer=self.server.key)
        self.keys = {"AWS_ACCESS_KEY_ID": reader, "AWS_SECRET_ACCESS_KEY": secret}
        self.runner = Runner(folder)
        self.repository = folder / "project.git"
        self._stack = contextlib.ExitStack()
        self.gitlab = self._stack.enter_context(serving(self.repository))
        shutil.copytree(template, folder / "author", symlinks=True)
        self.author = Clone(folder / "author")
        self.author.environment = self.server.environment
        for project in projects or (".",):
            self.project(project).point_to(self.guard.endpoint)
        self._open_the_repository()
        self.scopes: dict[str, dict[str, str]] = {
            "AWS_DEFAULT_REGION": {"*": "us-east-1"},
            "AWS_REQUEST_CHECKSUM_CALCULATION": {"*": "when_required"},
            **{name: {"*": value} for name, value in self.keys.items()},
            **{name: {"*": value} for name, value in self._read_by_job_token().items()},
        }

    def project(self, folder: str) -> Clone:
        """Return a project in the author's clone."""
        clone = Clone(self.author.folder / folder)
        clone.environment = self.author.environment
        return clone

    def may_publish(self) -> None:
        """Give the environment ``models`` the keys that may write."""
        for name in self.keys:
            self.scopes[name]["models"] = self.server.environment[name]

    def pipeline(self, kind: str, revision: str = "origin/main", **options: str) -> Pipeline:
        """Run a pipeline on what the author has pushed."""
        self.runner.variables(self.scopes)
        known = {
            "CI_SERVER_URL": self.gitlab.url, "CI_PROJECT_ID": "42", "CI_JOB_TOKEN": JOB_TOKEN,
            "CI_PROJECT_URL": gitlab.ADDRESS.removesuffix(".git"),  # of git, another server
        }  # fmt: skip
        return self.runner.run(self.repository, revision, kind, **known, **options)

    def merge_request(self, branch: str, **options: str) -> Pipeline:
        """Push the author's commits as a branch and run its merge-request pipeline."""
        self.author.succeed("git", "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        base = self.author.succeed("git", "merge-base", "HEAD", "origin/main").strip()
        known = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, **options}
        return self.pipeline("merge request", f"origin/{branch}", **known)

    def merge(self) -> None:
        """Make the author's commits the default branch, as only GitLab itself may."""
        fetch = ("git", "--git-dir", str(self.repository), "fetch", "--quiet", ".", "+HEAD:main")
        self.author.succeed(*fetch)
        self.author.succeed("git", "fetch", "--quiet", "origin")

    def pushed(self) -> list[str]:
        """Return what has been pushed by git: refs and push options."""
        record = self.repository / "pushed"
        return record.read_text(encoding="utf-8").splitlines() if record.exists() else []

    def tags(self) -> list[str]:
        """Return the tags that GitLab has."""
        git = ("git", "--git-dir", str(self.repository), "tag", "--list")
        return self.author.succeed(*git).split()

    def bucket(self) -> dict[str, str]:
        """Return the hash of every object in the storage by its key."""
        return {
            key: hashlib.sha256((self.server.bucket / key).read_bytes()).hexdigest()
            for key in self.server.objects()
        }

    def close(self) -> None:
        """Stop the servers."""
        self._stack.close()
        self.guard.close()
        self.server.kill()

    def _read_by_job_token(self) -> dict[str, str]:
        """Return what lets git in a job read the address that it was cloned from, and not push."""
        return {
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": f"url.{self.repository}.insteadOf",
            "GIT_CONFIG_VALUE_0": gitlab.ADDRESS,
            "GIT_CONFIG_KEY_1": f"url.{self.repository}-is-read-only.pushInsteadOf",
            "GIT_CONFIG_VALUE_1": gitlab.ADDRESS,
        }

    def _open_the_repository(self) -> None:
        self.author.succeed("git", "init", "--quiet", "--bare", "-b", "main", str(self.repository))
        self.author.succeed("git", "remote", "add", "origin", str(self.repository))
        self.merge()
        hook = self.repository / "hooks/pre-receive"
        hook.write_text(HOOK, encoding="utf-8")
        hook.chmod(0o755)
        advertise = ("git", "--git-dir", str(self.repository), "config")
        self.author.succeed(*advertise, "receive.advertisePushOptions", "true")
        host, path = gitlab.ADDRESS.removeprefix("https://").split("/", 1)
        with_token = f"https://ci:{PUSH_TOKEN}@{host}/{path}"
        self.runner.git_config(f"url.{self.repository}.insteadOf", with_token)
