"""An upgrade keeps what the team owns, and changes a YAML file by the lines of single keys."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from src.base.errors import InputError
from src.base.settings import load_settings, parse_yaml, read_yaml
from src.evaluate.settings import Evaluate
from src.gate.settings import Gate
from src.prepare.settings import Prepare
from src.search.settings import Search
from src.train.settings import Train
from src.upgrade.migrations import MIGRATIONS, Owned, migrated
from src.upgrade.sides import TreeFile, sides
from src.upgrade.yaml_text import add, block, has, keys, remove, require_editable

EARLIER = Path("tests/earlier")
DEFAULT = Path("tests/default")
CONTRACT = (DEFAULT / "data/schema.yaml").read_text(encoding="utf-8")

TEXT = """\
# Of the file.

one:
  # Of a.
  a: 1  # first
        # and more of it
  b:
    - x
    - y

# Of two.
two: {c: 1, d: [1, 2]}
three: >-
  folded # no comment
  text

"""


def test_lines_are_put_after_a_key_with_all_its_comments() -> None:
    changed = add(TEXT, "one", "# New.\nn: 0\n", after="a")
    assert changed == TEXT.replace("more of it\n", "more of it\n  # New.\n  n: 0\n")
    assert add(TEXT, "one", "n: 0\n") == TEXT.replace("  # Of a.", "  n: 0\n  # Of a.")
    assert add(TEXT, "two", "n: 0\n", after="c") == TEXT.replace("c: 1,", "c: 1, n: 0,")
    assert add(TEXT, "two", "n: 0\n") == TEXT.replace("{c", "{n: 0, c")
    assert add(TEXT, "", "n: 0\n", after="three").endswith("  text\nn: 0\n\n")


def test_a_key_goes_with_its_comments_only() -> None:
    assert remove(TEXT, "one", "a") == TEXT.replace(
        "  # Of a.\n  a: 1  # first\n        # and more of it\n", ""
    )
    assert remove(TEXT, "two", "c") == TEXT.replace("c: 1, ", "")
    assert remove(TEXT, "two", "d") == TEXT.replace(", d: [1, 2]", "")
    assert remove(TEXT, "", "two") == TEXT.replace("# Of two.\ntwo: {c: 1, d: [1, 2]}\n", "")
    assert remove(TEXT, "one", "none") == TEXT
    with pytest.raises(InputError, match="only key"):
        remove("one:\n  a: 1\n", "one", "a")


def test_a_block_is_what_add_takes() -> None:
    assert block(TEXT, "one", "a") == "# Of a.\na: 1  # first\n      # and more of it\n"
    assert add(remove(TEXT, "one", "a"), "one", block(TEXT, "one", "a")) == TEXT


def test_a_list_has_items_by_what_they_begin_with() -> None:
    text = "plots:\n- ROC:\n    x: a\n- m/a.csv\n\n# End.\nflow: [m/a.csv, m/b.csv]\n"
    assert keys(text, "plots") == ["ROC", "m/a.csv"]
    assert (keys(text, "flow"), keys(text, "none")) == (["m/a.csv", "m/b.csv"], [])
    assert block(text, "plots", "ROC") == "- ROC:\n    x: a\n"
    assert block(text, "flow", "m/b.csv") == "- m/b.csv\n"
    assert remove(text, "plots", "ROC") == text.replace("- ROC:\n    x: a\n", "")
    assert remove(text, "flow", "m/b.csv") == text.replace(", m/b.csv", "")
    assert add(text, "plots", "- b\n", after="ROC") == text.replace("x: a\n", "x: a\n- b\n")
    assert add(text, "flow", "- n\n", after="m/a.csv") == text.replace("a.csv, m", "a.csv, n, m")


def test_line_ends_stay() -> None:
    assert add("a: 1\r\nb: 2\r\n", "", "n: 0\n", after="a") == "a: 1\r\nn: 0\r\nb: 2\r\n"


@pytest.mark.parametrize("text", ["a: [", "- a", "a: &a 1\nb: *a\n", "a: 1\n---\nb: 1\n"])
def test_what_cannot_be_changed_by_lines_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"params\.yaml: "):
        require_editable(text, "params.yaml")


KEYS = st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.none(), st.sampled_from(["text", "a # b", "x: y"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, min_size=1, max_size=4)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=2, max_size=5), st.booleans(), st.data())
def test_one_key_changes_nothing_else(
    content: dict[str, Any], flow: bool, data: st.DataObject
) -> None:
    yaml, path = YAML(typ="safe"), data.draw(st.sampled_from(list(content)))
    yaml.default_flow_style = None if flow else False
    text = dumped(yaml, content)
    expected = {**content, "new": 1}
    assert parse_yaml(add(text, "", "new: 1\n", after=path), "text") == expected
    assert parse_yaml(add(text, "", "# why\nnew: 1\n"), "text") == expected
    assert remove(add(text, "", "# why\nnew: 1\n", after=path), "", "new") == text
    del expected[path], expected["new"]
    assert parse_yaml(remove(text, "", path), "text") == expected
    assert not has(remove(text, "", path), path)


def dumped(yaml: YAML, content: object) -> str:
    stream = StringIO()
    yaml.dump(content, stream)
    return stream.getvalue()


def structure(content: object, *path: str) -> set[str]:
    """Return the paths of all keys that a team does not name itself."""
    owned = {("search", "space"), ("train", "hyperparameters"), ("gate", "bounds")}
    if not isinstance(content, dict) or path in owned:
        return {".".join(path)}
    return {".".join(path)} | {
        found for key, value in content.items() for found in structure(value, *path, key)
    }


def upgraded(version: str, folder: Path) -> Path:
    """Return the parameters of an earlier version as the newest wants them."""
    old = (EARLIER / version / "params.yaml").read_text(encoding="utf-8")
    numbers = tuple(map(int, version.split(".")))
    made = migrated(Owned(old, CONTRACT), numbers, max(MIGRATIONS))
    assert made.contract == CONTRACT
    (folder / "params.yaml").write_text(made.params, encoding="utf-8")
    return folder / "params.yaml"


@pytest.mark.parametrize("version", sorted(folder.name for folder in EARLIER.iterdir()))
def test_the_parameters_of_every_earlier_version_become_those_of_now(
    version: str, tmp_path: Path
) -> None:
    now = read_yaml(DEFAULT / "params.yaml")
    there = read_yaml(upgraded(version, tmp_path))
    assert structure(there) == structure(now)
    assert [list(there), list(there["train"])] == [list(now), list(now["train"])]
    for model in (Prepare, Search, Train, Evaluate, Gate):
        load_settings(model, tmp_path / "params.yaml")


def test_the_model_stays_what_it_was_and_comments_stay(tmp_path: Path) -> None:
    found = upgraded("0.2.0", tmp_path)
    there = read_yaml(found)
    assert (there["train"]["final"], there["search"]["trials"]) == ("refit", 0)
    text, old = found.read_text(encoding="utf-8"), EARLIER / "0.2.0/params.yaml"
    lines = set(text.splitlines())
    gone = [line for line in old.read_text(encoding="utf-8").splitlines() if line not in lines]
    assert [line.split("#")[0].strip() for line in gone] == [
        "bootstrap:", "replicates: 1000", "confidence: 0.95", "replicates: 1000", "seed: 0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "metric"),
    [
        ("{kind: numeric, role: target}", "r2"),
        ("{kind: boolean, role: target}", "roc_auc"),
        ("{kind: categorical, role: target, levels: [a, b], positive: a}", "roc_auc"),
        ("{kind: categorical, role: target, levels: [a, b, c]}", "log_loss"),
    ],
)
def test_the_metric_of_the_search_suits_the_task(target: str, metric: str) -> None:
    old = (EARLIER / "0.2.0/params.yaml").read_text(encoding="utf-8")
    made = migrated(Owned(old, f"columns:\n  y: {target}\n"), (0, 2, 0), (0, 3, 0))
    assert parse_yaml(made.params, "params.yaml")["search"]["metric"] == metric
    assert migrated(made, (0, 3, 0), (0, 3, 0)) == made
    assert migrated(made, (0, 2, 0), (0, 3, 0)) == made  # as of a commit between two versions


def entries(text: str) -> dict[str, TreeFile]:
    """Return a tree from words like ``path=content``."""
    return {path: TreeFile("100644", blob) for path, blob in
            (word.split("=") for word in text.split())}  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "base", "target", "difference"),
    [
        ("a.py=1", "a.py=1", "a.py=2", {"a.py": ("1", "2")}),
        ("a.py=own", "a.py=1", "a.py=2", {"a.py": ("1", "2")}),  # git merges the lines
        ("", "a.py=1", "a.py=2", {}),  # deleted: stays so
        ("x=1", "x=1 src/serve/a.py=1", "x=1 src/serve/b.py=1", {}),  # so does its folder
        ("x=1", "x=1", "x=1 src/new/b.py=1", {"src/new/b.py": (None, "1")}),
        ("src/features/a.py=own", "src/features/a.py=1", "src/features/a.py=2", {}),
        ("x=1", "x=1", "x=1 src/features/a.py=1", {"src/features/a.py": (None, "1")}),
        ("data/t.dvc=own", "data/raw/.gitignore=1", "data/raw/.gitignore=2", {}),
        ("params.yaml=own", "params.yaml=1", "params.yaml=2", {}),
        ("dvc.lock=own", "dvc.lock=1", "dvc.lock=2 metrics/new.json=1", {}),
        ("README.md=own", "README.md=1", "README.md=2", {}),
        ("README.md=1", "README.md=1", "README.md=2", {"README.md": ("1", "2")}),
        ("r.lock=own", "r.lock=1", "r.lock=2", {"r.lock": ("own", "2")}),
        ("r.lock=own", "r.lock=1", "r.lock=1", {}),
        (".dvc/config=own", ".dvc/config=1", ".dvc/config=2", {}),
    ],
)
def test_what_an_upgrade_brings(
    ours: str, base: str, target: str, difference: dict[str, tuple[str | None, str | None]]
) -> None:
    made = sides(entries(ours), entries(base), entries(target))
    blobs = {
        path: tuple(tree[path].blob if path in tree else None for tree in (made.base, made.target))
        for path in sorted({*made.base, *made.target})
    }
    assert {path: pair for path, pair in blobs.items() if pair[0] != pair[1]} == difference
    assert made.kept == (["README.md"] if ours == "README.md=own" else [])
    assert made.locks == (["r.lock"] if difference.get("r.lock") == ("own", "2") else [])
