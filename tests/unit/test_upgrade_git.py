"""What an upgrade asks of git, and what it does not tell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from src.base.errors import InputError
from src.repository.commands import output
from src.repository.project import ROOT
from src.upgrade.__main__ import Arguments, main
from src.upgrade.trees import read_moved

IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@example.com")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository in which a commit has moved a file and changed it a little."""
    output("git", "init", "--quiet", cwd=tmp_path)
    lines = "".join(f"line {number}\n" for number in range(20))
    for name, text in {"a.py": lines, "ours.py": lines.replace("line 7", "line seven")}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        output("git", "add", "--all", cwd=tmp_path)
        output("git", *IDENTITY, "commit", "--quiet", "-m", name, cwd=tmp_path)
        (tmp_path / name).unlink()
    return tmp_path


def test_a_moved_file_is_found_by_its_lines(repository: Path) -> None:
    assert read_moved(repository, "HEAD~1", "HEAD", ROOT) == [("a.py", "ours.py")]
    assert read_moved(repository, "HEAD", "HEAD", ROOT) == []


@pytest.mark.parametrize("command", ["merge", "cherry-pick"])
def test_what_git_is_in_the_middle_of_comes_first(
    repository: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(repository)
    output("git", "update-ref", f"{command.upper().replace('-', '_')}_HEAD", "HEAD")
    for source in ("", "."):
        with pytest.raises(InputError, match=f"a {command} is not finished"):
            main(Arguments(source))


def test_a_message_does_not_tell_the_secret_of_an_address() -> None:
    with pytest.raises(InputError, match=r"https://\*\*\*@example\.com/x\.git") as raised:
        output("git", "ls-tree", "https://bob:s3cret@example.com/x.git")
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("upgrade", 'python -m src.upgrade "{}" --to ""'),
        ("merge", 'python -m src.merge --source "{}" --commit yes'),
        ("serve", 'python -m src.serve "{}" --version "" --port 8080'),
    ],
)
def test_whose_code_is_run_is_not_said_by_the_environment(
    target: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FROM", "TO"):
        monkeypatch.setenv(name, "left")
    make = ("make", "--dry-run", "--no-print-directory", target)

    def last(*given: str) -> str:
        return subprocess.check_output([*make, *given], text=True).splitlines()[-1]

    assert last() == command.format("")
    assert last("FROM=there") == command.format("there")
    if target == "upgrade":
        assert last("FROM=there", "TO=tag") == 'python -m src.upgrade "there" --to "tag"'
