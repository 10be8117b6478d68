"""Who may import whom, and that DVC is told of it: DVC does not follow imports itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from src import params
from src.params import read_yaml

STAGES = read_yaml(Path("dvc.yaml"))["stages"]
FOLDERS = [path.parent.name for path in Path("src").glob("*/__main__.py")]


def imported(path: Path) -> set[Path]:
    """Return the files of this repository that a file imports, itself not included."""
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


def reached(folder: Path) -> set[Path]:
    """Return every file that the modules of a folder import, directly or through others."""
    seen: set[Path] = set()
    waiting = set(folder.glob("*.py"))
    while waiting:
        path = waiting.pop()
        seen.add(path)
        waiting |= imported(path) - seen
    return seen


@pytest.mark.parametrize("stage", STAGES)
def test_deps_cover_what_the_stage_imports(stage: str) -> None:
    deps = {Path(dep) for dep in STAGES[stage]["deps"] if str(dep).startswith("src/")}
    shared = {path for path in reached(Path("src", stage)) if path.parent == Path("src")}
    assert {dep for dep in deps if dep.suffix == ".py"} == shared
    assert Path("src", stage) in deps
    assert "requirements.lock" in STAGES[stage]["deps"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_folder_imports_another(folder: str) -> None:
    foreign = {
        path for path in reached(Path("src", folder)) if path.parts[1] in set(FOLDERS) - {folder}
    }
    assert foreign == set()


def test_shared_modules_import_no_folder() -> None:
    for path in Path("src").glob("*.py"):
        assert all(len(used.parts) == 2 for used in imported(path)), path


def test_only_main_modules_see_argv() -> None:
    users = {path.name for path in Path("src").rglob("*.py") if "sys.argv" in path.read_text()}
    assert users == {"__main__.py"}


def test_src_does_not_import_dvc() -> None:
    for path in Path("src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & {"dvc"}, path


def test_every_section_of_params_belongs_to_its_stage_and_the_gate_to_none() -> None:
    with_params = {name: stage["params"] for name, stage in STAGES.items() if "params" in stage}
    assert with_params == {name: [name] for name in params.STAGES}
    assert set(params.SECTIONS) - set(params.STAGES) == {"gate"}


@pytest.mark.parametrize(("stage", "heavy"), [("prepare", "sklearn"), ("prepare", "skops")])
def test_no_stage_imports_what_it_does_not_need(stage: str, heavy: str) -> None:
    program = f"import sys, src.{stage}.__main__; sys.exit({heavy!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_importing_a_module_does_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    names = [
        ".".join(path.with_suffix("").parts) for path in Path("src").rglob("*.py")
        if path.name != "__init__.py"
    ]  # fmt: skip
    program = "\n".join(f"import {name}" for name in names)
    subprocess.run([sys.executable, "-c", program], check=True)
    assert capfd.readouterr() == ("", "")
