"""A published model without DVC: fetched by git and S3 alone, and used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pandas as pd
import pytest

from src.release.fetch import verify
from tests import programs
from tests.clone import Clone
from tests.pipeline.storage import PUBLISH, Remote
from tools.s3 import BUCKET

WHEEL = "model_features-0-py3-none-any.whl"
FILES = [
    "MLmodel", "README.md", "conda.yaml", "input_example.json", "model.skops", "python_env.yaml",
    "release.txt", "requirements.txt", "schema.yaml", "serving_input_example.json",
]  # fmt: skip
WITHOUT_DVC = (
    "import runpy, sys; sys.modules.update(dict.fromkeys(('dvc', 'dvc_s3', 's3fs', 'fsspec'))); "
    "name = sys.argv.pop(1); runpy.run_module(name, run_name='__main__', alter_sys=True)"
)


def fetch(clone: Clone, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-c", WITHOUT_DVC, "src.release.fetch", *arguments)
    return clone.run(*command)


def fetched(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.fixture
def published(two: Remote) -> Remote:
    two.share()
    return two


def originals(remote: Remote) -> dict[str, bytes]:
    paths = ("src/models/README.md", "src/models/model.skops", "data/schema.yaml")
    return {Path(path).name: (remote.clone.folder / path).read_bytes() for path in paths}


def test_model_contract_and_card_of_a_version(published: Remote, tmp_path: Path) -> None:
    consumer = published.new_clone("consumer")
    ran = fetch(consumer, str(tmp_path / "shared.git"), "model-v1.1.0", str(tmp_path / "got"))
    assert ran.returncode == 0, ran.stderr
    assert fetched(tmp_path / "got").items() >= originals(published).items()
    assert sorted(fetched(tmp_path / "got")) == FILES
    assert verify(tmp_path / "got") == "model-v1.1.0"
    again = fetch(consumer, str(tmp_path / "shared.git"), "model-v1.1.0", str(tmp_path / "again"))
    assert again.returncode == 0, again.stderr
    assert fetched(tmp_path / "again") == fetched(tmp_path / "got")


def test_a_model_with_steps_of_its_own_comes_with_their_code(two: Remote, tmp_path: Path) -> None:
    step = "{step: src.features.ratio.Ratio, parameters: {pairs: [[worst_perimeter, mean_area]]}}"
    two.clone.edit("params.yaml", "  steps: []", f"  steps: [{step}]")
    two.clone.succeed("dvc", "repro", "--quiet")
    two.clone.commit("a ratio")
    two.pass_gate()
    two.clone.succeed(*PUBLISH)
    two.share()
    got = tmp_path / "got"
    ran = fetch(two.new_clone("consumer"), str(tmp_path / "shared.git"), "model-v1.2.0", str(got))
    assert ran.returncode == 0, ran.stderr
    assert (got / "code/src/features/ratio.py").is_file()
    assert fetched(got)[WHEEL] == (two.clone.folder / "src/models" / WHEEL).read_bytes()
    assert f"pip install --no-deps --force-reinstall {got / WHEEL}" in ran.stdout
    program = got / "score.py"
    (block,) = re.findall(r"```python\n(.*?)```", (got / "README.md").read_text(), re.DOTALL)
    program.write_text(block)
    shutil.copy(two.clone.folder / "data/raw/breast_cancer.csv", got / "new.csv")
    without = subprocess.run([sys.executable, program], cwd=got, capture_output=True, text=True,
                             check=False)  # fmt: skip
    assert without.returncode == 1
    assert without.stderr.strip() == f"First: pip install --no-deps --force-reinstall {WHEEL}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(tmp_path / "site"), str(got / WHEEL)], check=True)
    scored = subprocess.run([sys.executable, program], cwd=got, capture_output=True, text=True,
                            check=False,
                            env={**os.environ, "PYTHONPATH": str(tmp_path / "site")})  # fmt: skip
    assert scored.returncode == 0, scored.stderr


def test_from_a_storage_that_has_moved_since(published: Remote, tmp_path: Path) -> None:
    clone = published.clone
    clone.succeed("python", "-m", "src.release.remote", str(tmp_path / "other"))
    clone.commit("another storage")
    published.server.kill()
    ran = fetch(clone, ".", "model-v1.1.0", str(tmp_path / "got"))
    assert ran.returncode == 0, ran.stderr
    assert fetched(tmp_path / "got").items() >= originals(published).items()


def test_what_is_not_as_the_tag_says_is_not_written(published: Remote, tmp_path: Path) -> None:
    stored = published.object("src/models/model.skops")
    stored.write_bytes(stored.read_bytes() + b"?")
    published.server.restart()
    (tmp_path / "got").mkdir()
    (tmp_path / "got/model.skops").write_text("earlier", encoding="utf-8")
    ran = fetch(published.clone, ".", "model-v1.1.0", str(tmp_path / "got"))
    assert ran.returncode == 1
    assert re.search(r"src/models/model.skops: md5 \w+, expected \w+", ran.stderr)
    assert fetched(tmp_path / "got") == {"model.skops": b"earlier"}


def test_what_cannot_be_fetched_is_told(published: Remote, tmp_path: Path) -> None:
    clone, got = published.clone, str(tmp_path / "got")
    clone.succeed("git", "tag", "model-v9.0.0")
    for repository, version, told in (
        (".", "model-v7.0.0", "couldn't find remote ref"),
        (".", "model-v9.0.0", "expected a tag that `make publish` has made"),
        ("nowhere", "model-v1.1.0", "Name a repository and one of its tags"),
    ):
        ran = fetch(clone, repository, version, got)
        assert (ran.returncode, told in ran.stderr) == (1, True), ran.stderr
        assert "Traceback" not in ran.stderr
    published.server.kill()
    ran = fetch(clone, ".", "model-v1.1.0", got)
    assert (ran.returncode, "Check address and keys" in ran.stderr) == (1, True)
    assert "Traceback" not in ran.stderr


def test_by_git_and_curl_as_the_documentation_says(published: Remote, tmp_path: Path) -> None:
    programs.require("curl")
    [script] = re.findall(r"```sh\n(.*?)```", published.clone.read("docs/storage.md"), re.DOTALL)
    consumer = Clone(tmp_path / "got")
    consumer.folder.mkdir()
    consumer.environment = published.clone.environment
    names = {
        "REPOSITORY": f"file://{tmp_path}/shared.git", "VERSION": "model-v1.1.0",
        "ENDPOINT": published.server.endpoint, "BUCKET": BUCKET,
    }  # fmt: skip
    assert "model.skops: OK" in consumer.succeed("sh", "-eu", "-c", script, **names)
    shutil.rmtree(consumer.folder / "clone")
    (consumer.folder / "message").unlink()
    assert fetched(consumer.folder) == originals(published)


@pytest.mark.long
def test_the_lock_for_predicting_is_enough(published: Remote, tmp_path: Path) -> None:
    """Install it into an environment of its own, fetch a model there, and score with a clone."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv/bin/python")
    consumer = published.colleague("consumer")
    consumer.succeed(python, "-m", "pip", "install", "--quiet", "--require-hashes",
                     "--requirement", "requirements-predict.lock")  # fmt: skip
    installed = consumer.succeed(python, "-m", "pip", "list", "--format=freeze")
    assert not re.search(r"^dvc", installed, re.MULTILINE)
    consumer.succeed(python, "-m", "src.release.fetch", str(tmp_path / "shared.git"),
                     "model-v1.1.0", "got")  # fmt: skip
    shutil.copy(consumer.folder / "got/model.skops", consumer.folder / "src/models/model.skops")
    table = "data/raw/breast_cancer.csv"
    (consumer.folder / table).write_bytes((published.clone.folder / table).read_bytes())
    consumer.succeed(python, "-m", "src.predict", table, "predictions.csv")
    published.clone.succeed("python", "-m", "src.predict", table, "predictions.csv")
    scored, expected = (pd.read_csv(clone.folder / "predictions.csv")
                        for clone in (consumer, published.clone))  # fmt: skip
    pd.testing.assert_frame_equal(scored, expected)
