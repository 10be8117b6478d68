"""Models whose arithmetic goes through BLAS are the same whatever kernel a CPU would have."""

from __future__ import annotations

import platform
from typing import Any

import pytest

from src.base.settings import read_yaml
from src.repository.dvc_lock import md5_of
from tests.clone import Clone
from tests.pipeline.tasks import bring

KERNELS = {"x86_64": ("Nehalem", "Haswell"), "aarch64": ("CORTEXA57", "NEOVERSEN1")}
"""Two kernels that OpenBLAS has for one kind of machine."""

BOOSTED = "sklearn.ensemble.HistGradientBoostingRegressor"


@pytest.fixture(params=[pytest.param("text", marks=pytest.mark.long), "linear"])
def project(request: pytest.FixtureRequest, fresh: Clone) -> Clone:
    """Return a project with a column of text and trees, or with a linear model."""
    model: dict[str, Any] = {"estimator": "sklearn.linear_model.Ridge", "hyperparameters": {}}
    if request.param == "text":
        model = {"estimator": BOOSTED, "hyperparameters": {"max_iter": 10}}
    bring(fresh, "regression", {**model, "folds": 0, "final": "refit"})
    if request.param == "text":
        head, *rows = fresh.read("data/raw/regression.csv").splitlines()
        noted = [f"{row},{name(number)} {name(number * 7)}" for number, row in enumerate(rows)]
        fresh.write("data/raw/regression.csv", "\n".join([f"{head},note", *noted]) + "\n")
        text = fresh.read("data/schema.yaml")
        note = "columns:\n  note: {kind: text, role: feature}\n"
        fresh.write("data/schema.yaml", text.replace("columns:\n", note))
    fresh.succeed("dvc", "repro", "--quiet", "prepare")
    return fresh


def name(number: int) -> str:
    """Return a word that is made from a number."""
    syllables = ("al", "ba", "cor", "den", "el", "fu", "gri", "hol", "in")
    return "".join(syllables[int(digit)] for digit in str(number).replace("9", "0"))


def trained(clone: Clone, kernel: str) -> str | None:
    """Train as on a CPU for which OpenBLAS takes a kernel; return the model's hash."""
    stages = read_yaml(clone.folder / "dvc.yaml")["stages"]
    for stage in ("search", "train"):
        clone.succeed(*stages[stage]["cmd"].split(), OPENBLAS_CORETYPE=kernel, ORDINARY="yes")
    return md5_of(clone.folder / "src/models/model.skops")


def test_the_kernel_of_the_cpu_does_not_matter(project: Clone) -> None:
    kernels = KERNELS[platform.machine()]
    assert len({trained(project, kernel) for kernel in kernels}) == 1
    project.edit("src/__init__.py", "    pin()\n", "")
    assert len({trained(project, kernel) for kernel in kernels}) == 2, "without it, it would"
