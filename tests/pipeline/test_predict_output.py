"""Predictions replace nothing that git or DVC keeps."""

from pathlib import Path

import pytest

from tests.clone import Clone

TABLE = "data/raw/breast_cancer.csv"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (TABLE, "is the table itself"),
        ("data/raw/new.csv", "is for raw tables"),
        ("data/../data/raw/new.csv", "is for raw tables"),
        ("data/prepared/predictions.parquet", "is a file that DVC tracks"),
        ("metrics/plots/roc.csv", "is a file that DVC tracks"),
        ("kept.csv", "is a file that git tracks"),
        ("dvc.lock", "expected a name ending in .csv, .csv.gz"),
        (".dvc/x.csv", "lies in .dvc"),
        ("folder.csv", "is a folder"),
        ("link.csv", "is a symbolic link to"),
        ("away/new.csv", "a symbolic link leads out of the repository"),
        ("linked/new.csv", "is for raw tables"),
    ],
)
def test_what_is_kept_is_not_replaced(built: Clone, tmp_path: Path, output: str, told: str) -> None:
    built.write("kept.csv", "a\n")
    built.succeed("git", "add", "kept.csv")
    (built.folder / "folder.csv").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file.csv").write_text("kept", encoding="utf-8")
    (built.folder / "link.csv").symlink_to(tmp_path / "elsewhere/file.csv")
    (built.folder / "away").symlink_to(tmp_path / "elsewhere")
    (built.folder / "linked").symlink_to("data/raw")
    before = {path: path.read_bytes() for path in built.folder.rglob("*") if path.is_file()}
    ran = built.run("python", "-m", "src.predict", TABLE, output)
    assert ran.returncode == 1
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr
    assert {path: path.read_bytes() for path in before if path.is_file()} == before
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["file.csv"]


@pytest.mark.parametrize("output", ["predictions.csv", "new/predictions.parquet", "../out.csv"])
def test_other_places_are_written(built: Clone, output: str) -> None:
    built.succeed("python", "-m", "src.predict", TABLE, output)
    assert (built.folder / output).is_file()
