"""One entry a thing: formats, plots, kinds of storage, trusted types."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from src.base.contract import Csv
from src.base.errors import InputError
from src.base.settings import read_yaml
from src.release.remote import require_package
from src.results.plots import PLOTS, Plot
from src.saving.trust import TRUSTED, Trust, own_types, read_trust
from src.search.files import OFF
from src.tables.formats import FORMATS
from src.tables.read import read_batches
from tests.tables import CSV, read_table

ENTRIES = {name: entry for drawn in read_yaml(Path("dvc.yaml")).get("plots", [])
           for name, entry in drawn.items()}  # fmt: skip


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_format_gives_the_same_rows_whole_and_in_batches(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    table = pd.DataFrame({"a": [str(row) for row in range(500)], "b": "x"})
    whole = pa.Table.from_pandas(table.astype("str"), preserve_index=False)
    whole = whole.cast(pa.schema([(name, pa.string()) for name in whole.column_names]))
    stream = FORMATS[suffix].write(path, whole.schema)
    stream.write_table(whole)
    stream.close()
    csv = Csv.model_validate(CSV | {"delimiter": "\t" if suffix == ".tsv" else ","})
    batches = [batch.to_pandas() for batch, _ in read_batches(path, csv)]
    pd.testing.assert_frame_equal(pd.concat(batches, ignore_index=True), read_table(path, csv))
    pd.testing.assert_frame_equal(read_table(path, csv), table.astype("str"))


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.name)
def test_dvc_draws_a_plot_as_its_record_says(plot: Plot) -> None:
    if plot.title in ENTRIES:  # a project may leave out the plots of other tasks
        y = plot.y if isinstance(plot.y, str) else list(plot.y)
        assert ENTRIES[plot.title] == {
            "template": plot.template,
            "x": plot.x,
            "y": {f"metrics/plots/{plot.name}.csv": y},
            "x_label": plot.x_title,
            "y_label": plot.y_title,
        }


def test_the_default_pipeline_draws_every_plot() -> None:
    drawn = read_yaml(Path("tests/default/dvc.yaml"))["plots"]
    titles = [name for entry in drawn for name in entry]
    assert titles == [*(plot.title for plot in PLOTS), "Search"]
    (source, fields) = next(iter(drawn[-1]["Search"]["y"].items()))
    columns = OFF[Path(source).name].strip().split(",")
    assert {drawn[-1]["Search"]["x"], *fields} <= set(columns)


def test_a_storage_of_another_kind_names_its_package() -> None:
    require_package("s3://bucket/path")
    require_package("/a/folder")
    with pytest.raises(InputError, match=r"azure:// needs the package dvc-azure.*make lock"):
        require_package("azure://container/path")
    with pytest.raises(InputError, match=r"no storage gss://; did you mean 'gs'"):
        require_package("gss://bucket")


def test_a_team_adds_trusted_types(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("train: {trusted: [lightgbm.basic.Booster], max_model_bytes: 9}")
    assert read_trust(path) == Trust((*TRUSTED, "lightgbm.basic.Booster", *own_types()), 9)
    for text, told in (
        (
            "train: {trusted: all, max_model_bytes: 9}",
            r"train\.trusted: found 'all', expected",
        ),
        ("train: {trusted: [], max_model_bytes: 0}", r"train\.max_model_bytes: found 0"),
        ("train: {trusted: []}", r"train\.max_model_bytes: found None"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=told):
            read_trust(path)
