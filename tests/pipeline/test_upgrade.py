"""A project comes to a later version of the template, and the team keeps what is its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clone import Clone
from tests.gate import PATHS
from tests.pipeline.test_fork import table
from tests.shared import built_once, copied
from tools import project as tools

OLD, NEW = "template-v0.2.0", "template-v0.3.0"
EARLIER = Path("tests/earlier/0.2.0")
OWN_STAGE = """
  # What the model is worth to us.
  business:
    cmd: >-
      echo '{"saved": 5}' >metrics/business.json
    deps:
      - data/prepared/predictions.parquet
    outs:
      - metrics/business.json:
          cache: false

metrics:
  - metrics/folds/metrics.json
  - metrics/business.json
"""


def numbered(clone: Clone, version: str) -> None:
    """Commit a version of the template and tag it."""
    text = clone.read("pyproject.toml").splitlines(keepends=True)
    lines = [f'version = "{version}"\n' if line.startswith("version = ") else line for line in text]
    clone.write("pyproject.toml", "".join(lines))
    clone.commit(version)
    clone.succeed("git", "tag", f"template-v{version}")


@pytest.fixture(scope="session")
def versions(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with two versions of the template; not to be changed.

    The earlier one has the parameters and the pipeline of 0.2.0, and the code of now but for a
    folder: its results need not be built by it.
    """

    def build(folder: Path) -> None:
        clone = Clone(copied(template, folder))
        shutil.rmtree(folder / ".dvc/cache", ignore_errors=True)
        for name in ("params.yaml", "dvc.yaml"):
            shutil.copy(EARLIER / name, folder / name)
        clone.quicken()
        clone.succeed("git", "rm", "-rq", "src/upgrade")
        clone.write("LICENSE", "Another License\n")
        numbered(clone, "0.2.0")
        clone.succeed("git", "checkout", "--quiet", "HEAD~1", "--", ".")
        numbered(clone, "0.3.0")

    return built_once(tmp_path_factory, "versions", build)


def project(versions: Path, folder: Path, *, history: bool) -> Clone:
    """Return a team's repository that was made from the earlier version."""
    clone = Clone(folder)
    folder.mkdir()
    clone.succeed("git", "clone", "--quiet", "--branch", OLD, str(versions), ".")
    clone.succeed("git", "checkout", "--quiet", "-B", "main")
    if not history:
        shutil.rmtree(folder / ".git")
        clone.succeed("git", "init", "--quiet", "--initial-branch=main")
        clone.commit("Copied from a template")
    return clone


def change(clone: Clone) -> None:
    """Let a team change what teams change."""
    clone.edit("params.yaml", "seed: 0                  # every", "seed: 7                  # our")
    clone.edit("params.yaml", "folds: 3", "folds: 2")
    clone.edit("dvc.yaml", "\nmetrics:\n  - metrics/folds/metrics.json\n", OWN_STAGE)
    clone.write("README.md", "# Ours\n")
    clone.edit("pyproject.toml", 'description = "', 'description = "Ours: ')
    shutil.rmtree(clone.folder / "src/serve")
    clone.commit("Ours")


def upgrade(clone: Clone, source: Path, version: str = "") -> str:
    """Run the later version's code, as a project does that has no `make upgrade` yet."""
    command = (sys.executable, "-P", "-m", "src.upgrade", str(source), "--to", version)
    return clone.succeed(*command, PYTHONPATH=str(source))


