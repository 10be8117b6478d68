"""What several models share at git's root, and how a configuration of DVC follows its project."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from ruamel.yaml import YAML

from src.base.errors import InputError
from src.new_model import move
from src.new_model.place import cache_of, repoint, require_name, require_tag_name
from src.new_model.shared import HOOKS, IGNORE, PIPELINE, ModelEntry, entered
from src.repository.project import Project

CACHE = Path(".cache/dvc")
MODELS = [ModelEntry(PurePosixPath("diagnosis"), CACHE),
          ModelEntry(PurePosixPath("models/churn"), CACHE)]  # fmt: skip
CONFIG = """\
[core]
    remote = storage
['remote "storage"']
    url = ../.storage
['remote "bucket"']
    url = s3://bucket/models
"""
STORED = {".dvc/cache/files/md5/ab/cd", ".storage/files/md5/ab/cd"}


def files(folder: Path) -> dict[str, str]:
    """Return the texts of all files but git's own."""
    paths = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_a_model_is_entered_once() -> None:
    one = entered({}, MODELS[:1])
    both = entered(one, MODELS)
    assert entered(both, MODELS) == both
    assert all(both[name].startswith(one[name]) for name in one)
    assert set(both) == {PIPELINE, HOOKS, IGNORE}
    yaml = YAML(typ="safe")
    jobs = yaml.load(both[PIPELINE])
    inputs = jobs["model:models/churn"]["trigger"]["include"][0]["inputs"]
    assert inputs == {"folder": "models/churn/", "cache": ".cache/dvc"}
    hooks = yaml.load(both[HOOKS])["repos"][0]["hooks"]
    assert [hook["id"] for hook in hooks] == ["diagnosis", "models/churn"]


def test_what_is_the_teams_own_is_left_alone() -> None:
    texts = entered({HOOKS: "repos: []\n", IGNORE: "/.cache/\n*.log"}, MODELS)
    assert HOOKS not in texts
    assert texts[IGNORE].splitlines() == ["/.cache/", "*.log", "/.storage/", "/.venv/"]
    with pytest.raises(InputError, match="Nothing was changed") as raised:
        entered({PIPELINE: "build:\n  script: make\n"}, MODELS)
    assert "\nmodel:diagnosis:\n" in str(raised.value)


@pytest.mark.parametrize("name", ["", "Churn", "-churn", "churn-", "a/b", "..", "late_payment"])
def test_names_that_cannot_be_a_tag_or_a_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="NAME: found"):
        require_name(name, tmp_path)


def test_names_that_are_taken(tmp_path: Path) -> None:
    assert require_name("late-payment-2", tmp_path) == tmp_path / "late-payment-2"
    (tmp_path / "churn").touch()
    with pytest.raises(InputError, match="is there already"):
        require_name("churn", tmp_path)
    with pytest.raises(InputError, match="expected what the model is about"):
        require_tag_name("model")


def test_a_copy_uses_the_same_storage_and_cache(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        (folder / ".dvc").mkdir(parents=True)
        (folder / ".dvc/config").write_text(CONFIG, encoding="utf-8")
    here = Project(tmp_path, PurePosixPath("first"))
    repoint(second, before=first, cache=tmp_path / cache_of(here))
    text = (second / ".dvc/config").read_text(encoding="utf-8")
    assert "url = ../../first/.storage\n" in text
    assert "url = s3://bucket/models\n" in text
    assert "dir = ../../first/.dvc/cache\n" in text
    assert cache_of(Project(tmp_path, PurePosixPath("second"))) == Path("first/.dvc/cache")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    texts = {
        ".dvc/config": CONFIG, "pyproject.toml": '[project]\nname = "model"\n', "src/a.py": "",
        ".gitlab-ci.yml": "test:\n", ".gitignore": "/.storage/\n/.dvc/cache\n*.csv\n",
        "data/a.csv": "a", **dict.fromkeys(STORED, "a"),
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    who = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    for command in (["init", "--quiet"], ["add", "-A"], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *command], check=True)
    return tmp_path


def test_a_project_is_moved_with_what_git_does_not_know(project: Path) -> None:
    before = files(project)
    move.main(move.Arguments("churn"))
    after = files(project)
    shared = {name for name in after if not name.startswith("churn/")}
    assert shared == {PIPELINE, HOOKS, IGNORE, ".cache/dvc/files/md5/ab/cd",
                      ".storage/files/md5/ab/cd"}  # fmt: skip
    changed = {name for name in before if before[name] != after.get(f"churn/{name}")}
    assert changed == {".dvc/config", "pyproject.toml", *STORED}
    assert "url = ../../.storage\n" in after["churn/.dvc/config"]
    assert "dir = ../../.cache/dvc\n" in after["churn/.dvc/config"]
    assert Project(project, PurePosixPath("churn")).tag_prefix == "model-v"


def test_a_move_that_fails_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = files(project)
    monkeypatch.setattr(move, "write", full)
    with pytest.raises(OSError, match="No space left"):
        move.main(move.Arguments("churn"))
    assert files(project) == before
    assert not (project / "churn").exists()


def test_what_is_not_committed_is_not_moved(project: Path) -> None:
    (project / "src/a.py").write_text("a = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"not clean: src/a\.py"):
        move.main(move.Arguments("churn"))
