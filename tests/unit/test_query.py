"""What a query gives as a table: names, types, order; and addresses without secrets."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from src.adopt import write
from src.adopt.query import Query
from src.adopt.track import require_address
from src.base.errors import InputError
from src.query import database, files
from src.query.address import is_database, require_no_password, without_secrets
from src.query.answer import from_rows, require_columns, write_sorted
from tools.project import DEFAULT

NAMES = ["whole", "number", "decimal", "truth", "text", "day", "time", ".odd name"]
CELLS = (
    st.integers(-(2**63), 2**63 - 1), st.floats(), st.decimals(-(10**9), 10**9, places=3),
    st.booleans(), st.text(st.characters(exclude_categories=["Cs"])), st.dates(),
    st.datetimes(timezones=st.just(UTC)), st.none(),
)  # fmt: skip
ROWS = st.lists(st.tuples(*(st.none() | cell for cell in CELLS)), min_size=1, max_size=12)


def written(rows: list[tuple[Any, ...]], batch: int, path: Path) -> bytes:
    batches = [rows[start : start + batch] for start in range(0, len(rows), batch)]
    write_sorted(from_rows(NAMES, batches), path)
    return path.read_bytes()


@given(ROWS, st.integers(1, 5), st.randoms(use_true_random=False))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_equal_answers_make_equal_files(
    tmp_path: Path, rows: list[tuple[Any, ...]], batch: int, chance: random.Random
) -> None:
    path = tmp_path / "answer.parquet"
    once = written(rows, 20, path)
    assert pq.read_table(path).num_rows == len(rows)
    shuffled = chance.sample(rows, len(rows))
    assert written(shuffled, batch, path) == once
    other = [(None, *row[1:]) if row[0] is not None else (1, *row[1:]) for row in rows]
    assert written(other, batch, path) != once


def test_zeros_of_both_signs_are_one(tmp_path: Path) -> None:
    for name, zeros in (("a", [0.0, -0.0]), ("b", [-0.0, 0.0])):
        write_sorted(pa.table({"x": zeros}), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, None, 2], "int64"),
        ([1, 2.5], "double"),
        ([None, None], "string"),
        ([True, None], "bool"),
        ([Decimal("1.5"), Decimal("100.25"), None], "decimal128(5, 2)"),
        ([date(2024, 1, 1)], "date32[day]"),
        ([datetime(2024, 1, 1)], "timestamp[us]"),
        ([datetime(2024, 1, 1, tzinfo=UTC)], "timestamp[us, tz=UTC]"),
        ([UUID(int=1)], "string"),
    ],
)
def test_types_of_rows(cells: list[object], kind: str) -> None:
    one_by_one = from_rows(["x"], [[(cell,)] for cell in cells])
    assert str(one_by_one.schema.field("x").type) == kind
    assert one_by_one.equals(from_rows(["x"], [[(cell,) for cell in cells]]))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([1, "a"], "column x: int and str is no kind of cell"),
        ([[1]], "column x: list is no kind of cell"),
        ([{"a": 1}], "column x: dict is no kind of cell"),
        ([b"x"], "column x: bytes is no kind of cell"),
        ([2**70], "column x: holds a value that no table can"),
        ([Decimal("Infinity")], "NaN or infinity as a decimal"),
        (["\ud800"], "column x: holds a value that no table can"),
        ([2**60 + 1, 0.5], "column x: holds a value that no table can"),
    ],
)
def test_cells_that_no_table_has(cells: list[object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        from_rows(["x"], [[(cell,)] for cell in cells])


def test_columns_of_an_answer() -> None:
    with pytest.raises(InputError, match="gives no table"):
        require_columns([], [])
    with pytest.raises(InputError, match="column b: stands more than once"):
        require_columns(["a", "b", "b"], [])
    with pytest.raises(InputError, match="column a: JSON"):
        require_columns(["a"], ["a"])


def test_a_database_that_needs_no_server(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/shop.db"
    assert database.ask(address, "SELECT 1 AS a, 'x' AS b").to_pylist() == [{"a": 1, "b": "x"}]
    for sql, said in [("SELECT x", "no such column: x"), ("CREATE TABLE t (x)", "gives no table")]:
        with pytest.raises(InputError, match=said):
            database.ask(address, sql)
    for wrong in ("nothing://h/d", "postgresql://h:port/d", "postgresql:/h"):
        with pytest.raises(InputError, match="no address of a database"):
            database.ask(wrong, "SELECT 1")
    with pytest.raises(InputError, match="its driver is missing"):
        database.ask("mssql+pymssql://h/d", "SELECT 1")


def test_files_are_the_source_of_a_query(tmp_path: Path) -> None:
    for part in (1, 2):
        (tmp_path / f"part={part}").mkdir()
        pq.write_table(pa.table({"x": [part]}), tmp_path / f"part={part}/a.parquet")
    (tmp_path / "it's.csv").write_text("x,y\n1,a\n2,b\n", encoding="utf-8")
    count = "-- a comment\nSELECT sum(x)::INT AS x FROM source;"
    for address in (str(tmp_path), f"{tmp_path}/*/*.parquet", f"{tmp_path}/it's.csv"):
        assert files.ask(address, count).to_pylist() == [{"x": 3}]
    level = files.ask(str(tmp_path), "SELECT 'a'::ENUM('a', 'b') AS x, NULL AS y, uuid() AS z")
    write_sorted(level, tmp_path / "levels.parquet")
    assert {str(kind) for kind in pq.read_schema(tmp_path / "levels.parquet").types} == {"string"}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1; SELECT 2", "expected one SELECT"),
        ("CREATE TABLE t (x INT)", "expected one SELECT"),
        ("-- nothing", "expected one SELECT"),
        ("SELEC", "syntax error"),
        ("SELECT y FROM source", 'column "y" not found'),
        ("SELECT 1 AS a, 2 AS a", "column a: stands more than once"),
        ("SELECT '{}'::JSON AS a", "column a: JSON"),
        ("SELECT [1] AS a", "column a: list is no kind of cell"),
        ("SELECT {'b': 1} AS a", "column a: struct is no kind of cell"),
        ("SELECT INTERVAL 1 DAY AS a", "column a: month_day_nano_interval is no kind of cell"),
        ("SELECT * FROM source WHERE false", "no rows"),
        ("FROM 's3://bucket/x.parquet'", "httpfs"),
    ],
)
def test_queries_of_files_that_give_no_table(sql: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match=said):
        write_sorted(files.ask(f"{tmp_path}/a.csv", sql), tmp_path / "answer.parquet")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: no such file or folder"):
        files.ask(f"{tmp_path}/none.csv", "SELECT 1 AS a")
    with pytest.raises(InputError, match="No files found"):
        files.ask(f"{tmp_path}/*.csv", "SELECT 1 AS a")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://reader:hidden@h/d", "postgresql://:hidden@h/d", "mysql://u:hid/den@h/d",
        "postgresql://h/d?password=hidden", "postgresql://h/d?a=b&sslpassword=hidden",
        "snowflake://u@h/d?Token=hidden", "s3://key:hidden@bucket/prefix", "s3://key@bucket/x",
    ],
)  # fmt: skip
def test_an_address_with_a_password_is_refused_unrepeated(address: str) -> None:
    with pytest.raises(InputError, match="holds a password") as caught:
        require_no_password(address)
    assert "hid" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["postgresql://reader@h:5432/d?passfile=/x&sslmode=require", "s3://bucket/a:b@c", "a:b@c/d",
     "sqlite:///x.db", "postgresql:///d?service=shop"],
)  # fmt: skip
def test_an_address_without_one_is_not(address: str) -> None:
    require_no_password(address)


def test_what_is_a_database() -> None:
    assert is_database("postgresql://h/d")
    assert not any(map(is_database, ("s3://b/p", "folder", "../x/*.parquet")))


def test_no_message_holds_a_secret_of_the_environment() -> None:
    known = {"PGPASSWORD": "one", "AWS_SESSION_TOKEN": "two", "PATH": "three", "QUERY_PASSWORD": ""}
    assert without_secrets("one two three", known) == "*** *** three"


def test_an_address_that_dvc_does_not_import(tmp_path: Path) -> None:
    for address, said in [("postgresql://u:hidden@h/d", "QUERY=file.sql"),
                          ("https://u:hidden@h/x.csv", "holds a password")]:  # fmt: skip
        with pytest.raises(InputError, match=said) as caught:
            require_address(address)
        assert "hidden" not in str(caught.value)
    for fine in ("https://h:80/a@b.csv", "s3://b/x.csv", str(tmp_path)):
        require_address(fine)


def test_the_stage_comes_first_and_comments_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dvc.yaml"
    monkeypatch.setattr(write, "PIPELINE", file)
    before = (DEFAULT / "dvc.yaml").read_text(encoding="utf-8")
    file.write_text(before, encoding="utf-8")
    for name in ("first", "second", "second"):
        write.put_first("query", Query("s3://b/exports", Path(f"data/{name}.sql")).stage)
    expected = """stages:
  query:
    desc: ask what data/*.sql says; `make refresh` asks it anew
    cmd: python -m src.query s3://b/exports data/second.sql data/raw/second.parquet
    deps:
      - data/second.sql
    outs:
      - data/raw/second.parquet:
          persist: true

  ingest:
"""
    assert file.read_text(encoding="utf-8") == before.replace("stages:\n  ingest:\n", expected)


def test_the_stage_of_a_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("data/sql", "exports"):
        Path(folder).mkdir(parents=True)
    asked = Query("postgresql://h/d?a=b&c=d", Path("/elsewhere/My orders.sql"))
    assert asked.stage["deps"] == ["data/My_orders.sql"]
    assert asked.stage["cmd"] == ("python -m src.query 'postgresql://h/d?a=b&c=d' "
                                  "data/My_orders.sql data/raw/My_orders.parquet")  # fmt: skip
    own = Query("exports", Path("data/sql/orders.sql"))
    assert own.stage["deps"] == ["data/sql/orders.sql", "exports"]
    assert Query(f"{tmp_path}/exports", own.file).stage["deps"] == own.stage["deps"]
    assert Query("s3://b/exports", own.file).stage["deps"] == ["data/sql/orders.sql"]
