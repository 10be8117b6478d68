"""The same arithmetic on every CPU: kernels and instructions are named before NumPy chooses some.

OpenBLAS, NumPy and the C library each look at the CPU and take the fastest code for it; the order
in which that adds, and whether it rounds between multiplying and adding, decides about the last
digits. What is named here every supported CPU has, so that all of them run the same code.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

KERNELS = {
    # AVX2 and FMA: Intel since 2013, AMD since 2015.
    "x86_64": {
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    },
    "aarch64": {
        "OPENBLAS_CORETYPE": "ARMV8",
        "NPY_DISABLE_CPU_FEATURES": "ASIMDHP ASIMDDP ASIMDFHM SVE",
    },
}
"""By the machine's name, what OpenBLAS and NumPy are told by their environment variables.

NumPy's names are those of the locked version, see ``tests/unit/test_cpu.py``.
"""

ANY = {"OPENBLAS_L2_SIZE": "262144", "OPENBLAS_NUM_THREADS": "1"}
"""What is told on every machine: the size of blocks, in bytes, and threads decide, too."""

NEEDED = {"x86_64": {"avx2", "fma"}}
"""Instructions that the kernels use and not every such CPU has, as ``/proc/cpuinfo`` names them."""


CPUINFO = Path("/proc/cpuinfo")


def pin() -> None:
    """Set the variables for this process and its children; NumPy must not be imported yet.

    The C library chooses when a process starts. It takes the same code on every CPU that has FMA,
    unless it was told not to: then the process starts once more without that.
    """
    if missing_instructions():
        return
    os.environ.update(ANY | KERNELS.get(platform.machine(), {}))
    if "hwcaps" in os.environ.get("GLIBC_TUNABLES", ""):
        del os.environ["GLIBC_TUNABLES"]
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - this very command


def missing_instructions() -> list[str]:
    """Return what the kernels need and this CPU has not; where it cannot be told, nothing."""
    needed = NEEDED.get(platform.machine(), set())
    try:
        text = CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return []
    lines = (line for line in text.splitlines() if line.startswith("flags"))
    flags = next(lines, "").partition(":")[2].split()
    return sorted(needed - set(flags)) if flags else []
