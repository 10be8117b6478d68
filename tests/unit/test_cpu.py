"""What NumPy, OpenBLAS and the C library are told before they look at the CPU."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from src.base import cpu

PROGRAM = """
import json, os, sys
sys.argv = ["-m"]
import src
import numpy, scipy.linalg, threadpoolctl
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
libraries = threadpoolctl.threadpool_info()
print(json.dumps({
    "kernels": [lib["architecture"] for lib in libraries if lib["internal_api"] == "openblas"],
    "threads": [lib["num_threads"] for lib in libraries if lib["internal_api"] == "openblas"],
    "used": [name for name in __cpu_dispatch__ if __cpu_features__[name]],
    "known": __cpu_dispatch__, "tunables": os.environ.get("GLIBC_TUNABLES", ""),
}))
"""

HERE = cpu.KERNELS.get(platform.machine(), {})


def started(**environment: str) -> dict[str, Any]:
    """Return what the libraries chose in a command of ours."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_NUM_THREADS": "2"},
        {"NPY_DISABLE_CPU_FEATURES": "", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-AVX2"},
    ],
    ids=["nothing", "a kernel", "instructions"],
)
def test_every_library_runs_the_code_that_is_named(environment: dict[str, str]) -> None:
    found = started(**environment)
    disabled = set(HERE["NPY_DISABLE_CPU_FEATURES"].split())
    assert [name.lower() for name in found["kernels"]] == [HERE["OPENBLAS_CORETYPE"].lower()] * 2
    assert found["threads"] == [1, 1]
    assert disabled <= set(found["known"]), "NumPy ignores names that it does not know"
    assert not disabled & set(found["used"])
    assert found["tunables"] == ""


def test_a_cpu_without_the_instructions_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cpuinfo").write_text("processor: 0\nflags\t\t: fpu sse2 sse4_2 avx\n")
    monkeypatch.setattr(cpu, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Sandybridge")
    assert cpu.missing_instructions() == ["avx2", "fma"]
    cpu.pin()
    assert os.environ["OPENBLAS_CORETYPE"] == "Sandybridge"


def test_where_it_cannot_be_told_nothing_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cpu, "CPUINFO", tmp_path / "none")
    assert cpu.missing_instructions() == []
