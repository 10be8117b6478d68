"""What importing a module of ours takes with it."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(("stage", "heavy"), [("prepare", "skrub"), ("prepare", "skops")])
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
