"""What adopt reads of a table that is too long to be held: a sample, and one pass over all rows."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from src.adopt import count, facts, model, sample
from src.adopt.choices import Choices
from src.adopt.count import Groups, Profiled, profiled
from src.adopt.facts import Facts, Tally
from src.adopt.profile import profile
from src.adopt.propose import Proposal, propose
from src.adopt.sample import sampled
from src.adopt.sniff import sniff
from src.adopt.write import params_text
from src.base.contract import Csv
from src.tables import formats, hashes
from src.tables.validate import validate_table
from tests import kinds
from tests.tables import CSV, SOURCE, read_table
from tools.project import DEFAULT

PLAIN = Csv.model_validate(CSV)
ROWS = 600


def looked(path: Path, held: int, rows: int = 70) -> tuple[Profiled, Proposal, Csv]:
    """Look at a table of which so many rows are held, and propose."""
    with patch.object(sample, "ROWS", held), patch.object(formats, "ROWS", rows):
        found, dialect = sniff(path)
        table = profiled(found, ("the target",), dialect.csv, path, path.parent)
    assert len(found.frame) == min(held, found.rows)
    return table, propose(table, Choices("the target"), dialect.csv, SOURCE), dialect.csv


def made(**columns: Any) -> pd.DataFrame:  # noqa: ANN401 - any cells
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"x": generator.normal(size=ROWS), **columns})
    return table.assign(**{"the target": generator.choice(["no", "yes"], ROWS)})


def rare(*cells: object, rest: object) -> list[object]:
    """Return cells of which the last are seldom."""
    return [rest if not isinstance(rest, list) else rest[row % len(rest)]
            for row in range(ROWS - len(cells))] + list(cells)  # fmt: skip


def outside(path: Path, held: int) -> None:
    """Make sure that the last rows are not among those held."""
    with patch.object(sample, "ROWS", held):
        last = sampled(path, PLAIN).frame.tail(1)
    assert not last.equals(read_table(path, PLAIN).tail(1).set_axis(last.index))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_rows_that_are_held_do_not_depend_on_the_batches(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    table = pd.DataFrame({"n": np.arange(2000), "word": [f"w{row}" for row in range(2000)]})
    for place, part in enumerate((table[:300], table[300:])):
        with_null = part.assign(n=part["n"].where(part["n"] != 7))  # an integer, and a float
        path = folder / f"{place}{suffix}"
        with_null.to_csv(path, index=False) if suffix == ".csv" else with_null.to_parquet(path)
    found = []
    for rows in (7, 150, 100_000):
        limits = patch.object(formats, "ROWS", rows), patch.object(formats, "BLOCK", rows * 50)
        with limits[0], limits[1], patch.object(sample, "ROWS", 100):
            found.append(sampled(folder, PLAIN))
    assert {one.rows for one in found} == {2000}
    for one in found:
        pd.testing.assert_frame_equal(one.frame, found[0].frame)
    numbers = found[0].frame["word"].str[1:].astype(int)
    assert len(numbers) == numbers.nunique() == 100
    assert numbers.is_monotonic_increasing
    assert numbers.between(500, 1500).sum() > 25
    with patch.object(sample, "ROWS", 2000):
        whole = sampled(folder, PLAIN)
    assert whole.whole
    assert whole.frame["word"].tolist() == table["word"].tolist()


def test_a_contract_from_a_sample_is_that_of_the_whole_table(tmp_path: Path) -> None:
    names = [name for name in kinds.COLUMNS if name not in ("prose", "mixed")]
    table = kinds.make(names, "strings", ROWS, 0)
    table["client_id"] = [f"c{row}" for row in range(ROWS)]
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    (whole, expected, _), (part, found, _) = looked(path, ROWS), looked(path, 300)
    assert found.contract == expected.contract
    assert found.reasons == expected.reasons
    assert (found.model, found.split, found.slices) == (
        expected.model, expected.split, expected.slices
    )  # fmt: skip
    assert part.equal == whole.equal
    assert not whole.groups
    for name, column in whole.columns.items():
        one, other = column.facts, part.columns[name].facts
        assert (one.rows, one.nulls, one.levels) == (other.rows, other.nulls, other.levels), name
        assert one.distinct or not other.distinct  # which is counted where it could be an id
        if one.counts is not None and other.counts is not None:
            assert one.counts.to_dict() == other.counts.to_dict()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (rare("seven", rest=[str(n) for n in range(90)]), "categorical"),  # numbers
        (rare("2", rest=["0", "1"]), "numeric"),  # booleans
        (rare("01.13.2024", rest=["03.04.2024", "05.06.2024"]), "datetime"),  # day first
        (rare("3", "4", rest=["2", "9", "17"]), "categorical"),  # codes
        (rare("2.5", rest=["2", "9", "17"]), "numeric"),  # codes
        (rare("7.5", rest=""), "numeric"),  # no value at all
        (rare("?", rest=[str(n) for n in range(90)]), "numeric"),  # a null marker
    ],
)
def test_a_column_is_what_its_last_row_lets_it_be(
    cells: list[str], kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    made(it=cells).to_csv(path, index=False)
    outside(path, 100)
    _, found, csv = looked(path, 100)
    assert found.contract.columns["it"].kind == kind
    assert validate_table(read_table(path, csv), found.contract)[1] == []


def test_what_is_counted_is_counted_over_all_rows(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    table = made(
        order_id=rare("o0", rest=[f"o{row}" for row in range(ROWS)]),
        key=[f"k{row}" for row in range(ROWS)],
        size=rare(-3.0, rest=[1.0, 2.0, 3.0, 4.5, 6.0]),
        colour=rare("violet", rest=["red", "blue"]),
        day=pd.date_range("2024-01-01", periods=ROWS),
    )
    table.loc[ROWS - 1, "day"] = pd.Timestamp("2020-01-01")
    table.loc[ROWS - 1, "the target"] = "maybe"
    table.to_parquet(path)
    outside(path, 100)
    _, found, _ = looked(path, 100)
    columns = found.contract.columns
    assert columns["key"].role == "id"
    assert columns["order_id"].role == "feature"
    assert columns["size"].min is None
    assert columns["colour"].levels is None  # violet may be one of many
    assert columns["the target"].levels == ["maybe", "no", "yes"]
    assert found.split == "row"
    assert found.model.final == "refit"


def test_infinite_numbers_are_found(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    made(it=rare(np.inf, rest=[1.5, 2.0, 3.0])).to_parquet(path)
    assert looked(path, 100)[0].infinite
    made(it=rare(7.0, rest=[1.5, 2.0, 3.0])).to_parquet(path)
    assert not looked(path, 100)[0].infinite


def test_groups_are_judged_by_all_of_their_rows(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    groups = np.random.default_rng(1).integers(0, 60, ROWS)
    table = made(client_id=[f"c{group}" for group in groups])
    table["the target"] = np.where((groups % 2 == 1) | (np.arange(ROWS) % 17 == 0), "yes", "no")
    table.to_parquet(path)
    with patch.object(count, "GROUP_ROWS", 250):
        found = looked(path, 60)
    assert 50 < len(found[0].groups["client_id"]) <= 250
    assert found[1].contract.names("group") == ["client_id"]
    kept = Groups()
    hashed = hashes.cell_hashes(table[["client_id"]])[0]
    with patch.object(count, "GROUP_ROWS", 100):
        for rows in np.array_split(np.arange(ROWS), 7):
            kept.add(hashed[rows], table["the target"].iloc[rows])
    sizes = pd.Series(hashed).value_counts()
    of_kept = kept.frame()["group"].value_counts()
    assert of_kept.to_dict() == sizes[of_kept.index].to_dict()


def test_many_levels_are_estimated_to_a_few_percent() -> None:
    generator = np.random.default_rng(0)
    tally = Tally(None)
    cells = pd.Series(generator.integers(0, 30_000, 60_000).astype(float))
    for first in range(0, len(cells), 7_000):
        part = cells[first : first + 7_000]
        tally.add(part, hashes.cell_hashes(part.to_frame())[0])
    found, whole = tally.facts(), Facts.of(cells)
    assert (found.exact, whole.exact) == (False, True)
    assert abs(found.levels / whole.levels - 1) < 0.05
    assert (found.low, found.high, found.integers) == (whole.low, whole.high, whole.integers)
    assert found.counts is whole.counts is None
    with patch.object(facts, "SMALLEST", 40_000):
        tally = Tally(None)
        tally.add(cells, hashes.cell_hashes(cells.to_frame())[0])
        assert tally.facts().levels == whole.levels


def test_a_table_that_is_held_whole_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    made().to_csv(path, index=False)
    held, dialect = sniff(path)
    path.unlink()
    assert profiled(held, ("the target",), dialect.csv, path, tmp_path).equal == 0


def test_a_long_table_is_fitted_from_disk_where_xgboost_is_installed() -> None:
    table = made()
    columns = {str(name): profile(table[name], ".") for name in table}
    held = Profiled.of(table, columns, "the target")

    def proposed(*extras: str) -> Proposal:
        return propose(held, Choices("the target", extras=extras), PLAIN, SOURCE)

    with patch.object(model, "MANY_CELLS", ROWS):
        assert not proposed("search").model.external_memory
        found = proposed("xgboost")
    assert found.model.estimator == "xgboost.XGBClassifier"
    text = params_text((DEFAULT / "params.yaml").read_text(), found, Path("data/x.csv"), {})
    assert "external_memory: true" in text
    assert "xgboost.XGBClassifier:\n      learning_rate" in text
    again = params_text(text, proposed(), Path("data/x.csv"), {})
    assert "external_memory: false" in again
