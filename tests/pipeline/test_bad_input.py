"""Bad input gets one clear message and status 1; every earlier output stays as it was."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from src.base.errors import InputError
from src.base.settings import read_yaml
from src.evaluate import __main__ as evaluate
from src.prepare import __main__ as prepare
from src.train import __main__ as train
from tests.clone import Clone

TABLE = "data/raw/breast_cancer.csv"
OUTPUTS = ["data/prepared", "metrics", "src/models", "dvc.lock"]


def hashes(clone: Clone) -> dict[str, str]:
    """Hash every output."""
    files = [
        path
        for output in OUTPUTS
        for path in [clone.folder / output, *(clone.folder / output).rglob("*")]
        if path.is_file()
    ]
    return {str(path): hashlib.md5(path.read_bytes()).hexdigest() for path in files}  # noqa: S324 - no secret


def arguments(clone: Clone, stage: str) -> list[str]:
    """Return what dvc.yaml calls a stage with."""
    command = read_yaml(clone.folder / "dvc.yaml")["stages"][stage]["cmd"]
    table = read_yaml(clone.folder / "params.yaml")["prepare"]["table"]
    return str(command).replace("${prepare.table}", table).split()[3:]


def lines(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    """Change the lines of the raw table."""

    def apply(path: Path) -> None:
        path.write_text("".join(change(path.read_text().splitlines(keepends=True))))

    return apply


def frame(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    """Change the raw table as a frame."""
    return lambda path: change(pd.read_csv(path)).to_csv(path, index=False)


def half_of_a_parquet_file(path: Path) -> None:
    """Write half of a Parquet file under the table's name, and name it so in params.yaml."""
    parquet = path.with_suffix(".parquet")
    pd.read_csv(path).to_parquet(parquet)
    parquet.write_bytes(parquet.read_bytes()[: parquet.stat().st_size // 2])
    params = path.parents[2] / "params.yaml"
    params.write_text(params.read_text().replace("breast_cancer.csv ", "breast_cancer.parquet "))


def folder_instead(path: Path) -> None:
    """Put a folder where the table was."""
    path.unlink()
    path.mkdir()


BAD_TABLES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty file": (lambda path: path.write_bytes(b""), "the file is empty"),
    "header only": (lines(lambda rows: rows[:1]), "no rows, only the header"),
    "missing target": (
        frame(lambda table: table.drop(columns="diagnosis")),
        "column diagnosis: missing from the table",
    ),
    "one class only": (
        frame(lambda table: table[table["diagnosis"] == "benign"]),
        "column diagnosis: the training set (",
    ),
    "all-null column": (
        frame(lambda table: table.assign(mean_area=None)),
        "column mean_area: 569 nulls",
    ),
    "duplicate names": (
        lines(lambda rows: [rows[0].replace("mean_texture", "mean_radius"), *rows[1:]]),
        "column 'mean_radius' stands more than once",
    ),
    "wrong delimiter": (
        lines(lambda rows: [row.replace(",", ";") for row in rows]),
        "is csv.delimiter ',' right?",
    ),
    "not UTF-8": (
        lambda path: path.write_bytes(path.read_bytes().replace(b"malignant", b"m\xe4lignant", 1)),
        "not utf-8 text",
    ),
    "a field too few": (
        lines(lambda rows: [*rows[:5], "1.0,2.0\n", *rows[5:]]),
        "ragged rows",
    ),
    "a field too many": (
        lines(lambda rows: [*rows[:5], rows[5].replace("\n", ",1\n"), *rows[6:]]),
        "ragged rows",
    ),
    "half a Parquet file": (half_of_a_parquet_file, "breast_cancer.parquet: cannot be read"),
    "infinities": (
        frame(lambda table: table.assign(mean_area=float("inf"))),
        "column mean_area: 569 infinite cells",
    ),
    "a target of nulls": (
        frame(lambda table: table.assign(diagnosis=None)),
        "column diagnosis: all 569 cells are null",
    ),
    "missing file": (lambda path: path.unlink(), "no such file"),
    "a folder": (folder_instead, "the folder is empty. Put the parts of your table there"),
}


PREPARE = [
    "data/schema.yaml", "data/prepared/train.parquet", "data/prepared/test.parquet",
    "metrics/data.json", "metrics/profile.json",
]  # fmt: skip


@pytest.fixture
def at(built: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a built clone that is also the working directory."""
    monkeypatch.chdir(built.folder)
    return built


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_bad_table(at: Clone, case: str) -> None:
    spoil, message = BAD_TABLES[case]
    before = hashes(at)
    spoil(at.folder / TABLE)
    table = TABLE.replace(".csv", ".parquet") if "Parquet" in case else TABLE
    with pytest.raises(InputError) as error:
        prepare.main(prepare.Arguments(*map(Path, [table, *PREPARE])))
    assert str(error.value).startswith("data/raw/breast_cancer.")
    assert message in str(error.value)
    assert hashes(at) == before


def test_a_bad_table_is_one_message_and_status_1(built: Clone) -> None:
    (built.folder / TABLE).write_bytes(b"")
    ran = built.run("python", "-m", "src.prepare", TABLE, *PREPARE)
    assert ran.returncode == 1
    assert ran.stderr == f"error: {TABLE}: the file is empty. Put your table there.\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("drop_duplicates: true", "drop_duplicate: true", "did you mean 'drop_duplicates'?"),
        ("folds: 3", "fold: 5", "did you mean 'folds'?"),
        ("confidence: 0.95         # of each", "confidense: 0.95  #", "did you mean 'confidence'?"),
        (
            "confidence: 0.95         # of each",
            "bootstrap: {replicates: 1000, confidence: 0.95}  #",
            "intervals need no resampling any more",
        ),
        ("folds: 3", "folds: 9999", "train.folds: 9999 folds do not fit"),
        ("max_iter: 20", "max_iter: 0", "The 'max_iter' parameter of HistGradientBoosting"),
        (
            "HistGradientBoostingClassifier\n  hyperparameters:\n    learning_rate: 0.3\n"
            "    max_iter: 20\n    l2_regularization: 1.0",
            "RandomForestClassifier\n  hyperparameters:\n    oob_score: true\n    bootstrap: false",
            "RandomForestClassifier cannot be trained with these hyperparameters",
        ),
        ("columns: [mean_area]", "columns: [mean_aria]", "did you mean 'mean_area'?"),
        ("by: row", "by: group", "no column of data/schema.yaml has role 'group'"),
    ],
)
def test_a_bad_parameter(at: Clone, old: str, new: str, message: str) -> None:
    before = hashes(at)
    at.edit("params.yaml", old, new)
    with pytest.raises(InputError) as error:
        for stage in (prepare, train, evaluate):
            stage.main(stage.Arguments(*map(Path, arguments(at, stage.__name__.split(".")[1]))))
    assert str(error.value).startswith("params.yaml: ")
    assert message in str(error.value)
    assert hashes(at) == before


def test_a_bad_parameter_under_dvc(built: Clone) -> None:
    before = hashes(built)
    built.edit("params.yaml", "final: ensemble", "finale: ensemble")
    ran = built.run("dvc", "repro")
    assert ran.returncode != 0
    assert "error: params.yaml: " in ran.stderr
    assert "did you mean 'final'?" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert hashes(built) == before


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and then nothing"])
@pytest.mark.parametrize("name", ["train", "test"])
def test_a_broken_prepared_table(at: Clone, name: str, content: bytes | None) -> None:
    path = at.folder / f"data/prepared/{name}.parquet"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    before = hashes(at)
    with pytest.raises(InputError, match=f"data/prepared/{name}.parquet: cannot be read"):
        evaluate.main(evaluate.Arguments(*map(Path, arguments(at, "evaluate"))))
    assert hashes(at) == before


def test_a_broken_contract_under_dvc(built: Clone) -> None:
    before = hashes(built)
    built.edit("data/schema.yaml", "role: target", "role: targt")
    ran = built.run("dvc", "repro")
    assert ran.returncode != 0
    assert "error: data/schema.yaml: columns.diagnosis.role: found 'targt'" in ran.stderr
    assert hashes(built) == before
