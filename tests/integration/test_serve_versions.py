"""Which release is served: what its tag lists and nothing else, and the next beside it."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from src.base.errors import InputError
from src.base.files import md5
from src.release.fetch import MESSAGE, verify
from src.serve.app import make_app
from src.serve.middleware import Outermost
from src.serve.model import load
from src.serve.server import Reloader
from src.serve.source import FetchedFolder, Repository, find_source
from tests.served import (
    CONTRACT,
    TABLE,
    WHEEL,
    ask,
    fit,
    predicted,
    records,
    release,
    replace_release,
    serving_of,
    with_ratio,
)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("other")
    return release(made, "model-v1.1.0", fit(CONTRACT, TABLE, max_iter=9), CONTRACT)


def test_a_file_that_is_not_what_the_tag_says_is_not_loaded(released: Path, tmp_path: Path) -> None:
    assert verify(released) == "model-v1.0.0"
    for name in ("model.skops", "schema.yaml", "README.md"):
        replace_release(tmp_path, released)
        (tmp_path / name).write_bytes((released / name).read_bytes() + b" ")
        with pytest.raises(InputError, match=rf"{name}: md5 \w+, expected \w+"):
            load(tmp_path)
        (tmp_path / name).unlink()
        with pytest.raises(InputError, match=f"{name}: md5 none"):
            load(tmp_path)


def test_another_version_is_loaded_beside_the_one_in_force(
    released: Path, other: Path, tmp_path: Path
) -> None:
    replace_release(tmp_path, released)
    source = FetchedFolder(tmp_path)
    with serving_of(load(released)) as serving:
        reloader = Reloader(serving, source, source.newest(), lambda _: load(tmp_path), 0)
        before = serving.model
        reloader.look()
        assert serving.model is before
        replace_release(tmp_path, other)
        reloader.look()
        app = Outermost(make_app(serving), serving)
        assert ask(app, "/predict", {"records": records(TABLE)})[2] == {
            "version": "model-v1.1.0", "predictions": predicted(load(other), TABLE)
        }  # fmt: skip
        (tmp_path / "model.skops").write_bytes(b"damaged")
        (tmp_path / MESSAGE).write_text((released / MESSAGE).read_text())
        with pytest.raises(InputError, match="expected"):
            reloader.look()
        assert serving.model.version == "model-v1.1.0"


def test_what_is_named_is_a_folder_or_a_repository(released: Path, tmp_path: Path) -> None:
    assert find_source(str(released), "", tmp_path) == FetchedFolder(released)
    with pytest.raises(InputError, match=r"--version model-v9\.0\.0"):
        find_source(str(released), "model-v9.0.0", tmp_path)
    found = find_source("nowhere", "", tmp_path)
    assert found == Repository("nowhere", "", tmp_path)
    with pytest.raises(InputError, match="Name a repository, or a fetched folder"):
        found.newest()


def test_a_model_whose_steps_are_other_code_is_not_loaded(tmp_path: Path) -> None:
    own = with_ratio(fit(CONTRACT, TABLE), TABLE, CONTRACT)
    folder = release(tmp_path, "model-v1.0.0", own, CONTRACT)
    assert load(folder).plain is not None
    with ZipFile(folder / WHEEL, "w") as archive:
        archive.writestr("src/features/ratio.py", "# other code")
    listed = r"\w{32}(?= +src/models/model_features)"
    said = (folder / MESSAGE).read_text(encoding="utf-8")
    (folder / MESSAGE).write_text(re.sub(listed, md5(folder / WHEEL), said))
    for _ in range(2):
        with pytest.raises(InputError, match=r"not the code of src\.features\.ratio\.Ratio"):
            load(folder)
        (folder / WHEEL).unlink(missing_ok=True)
