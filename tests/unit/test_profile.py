"""What adopt sees in a file: how it is written, and what the cells of its columns are."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from src.adopt.codes import as_codes
from src.adopt.profile import profile, rules
from src.adopt.sniff import sniff
from src.adopt.track import destination
from src.base.contract import Csv
from src.base.errors import InputError
from src.tables.formats import FORMATS
from tests import kinds
from tests.tables import CSV, read_table

PLAIN = Csv.model_validate(CSV)


@pytest.mark.parametrize(
    ("encoding", "delimiter", "decimal"),
    [("utf-8", ",", "."), ("utf-8-sig", ";", ","), ("utf-16", "\t", "."), ("cp1252", "|", ".")],
)
def test_a_layout_is_found(tmp_path: Path, encoding: str, delimiter: str, decimal: str) -> None:
    table = pd.DataFrame(
        {"größe": np.arange(300) / 8 + 0.5, "ort": ["Köln, Süd", "Łódź"[1:], "?"] * 100}
    )
    table["ort"] = table["ort"].str.replace("ódź", "Trier – „x“" if encoding == "cp1252" else "ódź")
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False, sep=delimiter, decimal=decimal, encoding=encoding)
    sample, dialect = sniff(path)
    raw = sample.frame
    assert list(raw) == ["größe", "ort"]
    assert (dialect.csv.delimiter, dialect.csv.decimal) == (delimiter, decimal)
    assert dialect.csv.null_values == ["", "?"]
    assert raw["ort"].dropna().tolist() == table.loc[table["ort"] != "?", "ort"].tolist()
    assert profile(raw["größe"], decimal).cells.tolist() == table["größe"].tolist()


def test_a_fault_of_the_encoding_far_down_the_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n" + b"1,plain\n" * 600_000 + "2,caf\u00e9\n".encode("cp1252"))
    sample, dialect = sniff(path)
    raw = sample.frame
    assert dialect.csv.encoding == "cp1252"
    assert raw["b"].iloc[-1] == "café"


WORDS = {
    "cp1252": ["Zürich", "São Paulo", "año", "naïve", "Reykjavík", "façade", "20 °C"],
    "latin-1": ["Þórshöfn er á Íslandi", "Garðabær", "Hafnarfjörður", "Ísafjörður", "plain"],
    "cp1250": ["Łódź", "Gdańsk i Poznań", "Wrocław", "żółć", "pięć", "ktoś"],
    "cp1251": ["Москва", "Санкт-Петербург", "Новосибирск", "человек", "город и область", "данные"],
    "cp1253": ["Αθήνα", "Θεσσαλονίκη", "Πάτρα", "και το νησί", "θάλασσα", "ημέρα"],
}


@pytest.mark.parametrize("encoding", WORDS)
def test_letters_tell_the_encoding(tmp_path: Path, encoding: str) -> None:
    words = WORDS[encoding] * 40
    path = tmp_path / "table.csv"
    table = pd.DataFrame({"word": words, "n": range(len(words))})
    table.to_csv(path, index=False, encoding=encoding)
    sample, dialect = sniff(path)
    raw = sample.frame
    assert raw["word"].tolist() == words
    assert not dialect.csv.encoding.startswith("mac")


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_found_and_read(tmp_path: Path, suffix: str) -> None:
    table = pa.table({"wort": ["grün", "blau", "rot"] * 50, "x": [1.5, 2.5, 0.25] * 50})
    path = tmp_path / f"table{suffix}"
    stream = FORMATS[suffix].write(path, table.schema)
    stream.write_table(table)
    stream.close()
    sample, dialect = sniff(path)
    raw = sample.frame
    assert raw["wort"].tolist() == table["wort"].to_pylist()
    assert profile(raw["x"], ".").cells.tolist() == table["x"].to_pylist()
    again = read_table(path, dialect.csv)
    assert again["wort"].tolist() == raw["wort"].tolist()
    assert destination(str(path)).name == f"table{suffix}"


def test_a_packed_file_has_an_encoding_too(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    rows = b"a,b\n" + b"1,plain\n" * 600_000 + "2,caf\u00e9\n".encode("cp1252")
    path.write_bytes(gzip.compress(rows, 1))
    sample, dialect = sniff(path)
    raw = sample.frame
    assert dialect.csv.encoding == "cp1252"
    assert raw["b"].iloc[-1] == "café"


def test_a_spreadsheet_gets_the_command_that_exports_it() -> None:
    with pytest.raises(InputError, match=r"--convert-to csv 'our table\.xlsx'"):
        destination("our table.xlsx")


def test_two_values_are_two_names_whatever_they_are() -> None:
    for low, high in ((1, 2), (-1, 1), (0.5, 1.5)):
        raw = pd.Series([low, high] * 50, name="x")
        found = as_codes(profile(raw, "."), raw)
        assert (found.kind, found.why) == ("categorical", f"two values, {low:g} and {high:g}")


def test_markers_are_null_only_where_they_can_be(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rows = ["number,word,blank"] + [f"{row},none,{row}" for row in range(30)] + ["-,all, "]
    path.write_text("\n".join(rows) + "\n")
    _, dialect = sniff(path)
    assert dialect.csv.null_values == ["", " ", "-"]  # 'none' is a word here


KINDS = {
    "numeric": ["numbers", "counts", "decimals", "nullable whole"],
    "categorical": ["zero padded", "levels", "mixed", "category"],
    "text": ["text", "nothing", "long ids", "lists"],
    "datetime": ["days", "european days", "american days", "times with zones", "dates"],
    "boolean": ["booleans", "yes and no"],
}


@pytest.mark.parametrize(
    ("kind", "expected"), [(kind, known) for known in KINDS for kind in KINDS[known]]
)
def test_kinds(kind: str, expected: str) -> None:
    cells = pd.Series((kinds.COLUMNS | kinds.PARQUET_ONLY)[kind](np.random.default_rng(0), 400))
    if kind in kinds.COLUMNS and kind != "nothing":
        cells = cells.map(str, na_action="ignore").astype("str")  # as a CSV file brings them
    assert profile(cells.rename("x"), ".").kind == expected


def test_formats_of_times() -> None:
    def found(*cells: str) -> str | None:
        return profile(pd.Series(cells, dtype="str", name="x"), ".").format

    assert found("31.12.2020", "01.02.2021") == "%d.%m.%Y"
    assert found("12/31/2020", "01/02/2021") == "%m/%d/%Y"
    assert found("20201231", "20210102", "20210103") == "%Y%m%d"
    assert found("2020-12-31", "2021-01-02") is None
    assert found("3 Jan 2020", "14 Feb 2021") == "%d %b %Y"


@pytest.mark.parametrize(
    ("values", "kind"),
    [([33, 171, 8014, 9003], "categorical"), ([10, 20, 50, 100], "numeric"),
     ([1, 2, 3, 4], "numeric"), ([0, 1, 2, 3, 27], "numeric"), ([0.5, 1, 3, 8], "numeric")],
)  # fmt: skip
def test_whole_numbers_with_gaps_are_codes(values: list[float], kind: str) -> None:
    cells = pd.Series(values * 50, name="x", dtype="float64")
    assert as_codes(profile(cells, "."), cells).kind == kind


def test_codes_are_levels_as_they_are_written() -> None:
    cells = pd.Series(["1.0", "2.0"] * 50, name="x", dtype="str")
    assert rules(as_codes(profile(cells, "."), cells)) == {"levels": ["1.0", "2.0"]}
    mixed = pd.Series(["1.0", "2.0", "1", "2"] * 50, name="x", dtype="str")
    assert as_codes(profile(mixed, "."), mixed).kind == "numeric"


def test_rules_hold_what_the_next_data_should_hold() -> None:
    def of(cells: list[Any]) -> dict[str, Any]:
        return rules(profile(pd.Series(cells, name="x"), "."))

    assert of([3, 7, 8]) == {"min": 0}
    assert of([0.0, 0.25, 1.0]) == {"min": 0, "max": 1}
    assert of([-0.5, 7.25, None]) == {"nullable": True}
    assert of(["a", "b", "c"] * 5) == {"levels": ["a", "b", "c"]}
    assert of(["a", "b", "c"] * 5 + ["d"]) == {}  # where one level is seldom, the next is news
