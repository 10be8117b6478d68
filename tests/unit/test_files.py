import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.base.files import read_json, replacing, rounded, temporary_folder, write_json


def test_outputs_are_replaced_together(tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    for text in ("old", "new"):
        with replacing(file, folder) as (new_file, new_folder):
            new_file.write_text(text)
            new_folder.mkdir()
            (new_folder / text).touch()
    assert file.read_text() == "new"
    assert [path.name for path in folder.iterdir()] == ["new"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_failure_leaves_every_output_as_it_was(tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("old")
    with pytest.raises(OSError, match="disk full"), replacing(file, folder) as (new, _):
        new.write_text("new")
        raise OSError("disk full")
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_output_that_was_not_written_leaves_the_others(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("old")
    with pytest.raises(FileNotFoundError, match="second"), replacing(first, second) as (new, _):
        new.write_text("new")
    assert first.read_text() == "old"


@given(st.floats())
def test_rounding_keeps_six_digits_or_nothing(value: float) -> None:
    result = rounded({"a": [value]})["a"][0]
    if result is None:
        assert value != value or abs(value) == float("inf")  # noqa: PLR0124 - NaN
    else:
        assert result == pytest.approx(value, rel=5e-6)


def test_json_round_trip(tmp_path: Path) -> None:
    content = {"b": 1, "a": {"ä": None}}
    write_json(content, tmp_path / "x.json")
    assert read_json(tmp_path / "x.json") == content
    assert list(read_json(tmp_path / "x.json")) == ["b", "a"]


def test_a_temporary_folder_is_private_nested_and_gone_afterwards(tmp_path: Path) -> None:
    with temporary_folder(tmp_path, "a-") as outer, temporary_folder(outer, "a-") as inner:
        assert [path.stat().st_mode & 0o777 for path in (outer, inner)] == [0o700, 0o700]
        (inner / "file").touch()
        with temporary_folder(tmp_path, "a-") as beside:
            assert inner.exists()
            assert beside != outer
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_deleted_by_the_next(tmp_path: Path) -> None:
    held = "import sys, time, pathlib\nfrom src.base.files import temporary_folder\n" \
           "with temporary_folder(pathlib.Path(sys.argv[1]), 'a-') as folder:\n" \
           "    (folder / 'file').touch(); print(folder, flush=True); time.sleep(60)"  # fmt: skip
    command = [sys.executable, "-c", held, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        with temporary_folder(tmp_path, "a-"):
            assert (left / "file").exists(), "of a process that runs"
        process.kill()
    assert left.exists()
    with temporary_folder(tmp_path, "a-"):
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []
