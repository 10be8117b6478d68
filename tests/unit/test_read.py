from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from src.base.contract import Csv
from src.base.errors import InputError
from src.base.prepared import write_parquet
from tests.tables import CSV, frame, read_table

FORMAT = Csv.model_validate(CSV)


def written(folder: Path, content: bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_csv_cells_are_text_or_null(tmp_path: Path) -> None:
    path = written(tmp_path, b'a,b,c\n1,"x, ""y""\nz",\n01,,NA\n')
    table = read_table(path, FORMAT)
    assert table["a"].tolist() == ["1", "01"]
    assert table["b"].iloc[0] == 'x, "y"\nz'
    assert table.isna().to_numpy().tolist() == [[False, False, True], [False, True, False]]


def test_csv_is_read_as_the_contract_says(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffä;b\n1,5;?\n".encode())
    table = read_table(path, Csv(delimiter=";", encoding="utf-8", decimal=",", null_values=["?"]))
    assert list(table.columns) == ["ä", "b"]
    assert table["b"].isna().all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"a,b\n", "no rows, only the header"),
        (b"a,a\n1,2\n", "column 'a' stands more than once"),
        (b"a,b\n1,2\n1,2,3\n", "ragged rows.*csv.delimiter"),
        (b"a,b\n1,2\n1\n", "ragged rows.*csv.delimiter"),
        (b"a,b\n1,\xff\xfe\n", "not utf-8 text.*csv.encoding"),
    ],
)
def test_a_broken_csv_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(InputError, match=message) as error:
        read_table(path, FORMAT)
    assert str(error.value).startswith(f"{path}: ")


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, b"a\n1\n")
    with pytest.raises(InputError, match="unknown encoding: klingon"):
        read_table(path, FORMAT.model_copy(update={"encoding": "klingon"}))


def test_parquet_survives_and_half_of_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    table = frame("binary")
    write_parquet(table, path)
    pd.testing.assert_frame_equal(read_table(path, FORMAT), table)
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cannot be read"):
        read_table(path, FORMAT)


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    write_parquet(frame("binary"), first)
    write_parquet(frame("binary"), second)
    assert first.read_bytes() == second.read_bytes()


def test_a_missing_file_and_an_unknown_format_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dvc pull"):
        read_table(tmp_path / "none.csv", FORMAT)
    with pytest.raises(InputError, match=r"expected a name ending in \.csv, .*\.parquet"):
        read_table(tmp_path / "table.json", FORMAT)


def test_utf_16_is_named_and_read_when_the_contract_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,ä\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"byte-order mark of UTF-16, expected utf-8.*to utf-16"):
        read_table(path, FORMAT)
    table = read_table(path, FORMAT.model_copy(update={"encoding": "utf-16"}))
    assert table.to_dict("list") == {"a": ["1"], "b": ["ä"]}
