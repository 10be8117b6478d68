"""Building a commit anew, whose results were built elsewhere, and saying what differs."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.clone import Clone
from tests.pipeline.storage import Remote

VERIFY = ("python", "-m", "src.verify")
MODEL = "src/models/model.skops"
TRAIN = "data/prepared/train.parquet"


def say(remote: Remote, *stages: str) -> Clone:
    """Commit and push what lies here as what the commit builds; return a colleague's clone."""
    remote.clone.succeed("dvc", "commit", "--force", "--quiet", *stages)
    remote.clone.commit("built elsewhere")
    remote.clone.succeed("dvc", "push", "--quiet")
    return remote.new_clone("colleague")


def differs(clone: Clone, *told: str, rebuild: str = "yes") -> str:
    ran = clone.run(*VERIFY, "--rebuild", rebuild)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "error: this commit does not build what it says:" in ran.stderr
    assert "Traceback" not in ran.stderr
    for text in told:
        assert text in ran.stderr, ran.stderr
    return ran.stderr


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_model_that_was_built_elsewhere_and_pushed_is_built_again(remote: Remote) -> None:
    remote.clone.succeed("dvc", "push", "--quiet")
    colleague = remote.new_clone("colleague")
    printed = colleague.succeed(*VERIFY)
    assert colleague.ran(printed) == ["ingest", "prepare", "search", "train", "evaluate"]
    assert "outputs, built anew: the same bytes." in printed
    assert colleague.status() == ""
    quick = colleague.succeed(*VERIFY, "--rebuild", "no")
    assert colleague.ran(quick) == []


def test_one_bit_of_the_model(remote: Remote) -> None:
    path = remote.clone.folder / MODEL
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda member: member.compress_size)
    content = bytearray(path.read_bytes())
    content[largest.header_offset + 30 + len(largest.filename) + largest.compress_size // 2] ^= 1
    path.unlink()
    path.write_bytes(content)
    colleague = say(remote, "train")
    differs(colleague, f"{MODEL}: the committed file is damaged: ")
    assert "Built from " in colleague.read("report/reproduced.patch")


def test_one_value_of_the_model(remote: Remote) -> None:
    path = remote.clone.folder / MODEL
    content = members(path)
    arrays = (name for name in content if name.endswith(".npy"))
    name = next(name for name in arrays if np.load(io.BytesIO(content[name])).dtype.names)
    nodes = np.load(io.BytesIO(content[name]))
    nodes["value"][1] += 0.5
    buffer = io.BytesIO()
    np.save(buffer, nodes)
    path.unlink()
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in {**content, name: buffer.getvalue()}.items():
            archive.writestr(member, data)
    said = differs(say(remote, "train"), f"({name}).value: 1 of ", "_predictors[")
    assert said.count(MODEL) == 1


def test_one_cell_of_a_table(remote: Remote) -> None:
    path = remote.clone.folder / TRAIN
    frame = pd.read_parquet(path)
    frame.loc[7, "mean_area"] = frame["mean_area"].iloc[7] + 1
    path.unlink()
    frame.to_parquet(path, compression="zstd", index=False)
    key = frame["row_key"].iloc[7]
    told = f"{TRAIN}: column mean_area: 1 of {len(frame)} cells, the first in row 7 (row_key {key})"
    differs(say(remote, "prepare"), told, "(by -1)")


def test_one_number_of_the_metrics(remote: Remote) -> None:
    text = remote.clone.read("metrics/details.json")
    score = json.loads(text)["test"]["roc_auc"]
    wrong = f"{score - 0.001:.6g}"
    remote.clone.write("metrics/details.json", text.replace(f"{score}", wrong, 1))
    told = f"metrics/details.json: test.roc_auc: committed {wrong}, built {score} (by +0.001)"
    differs(say(remote, "evaluate"), told)


def test_code_that_was_changed_and_not_run(built: Clone) -> None:
    path = "src/evaluate/slices.py"
    built.write(path, built.read(path) + "# A remark.\n")
    built.edit("params.yaml", "repeats: 1", "repeats: 4")
    built.commit("no repro")
    differs(built, "dvc.lock: evaluate: src/evaluate: recorded ", rebuild="no")
    built.succeed("git", "checkout", "--quiet", ".")
    differs(
        built, "dvc.lock: evaluate: params.yaml: evaluate.importance.repeats: recorded 1, here 4"
    )


def test_what_was_never_pushed_is_named(remote: Remote) -> None:
    remote.clone.edit("params.yaml", "max_iter: 20", "max_iter: 18")
    remote.clone.commit("a parameter, and no repro")
    colleague = remote.new_clone("colleague")
    differs(colleague, f"{MODEL}: was built, but is not in this commit's git, cache or storage",
            "metrics/details.json: test.log_loss: committed ", "more differences")  # fmt: skip


def test_a_change_of_ones_own_is_not_verified(built: Clone) -> None:
    built.edit("params.yaml", "max_iter: 20", "max_iter: 18")
    ran = built.run(*VERIFY)
    assert ran.returncode == 1
    assert "the work tree is not clean: params.yaml" in ran.stderr


@pytest.mark.long
def test_in_an_empty_folder_with_a_fresh_environment(remote: Remote) -> None:
    clone = remote.clone
    clone.succeed("dvc", "push", "--quiet")
    clone.mark_environment()
    printed = clone.succeed("make", "verify", "FRESH=yes", "VENV=elsewhere")
    assert "Installing requirements.lock into .venv" in printed
    assert "outputs, built anew: the same bytes." in printed
    assert list((clone.folder / ".dvc/tmp").glob("clone-*")) == []
    shutil.rmtree(clone.folder / "elsewhere")
