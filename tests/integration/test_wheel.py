"""The wheel of the repository's own feature steps."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from src.base.errors import InputError
from src.evaluate.wheel import wheel

NAME = "model_features-0-py3-none-any.whl"


def test_the_same_files_give_the_same_bytes_and_pip_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = wheel(Path("src/features"), NAME)
    copied = tmp_path / "other/src/features"
    copied.mkdir(parents=True)
    for path in sorted(Path("src/features").glob("*.py"), reverse=True):
        (copied / path.name).write_bytes(path.read_bytes())
    (copied / "__pycache__").mkdir()
    (copied / "__pycache__/x.pyc").write_text("not code")
    monkeypatch.chdir(tmp_path / "other")
    assert wheel(Path("src/features"), NAME) == made
    (tmp_path / NAME).write_bytes(made)
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(tmp_path / NAME)], check=True)
    program = "import src.features.ratio as ratio; print(ratio.__file__)"
    ran = subprocess.run([sys.executable, "-c", program], cwd=site, capture_output=True, text=True,
                         check=True)  # fmt: skip
    assert Path(ran.stdout.strip()) == site / "src/features/ratio.py"
    (copied / "table.json").write_text("{}")
    assert wheel(Path("src/features"), NAME) != made
    (copied / "ratio.py").write_text("from src.base.errors import InputError\n")
    with pytest.raises(InputError, match=r"ratio\.py, line 1: imports src\.base\.errors, which"):
        wheel(Path("src/features"), NAME)
    with zipfile.ZipFile(tmp_path / NAME) as archive:
        assert archive.testzip() is None
        assert "src/__init__.py" not in archive.namelist()
