"""A table that a query gives: of a real PostgreSQL server, of files, of a real S3 server."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from src.base.errors import InputError
from src.base.files import md5
from src.base.settings import read_yaml
from src.query import database
from src.query.answer import write_sorted
from tests.clone import Clone
from tests.postgres import Postgres
from tools.s3 import BUCKET, Server

ORDERS = """
    CREATE TABLE orders AS
    SELECT i AS id,
        (i * 37 % 101 / 4.0)::numeric(10, 2) AS amount,
        (ARRAY['DE', 'AT', NULL])[i % 3 + 1] AS country,
        timestamptz '2024-01-01 12:00+02' + i * interval '1 hour' AS ordered,
        i % 7 = 0 AS gift,
        CASE WHEN i * 37 % 101 + i * i % 30 > 60 THEN 'late' ELSE 'paid' END AS outcome
    FROM generate_series(1, 400) AS i"""
ADOPTED = """
    -- '%' and ':name' are no parameters
    SELECT id, amount, country, ordered, gift, outcome FROM orders
    WHERE country IS NULL OR country LIKE '%' AND '12:30'::time IS NOT NULL;
"""
BUILT = ["prepare", "search", "train", "evaluate"]


@pytest.fixture
def asking(fresh: Clone, server: Postgres) -> Clone:
    """Return a clone whose commands know the password, and where training is quick."""
    server.run(f"DROP TABLE IF EXISTS orders; {ORDERS}")
    fresh.quicken()
    fresh.environment = dict(server.environment)
    fresh.mark_environment()
    return fresh


def test_a_query_is_adopted_and_asked_anew(asking: Clone, server: Postgres) -> None:
    asking.write("../orders.sql", ADOPTED)
    table, query = "data/raw/orders.parquet", "data/orders.sql"
    adopt = ("python", "-m", "src.adopt", server.address, "outcome", "--query", "../orders.sql")
    said = asking.succeed(*adopt)
    assert f"Written: data/schema.yaml, params.yaml, {query}; {table} is DVC's" in said
    stage = read_yaml(asking.folder / "dvc.yaml")["stages"]["query"]
    assert stage["cmd"] == f"python -m src.query {server.address} {query} {table}"
    assert asking.ran(asking.succeed("dvc", "repro")) == BUILT  # the answer is there
    asking.commit("adopted")
    assert query in asking.succeed("git", "ls-files")
    assert asking.run("git", "grep", server.password).returncode == 1

    answer = (asking.folder / table).read_bytes()
    rows = pq.read_table(asking.folder / table)
    assert rows.column("id").to_pylist() == list(range(1, 401))
    assert [str(kind) for kind in rows.schema.types] == [
        "int64", "decimal128(4, 2)", "string", "timestamp[us, tz=UTC]", "bool", "string"
    ]  # fmt: skip

    server.run("CREATE TABLE other AS SELECT * FROM orders ORDER BY md5(id::text); "
               "DROP TABLE orders; ALTER TABLE other RENAME TO orders")  # fmt: skip
    assert asking.ran(asking.succeed("make", "refresh")) == ["query"]
    assert (asking.folder / table).read_bytes() == answer
    assert asking.status() == ""

    server.run("INSERT INTO orders SELECT 400 + id, amount, country, ordered, gift, outcome "
               "FROM orders WHERE id < 50")  # fmt: skip
    assert asking.ran(asking.succeed("make", "refresh")) == ["query", *BUILT]
    assert pq.read_metadata(asking.folder / table).num_rows == 449
    asking.commit("refreshed")

    server.stop()
    try:
        assert asking.ran(asking.succeed("python", "-m", "src.verify")) == BUILT
        away = asking.run("make", "refresh")
    finally:
        server.restart()
    assert away.returncode != 0
    assert "Connection refused" in away.stderr
    assert asking.status() == ""
    assert pq.read_metadata(asking.folder / table).num_rows == 449


def test_what_a_server_refuses_changes_nothing(asking: Clone, server: Postgres) -> None:
    asking.write("../orders.sql", ADOPTED)
    before = asking.status()
    secret = server.address.replace("@", ":hidden@")
    for address, password, said in [
        (server.address, "wrong", 'password authentication failed for user "reader"'),
        (secret, server.password, "holds a password, which would be written into dvc.yaml"),
        (f"{server.address}?password=hidden", server.password, "holds a password"),
        (
            server.address.replace("shop", "shops"),
            server.password,
            'database "shops" does not exist',
        ),
    ]:
        adopt = ("python", "-m", "src.adopt", address, "outcome", "--query", "../orders.sql")
        ran = asking.run(*adopt, PGPASSWORD=password)
        assert ran.returncode == 1
        assert ran.stderr.startswith("error: ")
        assert ran.stderr.count("\n") == 1
        assert said in ran.stderr
        assert "hidden" not in ran.stdout + ran.stderr
        assert server.password not in ran.stdout + ran.stderr
    ran = asking.run("python", "-m", "src.adopt", secret, "outcome")
    assert "postgresql:// is no address of a file" in ran.stderr
    assert "hidden" not in ran.stderr
    assert asking.status() == before


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1 AS a, 2 AS a", "column a: stands more than once"),
        ("SELECT ARRAY[1] AS a", "column a: list is no kind of cell"),
        ("SELECT '{}'::json AS a", "column a: JSON is no cell"),
        ("SELECT '5'::jsonb AS a", "column a: JSON is no cell"),
        ("SELECT interval '1 day' AS a", "column a: timedelta is no kind"),
        ("SELECT 'NaN'::numeric AS a", "column a: holds a value that no table can"),
        ("SELECT 1 AS a WHERE false", "no rows"),
        ("SELECT nothing FROM orders", 'column "nothing" does not exist LINE 1: SELECT nothing'),
        ("SELECT 1 / (id - 200) AS a FROM orders", "division by zero"),
        ("DROP TABLE orders", 'syntax error at or near "DROP"'),
        ("SELECT setval('s', 1)", "cannot execute setval() in a read-only transaction"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_table(
    sql: str, said: str, server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.run(f"DROP TABLE IF EXISTS orders; {ORDERS}; CREATE SEQUENCE IF NOT EXISTS s")
    monkeypatch.setenv("PGPASSWORD", server.password)
    with pytest.raises(InputError) as caught:
        write_sorted(database.ask(server.address, sql), tmp_path / "answer.parquet")
    assert said in str(caught.value)


def test_an_answer_is_fetched_in_batches(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", server.password)
    monkeypatch.setattr(database, "ROWS", 100)
    counts: list[int] = []
    monkeypatch.setattr(database, "from_rows", lambda _, rows: counts.extend(map(len, rows)))
    database.ask(server.address, "SELECT * FROM generate_series(1, 250) AS number")
    assert counts == [100, 100, 50]


def test_a_prefix_of_parquet_in_s3(fresh: Clone, tmp_path_factory: pytest.TempPathFactory) -> None:
    server = Server(tmp_path_factory.mktemp("server")).start()
    fresh.environment = {
        **server.environment, "AWS_ENDPOINT_URL": server.endpoint, "AWS_MAX_ATTEMPTS": "1"
    }  # fmt: skip
    for day in ("2024-01-01", "2024-01-02"):
        folder = server.bucket / "exports" / f"day={day}"
        folder.mkdir(parents=True)
        pq.write_table(_rows(3), folder / "part-0.parquet")
    (server.bucket / "exports/_SUCCESS").touch()
    fresh.write("data/query.sql", "SELECT day, sum(number) AS total FROM source GROUP BY day")
    ask_s3 = ("python", "-m", "src.query", f"s3://{BUCKET}/exports", "data/query.sql", "a.parquet")
    try:
        fresh.succeed(*ask_s3)
        answer = pq.read_table(fresh.folder / "a.parquet").to_pydict()
        assert [str(day) for day in answer["day"]] == ["2024-01-01", "2024-01-02"]
        assert answer["total"] == [3, 3]
        refused = fresh.run(*ask_s3, AWS_ACCESS_KEY_ID="another")
        missing = fresh.run(*ask_s3[:3], f"s3://{BUCKET}/nothing", *ask_s3[4:])
    finally:
        server.kill()
    away = fresh.run(*ask_s3)
    for ran, said in [(refused, "Forbidden"), (missing, "nothing"), (away, "Could not connect")]:
        assert ran.returncode == 1
        assert ran.stderr.count("\n") == 1
        assert f"s3://{BUCKET}/" in ran.stderr
        assert said in ran.stderr
    assert pq.read_metadata(fresh.folder / "a.parquet").num_rows == 2


def _rows(count: int) -> pa.Table:
    return pa.table({"number": list(range(count))})


def test_a_merge_keeps_the_newer_answer(built: Clone) -> None:
    """A stage that nothing depends on: only what the server said is at stake."""
    shop = sqlite3.connect(built.folder / ".dvc/tmp/shop.db", isolation_level=None)
    shop.execute("CREATE TABLE orders AS SELECT 1 AS id")
    built.write("data/query.sql", "SELECT id FROM orders")
    cmd = "python -m src.query sqlite:///.dvc/tmp/shop.db data/query.sql data/raw/query.parquet"
    built.edit("dvc.yaml", "stages:\n", f"stages:\n  query:\n    cmd: {cmd}\n"
               "    deps: [data/query.sql]\n    outs: [data/raw/query.parquet]\n\n")  # fmt: skip
    built.succeed("dvc", "repro", "--quiet")
    built.commit("asked")
    built.succeed("git", "branch", "idea")
    shop.execute("INSERT INTO orders VALUES (2)")
    built.succeed("dvc", "repro", "--quiet", "--force", "--single-item", "query")
    built.commit("asked again")
    built.succeed("dvc", "push", "--quiet", "query")
    answer = pq.read_table(built.folder / "data/raw/query.parquet")
    name = md5(built.folder / "data/raw/query.parquet")
    (built.folder / ".dvc/cache/files/md5" / name[:2] / name[2:]).unlink()  # a colleague has it
    shutil.rmtree(built.folder / ".dvc/cache/runs", ignore_errors=True)
    shop.execute("DROP TABLE orders")  # a merge asks nobody
    shop.close()
    for branch, other in [("idea", "main"), ("main", "idea")]:
        built.succeed("git", "checkout", "--quiet", branch)
        built.succeed("dvc", "checkout", "--quiet", "--force", "query")
        built.write(f"{branch}.txt", branch)
        built.commit(branch)
        built.succeed("python", "-m", "src.merge", "--source", other)
        assert pq.read_table(built.folder / "data/raw/query.parquet") == answer
        assert built.status() == ""
        assert built.ran(built.succeed("dvc", "repro")) == []
