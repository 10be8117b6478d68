"""A user's own table: one command, then plain dvc; tables that grow or break their contract."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from tests import kinds
from tests.clone import Clone


def hashes(clone: Clone) -> dict[str, str]:
    """Hash every file of the working tree that git tracks or could track."""
    names = clone.succeed("git", "ls-files", "-co", "--exclude-standard").splitlines()
    files = [clone.folder / name for name in names]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def orders(rows: int) -> pd.DataFrame:
    """Return a table with an id, dates, a code, target leakage and what there is to learn."""
    generator = np.random.default_rng(0)
    amount = generator.lognormal(3, 1, rows).round(2)
    late = np.where(amount + generator.normal(scale=10, size=rows) > 20, "ja", "nein")
    return pd.DataFrame(
        {
            "Order-Nr": [f"B{row:06d}" for row in range(rows)],
            "Bestellt am": kinds.COLUMNS["european days"](generator, rows),
            "Betrag (€)": amount,
            "Land": generator.choice(["DE", "AT", "?"], rows, p=[0.6, 0.3, 0.1]),
            "mahnung_status": np.where(late == "ja", "sent", "none"),
            "mahnung": late,
        }
    )


def write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252")


def test_a_table_is_adopted_grows_and_changes(fresh: Clone, tmp_path: Path) -> None:
    source = tmp_path.with_name(f"{tmp_path.name}-in") / "Neue Bestellungen.csv"
    source.parent.mkdir()
    every = orders(900)
    write(every.head(600), source)
    fresh.quicken()
    adopt = ("python", "-m", "src.adopt", str(source), "mahnung")

    before = hashes(fresh)
    assert "nothing was written" in fresh.succeed(*adopt, "--dry-run")
    assert hashes(fresh) == before

    said = fresh.succeed(*adopt)
    assert "mahnung_status: explains 100 % of mahnung alone. Certain, left out." in said
    contract = YAML(typ="safe").load(fresh.read("data/schema.yaml"))
    assert contract["csv"] == {
        "delimiter": ";", "encoding": "cp1252", "decimal": ",", "null_values": ["", "?"]
    }  # fmt: skip
    assert contract["columns"]["Order-Nr"] == {"kind": "text", "role": "id"}
    assert contract["columns"]["Bestellt am"]["format"] == "%d.%m.%Y"
    assert "src.ingest" not in fresh.read("dvc.yaml")
    once = hashes(fresh)
    fresh.succeed(*adopt)
    assert hashes(fresh) == once  # the same again

    fresh.succeed("dvc", "repro", "--quiet")
    metrics = json.loads(fresh.read("metrics/details.json"))
    assert metrics["test"]["roc_auc"] > 0.8
    old_test = set(pd.read_parquet(fresh.folder / "data/prepared/test.parquet")["row_key"])
    old_train = set(pd.read_parquet(fresh.folder / "data/prepared/train.parquet")["row_key"])

    table = fresh.folder / "data/raw/Neue_Bestellungen.csv"
    table.unlink()
    write(every, table)
    fresh.succeed("dvc", "add", "--quiet", "data/raw/Neue_Bestellungen.csv")
    fresh.succeed("dvc", "repro", "--quiet")
    new_test = set(pd.read_parquet(fresh.folder / "data/prepared/test.parquet")["row_key"])
    new_train = set(pd.read_parquet(fresh.folder / "data/prepared/train.parquet")["row_key"])
    assert old_test <= new_test
    assert old_train <= new_train
    assert len(new_test | new_train) == 900

    table.unlink()
    write(every.assign(Filiale="Mitte").rename(columns={"Land": "Staat"}), table)
    ran = fresh.run("dvc", "repro")
    assert ran.returncode != 0
    assert "column Land: missing from the table" in ran.stderr
    assert "column Filiale: not in the contract" in ran.stderr
    assert "`make accept`" in ran.stderr
    built = hashes(fresh)  # dvc repro has updated the table's .dvc file
    shown = fresh.succeed("python", "-m", "src.adopt.accept")
    assert "-  Land: {kind: categorical" in shown
    assert "+  Staat: {kind: categorical" in shown
    assert {name for name, digest in hashes(fresh).items() if built.get(name) != digest} == {
        str(fresh.folder / "data/schema.yaml"),
        str(fresh.folder / "params.yaml"),
    }
    assert "-    columns: [Land]" in shown  # the slices of the column that is gone
    fresh.succeed("dvc", "repro", "--quiet")


def test_a_table_that_cannot_be_adopted_changes_nothing(fresh: Clone, tmp_path: Path) -> None:
    source = tmp_path.with_name(f"{tmp_path.name}-in.csv")
    write(orders(100), source)
    before = hashes(fresh)
    missing = fresh.run("python", "-m", "src.adopt", str(source), "Mahnung")
    assert missing.returncode == 1
    assert missing.stderr.startswith("error: TARGET=Mahnung: ")
    assert "did you mean 'mahnung'" in missing.stderr
    unknown = fresh.run("python", "-m", "src.adopt", "https://127.0.0.1:9/x.csv", "x")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("error: `dvc get-url")
    fresh.write("data/raw/orders.csv.dvc", "not what DVC wrote")  # makes the last step fail
    before = hashes(fresh)
    named = source.with_name("orders.csv")
    source.rename(named)
    failed = fresh.run("python", "-m", "src.adopt", str(named), "mahnung")
    assert failed.returncode == 1
    assert failed.stderr.startswith("error: `dvc add")
    assert hashes(fresh) == before
    assert not (fresh.folder / "data/raw/orders.csv").exists()


@pytest.mark.long
def test_a_parquet_table_of_many_kinds(fresh: Clone, tmp_path: Path) -> None:
    source = tmp_path.with_name(f"{tmp_path.name}-in.parquet")
    chosen = [kind for kind in (kinds.COLUMNS | kinds.PARQUET_ONLY) if kind != "mixed"]
    kinds.make(chosen, "several", 300, 0).to_parquet(source)
    fresh.quicken()
    fresh.succeed("python", "-m", "src.adopt", str(source), "the target")
    fresh.succeed("dvc", "repro", "--quiet")