def test_an_upgrade_is_one_commit_with_the_results(versions: Path, tmp_path: Path) -> None:
    clone = project(versions, tmp_path / "own", history=True)
    change(clone)
    clone.mark_environment()
    before = clone.succeed("git", "rev-parse", "HEAD").strip()
    told = upgrade(clone, versions)
    assert clone.status() == ""
    assert clone.succeed("git", "rev-parse", "HEAD~1").strip() == before
    assert clone.succeed("git", "log", "-1", "--format=%s %an").strip() == (
        "Upgrade the template from 0.2.0 to 0.3.0 test"
    )
    assert clone.ran(told)[-1] == "business"
    assert "roc_auc " in told
    assert f"git reset --hard {before[:12]} && make checkout" in told
    assert "README.md: kept as you have it" not in told  # the template has not changed it
    params = clone.read("params.yaml")
    assert "seed: 7                  # our" in params
    assert "final: refit" in params
    assert clone.read("README.md") == "# Ours\n"
    assert 'description = "Ours: ' in clone.read("pyproject.toml")
    assert 'version = "0.3.0"' in clone.read("pyproject.toml")
    assert "Another License" not in clone.read("LICENSE")
    assert not (clone.folder / "src/serve").exists()
    assert "business:" in clone.read("dvc.yaml")
    assert "search:" in clone.read("dvc.yaml")
    assert clone.succeed("dvc", "status", "--json") == "{}\n"
    assert "metrics/business.json" in clone.succeed("dvc", "metrics", "show", "--json")

    told = clone.succeed("make", "upgrade", f"FROM={versions}")
    assert "The project has version 0.3.0 of the template already." in told
    clone.succeed("bash", "-c", f"git reset --quiet --hard {before[:12]}")
    assert (clone.status(), 'version = "0.2.0"' in clone.read("pyproject.toml")) == ("", True)


def test_one_model_of_several_that_was_copied_without_history(
    versions: Path, tmp_path: Path
) -> None:
    clone = project(versions, tmp_path / "own", history=False)
    change(clone)
    clone.environment["VENV"] = str(tmp_path / "venv")
    clone.mark_environment(tmp_path / "venv")
    clone.succeed("make", "into-folder", "NAME=first")
    clone.commit("moved")
    model = Clone(clone.folder / "first")
    model.environment = clone.environment
    upgrade(model, versions, NEW)
    assert clone.status() == ""
    changed = clone.succeed("git", "diff", "--name-only", "HEAD~1").split()
    assert {path.split("/")[0] for path in changed} == {"first"}
    assert "seed: 7                  # our" in model.read("params.yaml")
    assert model.succeed("dvc", "status", "--json") == "{}\n"


def test_a_conflict_is_gits_and_is_finished_as_git_does(versions: Path, tmp_path: Path) -> None:
    clone = project(versions, tmp_path / "own", history=True)
    clone.mark_environment()
    clone.write("LICENSE", "Our License\n")
    clone.edit("dvc.yaml", "desc: cross-validate the model, fit it, save it", "desc: ours")
    clone.commit("Ours")
    before = clone.succeed("git", "rev-parse", "HEAD").strip()
    ran = clone.run(sys.executable, "-P", "-m", "src.upgrade", str(versions),
                    PYTHONPATH=str(versions))  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: conflicts in dvc.yaml: edit and `git add` them")
    assert "LICENSE: kept as you have it; the template's has changed, too." in ran.stdout
    clone.succeed("git", "cherry-pick", "--abort")
    assert (clone.status(), clone.succeed("git", "rev-parse", "HEAD").strip()) == ("", before)

    clone.run(sys.executable, "-P", "-m", "src.upgrade", str(versions), PYTHONPATH=str(versions))
    clone.succeed("git", "checkout", "--theirs", "dvc.yaml")
    clone.succeed("git", "add", "dvc.yaml")
    clone.succeed("git", "-c", "core.editor=true", "cherry-pick", "--continue")
    clone.succeed("make", "upgrade")
    assert clone.status() == ""
    assert clone.succeed("dvc", "status", "--json") == "{}\n"
    assert clone.succeed("git", "rev-parse", "HEAD~1").strip() == before


def test_what_cannot_be_upgraded(versions: Path, tmp_path: Path) -> None:
    clone = project(versions, tmp_path / "own", history=False)
    start = (sys.executable, "-P", "-m", "src.upgrade")
    clone.environment["PYTHONPATH"] = str(versions)

    def refused(source: Path | str, *options: str) -> str:
        before = clone.succeed("git", "rev-parse", "HEAD"), clone.status()
        ran = clone.run(*start, str(source), *options)
        assert ran.returncode == 1
        assert ran.stderr.count("error: ") == 1
        assert (clone.succeed("git", "rev-parse", "HEAD"), clone.status()) == before
        return ran.stderr

    assert "no upgrade that could be finished" in refused("")
    assert "FROM names the repository of the template" in refused(tmp_path / "none")
    assert "has no tag template-v9.0.0; it has template-v0.2.0" in refused(
        versions, "--to", "template-v9.0.0"
    )
    wrong = Clone(copied(versions, tmp_path / "wrong"))
    wrong.succeed("git", "tag", "template-v0.4.0")
    assert "template-v0.4.0: its pyproject.toml has the version 0.3.0" in refused(wrong.folder)
    wrong.succeed("git", "tag", "--delete", "template-v0.4.0", OLD)
    assert "of which the template has no tag template-v0.2.0" in refused(wrong.folder)
    for version, message in (
        ("0.9.0", "which is later than 0.3.0"),
        ("1", "expected the template's"),
    ):
        clone.edit("pyproject.toml", 'version = "0.2.0"', f'version = "{version}"')
        clone.commit("wrong")
        assert message in refused(versions)
        clone.succeed("git", "reset", "--quiet", "--hard", "HEAD~1")
    clone.write("notes.txt", "Not committed.\n")
    assert "the work tree is not clean: notes.txt" in refused(versions)


TUNED: dict[str, dict[str, Any]] = {
    "binary": {
        "train": {"seed": 7, "folds": 3},
        "gate": {"bounds": {"test.roc_auc": {"min": 0.9}}},
    },
    "multiclass": {"gate": {"bounds": {"test.accuracy": {"min": 0.5}}}},
    "regression": {
        "train": {"estimator": "sklearn.ensemble.HistGradientBoostingRegressor"},
        "gate": {"bounds": {"test.r2": {"min": 0.5}}},
    },
}
PAIRED = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "r2"}


@pytest.mark.long
@pytest.mark.parametrize("task", TUNED)
def test_an_upgraded_project_passes_its_tests(versions: Path, tmp_path: Path, task: str) -> None:
    clone = project(versions, tmp_path / "own", history=task != "binary")
    clone.environment["VENV"] = str(tmp_path / "venv")
    clone.mark_environment(tmp_path / "venv")
    if task == "regression":
        clone.succeed("make", "into-folder", "NAME=price")
        clone.commit("moved")
        model = Clone(clone.folder / "price")
        model.environment, clone = clone.environment, model
    source, frame = tmp_path / "table.csv", table(task)
    frame.to_csv(source, index=False)
    tools.adopt(clone.folder, source, tools.contract(frame, "kind", []), {
        **TUNED[task], "evaluate": {"slices": {"columns": ["colour"], "min_rows": 20}},
    })  # fmt: skip
    paired = f"metric: {PAIRED[task]}"
    clone.write("params.yaml", clone.read("params.yaml").replace("metric: roc_auc", paired))
    clone.succeed("dvc", "remove", "ingest")
    clone.succeed("dvc", "add", "--quiet", "data/raw/table.csv")
    if task == "multiclass":
        stage = OWN_STAGE.replace("\n  - metrics", "\n- metrics")  # in the list as DVC wrote it
        clone.edit("dvc.yaml", "\nmetrics:\n- metrics/folds/metrics.json\n", stage)
    clone.commit("Our own table")
    told = upgrade(clone, versions)
    assert ("business" in clone.ran(told)) == (task == "multiclass")
    clone.succeed("python", "-m", "src.gate", *PATHS)
    clone.patience = 1_800.0
    tests = ("tests/unit", "tests/integration", "tests/accuracy", "tests/report/test_content.py")
    clone.succeed(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
