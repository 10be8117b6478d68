"""Where a project lies in its repository, and what its tags are called."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest

from src.base.errors import InputError
from src.repository.project import Project, all_projects, folder_at, is_release, this_project

MOVED = "[tool.model]\nmoved-from-root = true\n"


def git(*arguments: str) -> str:
    who = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    ran = subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True)
    return ran.stdout.strip()


def lay(folder: str, name: str, more: str = "") -> None:
    """Write what makes a folder a project, and commit it."""
    Path(folder, ".dvc").mkdir(parents=True)
    Path(folder, ".dvc/config").touch()
    Path(folder, "pyproject.toml").write_text(f'[project]\nname = "{name}"\n{more}')
    git("add", "--all")
    git("commit", "--quiet", "--message", name)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "project", "prefix"),
    [
        (".", ["model"], "model-v"),
        (".", ["churn"], "model-v"),
        ("churn", ["churn"], "churn-model-v"),
        ("models/churn", ["churn-2"], "churn-2-model-v"),
        ("churn", ["model"], "model-v"),
        ("churn", ["churn", MOVED], "model-v"),
    ],
)
def test_tags(
    repository: Path, monkeypatch: pytest.MonkeyPatch, folder: str, project: list[str], prefix: str
) -> None:
    lay(folder, *project)
    monkeypatch.chdir(repository / folder)
    here = this_project()
    assert (here.root, here.folder) == (repository, PurePosixPath(folder))
    assert here.tag_prefix == prefix
    assert here.path("metrics/metrics.json") == str(PurePosixPath(folder, "metrics/metrics.json"))
    assert all_projects() == [here]


def test_outside_git_it_is_a_repository_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert this_project() == Project(tmp_path, PurePosixPath())
    assert this_project().tag_prefix == "model-v"


def test_where_it_lay_before_it_was_moved(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(".", "model")
    (repository / ".dvc/config").unlink()
    lay("first", "model", MOVED)
    lay("second", "second")
    for name, before in (("first", PurePosixPath()), ("second", PurePosixPath("second"))):
        monkeypatch.chdir(repository / name)
        assert folder_at("HEAD") == PurePosixPath(name)
        assert folder_at("HEAD~2") == before
    assert [str(one.folder) for one in all_projects()] == ["first", "second"]


def test_a_project_file_that_cannot_be_read(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay("churn", "churn")
    monkeypatch.chdir(repository / "churn")
    Path("pyproject.toml").write_text("<<<<<<< HEAD\n")
    with pytest.raises(InputError, match=r"churn/pyproject\.toml: is no TOML"):
        assert this_project().tags


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("model-v1.0.0", True), ("late-payment-model-v12.0.3", True), ("model-v1", False),
        ("template-v0.3.0", False), ("model-v1.0.0-rc1", False),
    ],
)  # fmt: skip
def test_releases_of_any_model(tag: str, expected: bool) -> None:
    assert is_release(tag) is expected
