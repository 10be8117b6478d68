"""A table in parts: read as one, each fault named by its part."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.adopt.sniff import sniff
from src.adopt.track import destination, require_complete
from src.base.contract import Csv
from src.base.errors import InputError
from src.predict.target import require_free
from src.tables.parts import parts_of
from src.tables.read import read_batches
from src.tables.validate import refuse, validate_table
from tests.tables import CSV, frame, make_contract, read_table

PLAIN = Csv.model_validate(CSV)


def cut(table: pd.DataFrame, folder: Path, cuts: list[int], ending: str = ".csv") -> Path:
    """Write a table in parts."""
    folder.mkdir(parents=True)
    bounds = [0, *sorted(cuts), len(table)]
    for place, (start, end) in enumerate(pairwise(bounds)):
        part, path = table.iloc[start:end], folder / f"part-{place:02}{ending}"
        if ending == ".csv":
            part.to_csv(path, index=False)
        else:
            part.to_parquet(path, index=False)
    return folder


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=5), st.sampled_from([".csv", ".parquet"]))
def test_parts_are_read_as_the_whole(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], ending: str
) -> None:
    table, place = frame("regression", 60), tmp_path_factory.mktemp("parts")
    whole = cut(table, place / "whole", [], ending)
    parts = cut(table, place / "parts", cuts, ending)
    one, several = read_table(next(whole.iterdir()), PLAIN), read_table(parts, PLAIN)
    pd.testing.assert_frame_equal(one, several)
    pd.testing.assert_frame_equal(read_table(whole, PLAIN), one)
    batches = list(read_batches(parts, PLAIN))
    shares = [share for _, share in batches]
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    joined = pd.concat([batch.to_pandas() for batch, _ in batches], ignore_index=True)
    pd.testing.assert_frame_equal(joined, one, check_dtype=False)


def test_what_is_no_part_is_passed_over(tmp_path: Path) -> None:
    folder = cut(frame("binary", 20), tmp_path / "parts", [5])
    for name in ("_SUCCESS", ".part-00.csv.crc"):
        (folder / name).touch()
    (folder / "part-01.csv").rename(folder / "_1.csv")  # a name of one's own is a part all the same
    assert [part.name for part in parts_of(folder)] == ["_1.csv", "part-00.csv"]
    assert len(read_table(folder, PLAIN)) == 20


def test_parts_whose_columns_stand_in_another_order_and_types_that_differ(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}).to_parquet(folder / "0.parquet")
    pd.DataFrame({"b": ["z"], "a": [0.5]}).to_parquet(folder / "1.parquet")
    found = read_table(folder, PLAIN)
    assert found["a"].tolist() == [1, 2, 0.5]
    assert found["b"].tolist() == ["x", "y", "z"]
    assert [batch.schema.names for batch, _ in read_batches(folder, PLAIN)] == [["a", "b"]] * 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("columns", r"part-01\.csv: lacks code and has kode besides, compared with part-00\.csv"),
        ("ragged", r"part-01\.csv: ragged rows"),
        ("empty", r"part-01\.csv: the file is empty"),
        ("folder", r"parts: expected the parts of one table, found a folder in it, part-01\.csv"),
        ("mixed", r"parts: expected parts of one format, found part-00\.csv and x\.parquet"),
        ("format", r"x\.xlsx: a spreadsheet"),
        ("link", r"parts: part-01\.csv is a link to nothing"),
        ("nothing", r"parts: the folder is empty"),
        ("missing", r"parts: no such file or folder"),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_faults_of_parts_are_named(tmp_path: Path, fault: str, message: str, whole: bool) -> None:
    folder = cut(frame("binary", 20), tmp_path / "parts", [5])
    first, second = folder / "part-00.csv", folder / "part-01.csv"
    if fault == "columns":
        second.write_text(second.read_text().replace("code", "kode"))
    elif fault == "ragged":
        second.write_text(second.read_text() + "1,2\n")
    elif fault == "empty":
        second.write_text("")
    elif fault == "link":
        second.unlink()
        second.symlink_to("nowhere.csv")
    elif fault == "folder":
        second.unlink()
        second.mkdir()
    elif fault in ("mixed", "format"):
        (folder / ("x.parquet" if fault == "mixed" else "x.xlsx")).touch()
        if fault == "format":
            first.unlink()
    else:
        first.unlink()
        second.unlink()
        if fault == "missing":
            folder.rmdir()
    with pytest.raises(InputError, match=message):
        read_table(folder, PLAIN) if whole else list(read_batches(folder, PLAIN))


def test_offending_rows_are_named_by_part(tmp_path: Path) -> None:
    table = frame("binary", 20).drop(columns="row_key", errors="ignore")
    rules = make_contract("binary", size={"kind": "numeric", "role": "feature", "max": 100})
    table.loc[[2, 7, 19], "size"] = 1e6
    folder = cut(table, tmp_path / "parts", [5, 5, 10])
    _, violations = validate_table(read_table(folder, PLAIN), rules)
    with pytest.raises(InputError) as error:
        refuse(violations, folder, PLAIN, Path("schema.yaml"))
    assert "3 cells too large (part-00.csv row 3: " in str(error.value)
    assert "part-02.csv row 3: " in str(error.value)
    assert "part-03.csv row 10: " in str(error.value)


def test_adopt_looks_at_all_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame({"name": ["Smith", "Müller"] * 30, "b": np.arange(60) / 2})
    folder = tmp_path / "some parts"
    folder.mkdir()
    table[::2].to_csv(folder / "0.csv", index=False, sep=";", encoding="latin-1")
    table[1::2].to_csv(folder / "1.csv", index=False, sep=";", encoding="latin-1")
    sample, dialect = sniff(folder)
    assert (dialect.csv.delimiter, dialect.csv.encoding) == (";", "cp1252")
    assert sorted(sample.frame["name"].unique()) == ["Müller", "Smith"]
    assert destination(str(folder)) == Path("data/raw/some_parts")
    assert destination(f"{folder}/*.csv") == Path("data/raw/some_parts")
    monkeypatch.chdir(folder)
    assert destination("*.csv") == Path("data/raw/some_parts")


@pytest.mark.parametrize("other", ["latin-1", "utf-16"])
def test_parts_in_several_encodings_are_refused(tmp_path: Path, other: str) -> None:
    table = pd.DataFrame({"name": ["Genève", "Zürich"] * 30, "b": np.arange(60) / 2})
    folder = tmp_path / "parts"
    folder.mkdir()
    table[::2].to_csv(folder / "0.csv", index=False)
    table[1::2].to_csv(folder / "1.csv", index=False, encoding=other)
    with pytest.raises(InputError, match=r"not written alike, 0\.csv in utf-8 and 1\.csv in "):
        sniff(folder)


def test_a_pattern_does_not_delete_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table = cut(frame("binary", 20), Path("data/raw/exports"), [5])
    found = cut(frame("binary", 20), tmp_path / "found", [])
    with pytest.raises(InputError, match=r"exports: holds part-01\.csv, which exports/\*0\.csv "):
        require_complete("exports/*0.csv", table, found)
    require_complete("exports", table, table)
    with pytest.raises(InputError, match="only the name of the files may be a pattern"):
        destination("exports/*/part.csv")


def test_predictions_do_not_become_a_part(tmp_path: Path) -> None:
    folder = cut(frame("binary", 20), tmp_path / "parts", [5])
    with pytest.raises(InputError, match="is the table itself, or a part of it"):
        require_free(folder / "out.csv", folder)
