"""Who may import whom, and that DVC is told of it: DVC does not follow imports itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.base.settings import read_yaml, sections
from src.release.rollback import MODEL_FILES

STAGES = read_yaml(Path("dvc.yaml"))["stages"]
ASKED = {"query"}
"""Stages whose answer is an input: no change of code or of a library may ask a server again."""

OURS = [name for name in STAGES if Path("src", name, "__main__.py").is_file() and name not in ASKED]
FOLDERS = {path.parent.name for path in Path("src").glob("*/__init__.py")}
SHARED = {
    "base": set[str](),
    "pages": set(),
    "target_leakage": set[str](),
    "tables": {"base", "target_leakage"},
    "modelling": {"base"},
    "saving": {"base"},
    "fitting": {"base", "modelling"},
    "results": {"base", "modelling"},
    "repository": {"base"},
}
"""The shared folders, and which of them each may import: no cycle, nothing upwards."""

BY_PATH = {"features"}
"""Folders whose modules params.yaml names: stages find them by their dotted path."""

STANDS_ON = {"serve": {"predict", "release"}, "upgrade": {"merge"}}
"""Tools that need other tools: they fetch, score and build what those do, in their words."""

TOOLS = FOLDERS - set(STAGES) - set(SHARED)
OBJECTS = Path("src/release/storage.py")
"""The one file that asks DVC's library, for the age and size of objects; all else, its commands."""

DECISION = Path("src/gate/decision.py")
"""What the gate writes: the one file by which other tools may know it."""


def imported(path: Path) -> set[Path]:
    """Return the files of this repository that a file imports."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            modules |= {node.module or ""}
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    files = {Path(*module.split(".")) for module in modules if module.startswith("src.")}
    return {file.with_suffix(".py") for file in files if file.with_suffix(".py").is_file()}


def modules(folder: str) -> set[Path]:
    return {path for path in Path("src", folder).glob("*.py") if path.name != "__init__.py"}


def reached(folder: str) -> set[Path]:
    """Return every file that the modules of a folder import, directly or through others."""
    seen: set[Path] = set()
    waiting = modules(folder)
    while waiting:
        path = waiting.pop()
        seen.add(path)
        waiting |= imported(path) - seen
    return seen


def code(stage: str) -> set[str]:
    """Return the folders of code among a stage's dependencies."""
    deps = [dep for dep in STAGES[stage]["deps"] if dep.startswith("src/")]
    made = [next(iter(out)) if isinstance(out, dict) else out
            for other in STAGES.values() for out in other.get("outs", [])]  # fmt: skip
    return {dep.removeprefix("src/") for dep in deps if dep not in made} - BY_PATH


@pytest.mark.parametrize("stage", OURS)
def test_deps_are_a_handful_of_folders(stage: str) -> None:
    assert len(code(stage)) <= 5
    assert all(Path("src", folder).is_dir() for folder in code(stage))
    assert "requirements.lock" in STAGES[stage]["deps"]


@pytest.mark.parametrize("stage", OURS)
def test_deps_cover_what_the_stage_imports(stage: str) -> None:
    assert {path.parts[1] for path in reached(stage)} == code(stage)


@pytest.mark.parametrize("stage", OURS)
def test_every_file_of_a_folder_in_the_deps_is_reached(stage: str) -> None:
    ours = {path for folder in code(stage) for path in modules(folder)}
    unused = ours - reached(stage) - imported(Path("src/__init__.py"))
    assert unused == set(), f"they make {stage} stale for nothing: move them to their users"


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_a_folder_imports_downwards_only(folder: str) -> None:
    allowed = {folder, *SHARED} if folder not in SHARED else {folder, *SHARED[folder]}
    allowed |= STANDS_ON.get(folder, set())
    used = {path for file in modules(folder) for path in imported(file)}
    if folder in TOOLS:
        used -= {DECISION}
    assert {path.parts[1] for path in used} - allowed == set()


def test_every_folder_has_a_place() -> None:
    assert set(SHARED) <= FOLDERS
    loose = [path.name for path in Path("src").glob("*.py") if path.name != "__init__.py"]
    assert loose == []


def test_no_stage_uses_git_or_dvc() -> None:
    assert all("repository" not in code(stage) for stage in OURS)
    for path in Path("src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert path == OBJECTS or "dvc" not in {name.partition(".")[0] for name in names}, path


def test_a_rollback_restores_whatever_a_stage_depends_on() -> None:
    paths = {Path(dep).parts[0] for stage in STAGES.values() for dep in stage.get("deps", [])
             if not dep.startswith("$")}  # fmt: skip
    assert paths <= set(MODEL_FILES)


def test_only_commands_see_the_command_line() -> None:
    users = {path for path in Path("src").rglob("*.py") if "argparse" in path.read_text()}
    assert users == {Path("src/base/command.py"), Path("src/ingest/__main__.py")}


def test_every_section_of_params_belongs_to_its_stage_and_the_gate_to_none() -> None:
    named = {
        stage: {str(key).partition(".")[0] for key in STAGES[stage].get("params", [])}
        for stage in STAGES
    }
    assert set(sections()) - {"gate"} == {stage for stage in STAGES if stage in named[stage]}
    assert all("gate" not in keys for keys in named.values())


def names_of_classes() -> Iterator[str]:
    for path in Path("src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name != "Arguments":
                yield node.name


def test_no_two_classes_have_one_name() -> None:
    found = list(names_of_classes())
    assert {name for name in found if found.count(name) > 1} == set()
