from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

from src.base.errors import InputError
from src.base.settings import PARAMS, Settings, load_settings, parse, read_yaml, sections
from src.evaluate.settings import Evaluate
from src.gate.settings import Gate
from src.prepare.settings import Prepare
from src.train.settings import Train
from tools.project import DEFAULT

SECTIONS: dict[str, type[Settings]] = {
    "prepare": Prepare, "train": Train, "evaluate": Evaluate, "gate": Gate
}  # fmt: skip
DEFAULT_PARAMS = DEFAULT / "params.yaml"


def write(folder: Path, content: object) -> Path:
    path = folder / "params.yaml"
    with path.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(content, stream)
    return path


def changed(key: str, value: object) -> dict[str, Any]:
    content = YAML(typ="safe").load(DEFAULT_PARAMS.read_text(encoding="utf-8"))
    *outer, last = key.split(".")
    section = content
    for part in outer:
        section = section[part]
    section[last] = value
    return content  # type: ignore[no-any-return]  # YAML has no types


@pytest.mark.parametrize("path", [PARAMS, DEFAULT_PARAMS], ids=str)
@pytest.mark.parametrize("section", SECTIONS)
def test_the_committed_file_is_read(section: str, path: Path) -> None:
    loaded = load_settings(SECTIONS[section], path)
    assert loaded.model_dump(exclude_unset=True) == read_yaml(path)[section]


def test_a_section_is_a_folder_with_settings() -> None:
    assert set(SECTIONS) <= set(sections())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bootstrap", "allow_missing_baseline"),
        ("undecided", "inconclusive"),
        ("wear", "test_set_reuse"),
    ],
)
def test_an_old_name_is_told_its_new_one(tmp_path: Path, old: str, new: str) -> None:
    path = write(tmp_path, changed(f"gate.{old}", True))
    with pytest.raises(InputError, match=rf"gate\.{old}: is called '{new}' now"):
        load_settings(Gate, path)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings(Train, DEFAULT_PARAMS).folds = 3  # type: ignore[misc]  # what is refused


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("prepare.drop_duplicate", True, "prepare.drop_duplicate: unknown key; did you mean "
         "'drop_duplicates'"),
        ("prepare.split.by", "rows", "prepare.split.by: found 'rows'; should be 'row', 'group' or "
         "'time'"),
        ("prepare.split.test_size", 1.5, "prepare.split.test_size: found 1.5; should be less"),
        ("prepare.split.test_siz", 0.2, "unknown key; did you mean 'test_size'"),
        ("train.folds", "five", "train.folds: found 'five'; should be a valid integer"),
        ("train.folds", -1, "train.folds: found -1; should be greater than or equal to 0"),
        ("train.folds", True, "train.folds: found True; should be a valid integer"),
        ("train.folds", 1, "train.folds: found 1; should be 0 for no cross-validation, or 2"),
        ("prepare.split", None, "prepare.split: found None; should be a mapping"),
        ("train.seed", 2**32, "train.seed: found 4294967296"),
        ("train.estimater", "x", "unknown key; did you mean 'estimator'"),
        ("evaluate.confidence", 95, "evaluate.confidence: found 95"),
        ("evaluate.confidence", float("nan"), "confidence: found nan"),
        ("gate.no_regression.replicates", 1000, "its limits need no resampling any more"),
        ("evaluate.slices.column", [], "unknown key; did you mean 'columns'"),
        ("evaluate.seed", None, "evaluate.seed: found None"),
    ],
)  # fmt: skip
def test_a_fault_names_file_key_found_and_expected(
    tmp_path: Path, key: str, value: object, message: str
) -> None:
    path = write(tmp_path, changed(key, value))
    with pytest.raises(InputError) as error:
        load_settings(SECTIONS[key.partition(".")[0]], path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


def test_all_faults_come_in_one_message(tmp_path: Path) -> None:
    content = changed("train.folds", "x")
    content["train"]["seed"] = -1
    with pytest.raises(InputError, match=r"(?s)2 faults.*train\.seed.*train\.folds"):
        load_settings(Train, write(tmp_path, content))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    content = changed("train.folds", 5)
    del content["train"]["folds"]
    with pytest.raises(InputError, match=r"train\.folds: missing"):
        load_settings(Train, write(tmp_path, content))


def test_an_unknown_section_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown section 'trian'; did you mean 'train'"):
        load_settings(Train, write(tmp_path, changed("trian", {})))


def test_a_missing_section_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="section 'train' is missing"):
        load_settings(Train, write(tmp_path, {"prepare": {}}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"train: [", "not valid YAML"),
        (b"- 1", "expected a mapping, found list"),
        (b"", "expected a mapping, found NoneType"),
        (b"train: \xff", "not UTF-8"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_settings(Train, path)


def test_a_missing_file_says_how_to_restore_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="git checkout"):
        load_settings(Train, tmp_path / "params.yaml")


def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(DEFAULT_PARAMS.read_text(encoding="utf-8").replace("0.1", "1e-3"))
    assert load_settings(Train, path).hyperparameters["learning_rate"] == 0.001


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=6,
    )
)
def test_any_content_is_settings_or_one_error(content: object) -> None:
    try:
        parse(Evaluate, content, PARAMS, "evaluate")
    except InputError as error:
        assert str(error).startswith("params.yaml: ")


def test_an_unknown_key_of_settings_that_may_be_null_is_named() -> None:
    given = {
        "seed": 0, "confidence": 0.9, "slices": {"columns": [], "min_rows": 1},
        "importance": {"repeats": 1, "max_rows": 1}, "costs": {"false_alarms": 1, "miss": 2},
    }  # fmt: skip
    with pytest.raises(InputError) as error:
        parse(Evaluate, given, Path("params.yaml"), "evaluate")
    assert "evaluate.costs.false_alarm: missing" in str(error.value)
    assert "evaluate.costs.false_alarms: unknown key; did you mean" in str(error.value)
