"""Variations of the machine, and what shows that each takes effect."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

KERNEL = (
    "import numpy, scipy.linalg, threadpoolctl as t; "
    "print({i['architecture'] for i in t.threadpool_info() if i['internal_api'] == 'openblas'})"
)
FEATURES = (
    "from numpy._core import _multiarray_umath as m; "
    "print([n for n in m.__cpu_dispatch__ if m.__cpu_features__[n]])"
)
EXP = "import math; print(hash(tuple(math.exp(k / 997) for k in range(20000))))"
MACHINE = "import platform; print(platform.machine())"


@dataclass(frozen=True)
class Variation:
    """One way in which a machine can differ from the one that built a project.

    Attributes
    ----------
    wrapper
        A command that the pipeline's command is put behind.
    shows, seen
        A program of Python, and a part of what it prints where the variation takes effect; without
        one, it must print something else than without the variation.
    python
        The interpreter; the one of this benchmark where it is None.
    cpu
        Whether without naming kernels and instructions it would be another CPU.
    emulated
        Whether it runs stage by stage instead of by DVC, which takes long there.
    """

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    wrapper: tuple[str, ...] = ()
    shows: str = ""
    seen: str = ""
    folder: str = "project"
    setup: tuple[str, ...] = ()
    python: Path | None = None
    cpu: bool = False
    emulated: bool = False

    def takes_effect(self) -> bool:
        """Tell whether a process sees the variation; one of ours is told otherwise."""
        if not self.shows:
            return True
        command = [str(self.python or sys.executable), "-c", self.shows]
        without, ran = (
            subprocess.run(words, env=environment, check=False, capture_output=True, text=True)
            for words, environment in (
                (command, ENVIRONMENT),
                ([*self.wrapper, *command], {**ENVIRONMENT, **self.environment}),
            )
        )
        as_told = self.seen in ran.stdout if self.seen else ran.stdout != without.stdout
        return ran.returncode == 0 and as_told


def cores(count: int) -> Variation:
    """Let joblib, and by it OpenMP, see a number of cores."""
    shows = "import joblib; print('cores', joblib.cpu_count())"
    known = str(min(count, os.cpu_count() or 1))
    return Variation(f"{count} cores", {"LOKY_MAX_CPU_COUNT": str(count)}, shows=shows,
                     seen=f"cores {known}")  # fmt: skip


def kernel(name: str, reported: str) -> Variation:
    """Let OpenBLAS take the kernel of another CPU."""
    return Variation(f"OpenBLAS kernel {name}", {"OPENBLAS_CORETYPE": name}, shows=KERNEL,
                     seen=reported, cpu=True)  # fmt: skip


def clock() -> str:
    """Return the library that shows a process another date; empty where there is none."""
    found = [*Path("/usr/lib").glob("*/faketime/libfaketime.so.1")]
    return str(found[0]) if found else ""


HASH = "print('hash', hash('a'))"
THREADS = KERNEL.replace("'architecture'", "'num_threads'")
LOCALE = "import locale; print('locale', locale.setlocale(locale.LC_ALL, ''))"

VARIATIONS = [
    Variation("as it was built"),
    *(cores(count) for count in (1, 2, 4, 8)),
    Variation("bound to one core", wrapper=("taskset", "-c", "0"), seen="{0}",
              shows="import os; print(os.sched_getaffinity(0))"),
    Variation("hash seed 1", {"PYTHONHASHSEED": "1"}, shows=HASH, seen="hash -3012895188637184397"),
    Variation("hash seed 2", {"PYTHONHASHSEED": "2"}, shows=HASH, seen="hash 6352457989142756797"),
    Variation("locale C", {"LC_ALL": "C"}, shows=LOCALE, seen="locale C"),
    Variation("locale de_DE", {"LC_ALL": "de_DE.UTF-8"}, shows=LOCALE, seen="de_DE"),
    Variation("locale tr_TR", {"LC_ALL": "tr_TR.UTF-8"}, shows=LOCALE, seen="tr_TR"),
    Variation("time zone", {"TZ": "Asia/Kathmandu"}, shows="import time; print(time.timezone)",
              seen="-20700"),
    Variation("another date", {"LD_PRELOAD": clock(), "FAKETIME": "@2031-02-28 23:59:50"},
              shows="import time; print(time.gmtime().tm_year)", seen="2031"),
    Variation("umask 077", wrapper=("sh", "-c", 'umask 077; exec "$@"', "sh"),
              shows="import os; print('mask', os.umask(0))", seen="mask 63"),
    Variation("a long folder, not ASCII", folder="/".join(["ordner mit ümläuten und 漢字"] * 4)),
    Variation("another user", wrapper=("setpriv", "--reuid", "65534", "--regid", "65534",
                                       "--clear-groups", "--inh-caps", "+dac_read_search",
                                       "--ambient-caps", "+dac_read_search"),
              environment={"HOME": "/tmp"}, shows="import os; print('user', os.getuid())",  # noqa: S108 - nobody's home
              seen="user 65534"),
    *(Variation(f"DVC links by {kind}", setup=("dvc", "config", "--local", "cache.type", kind))
      for kind in ("copy", "hardlink", "symlink")),
    kernel("Prescott", "Katmai"), kernel("Nehalem", "Nehalem"),
    kernel("Sandybridge", "Sandybridge"), kernel("Haswell", "Haswell"),
    kernel("SkylakeX", "SkylakeX"),
    Variation("BLAS with 1 thread", {"OPENBLAS_NUM_THREADS": "1"}, shows=THREADS, cpu=True),
    Variation("NumPy without AVX-512", {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"},
              shows=FEATURES, seen="['X86_V3']", cpu=True),
    Variation("NumPy without AVX2", cpu=True, shows=FEATURES, seen="[]",
              environment={"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"}),
    Variation("C library without FMA", {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-AVX2"},
              shows=EXP, cpu=True),
]  # fmt: skip
"""What this machine can be made to look like."""


def pythons(cache: Path, lock: Path) -> list[Variation]:
    """Return a variation for each supported Python that is here, with an environment of its own."""
    found = []
    for version in ("3.11", "3.12", "3.13"):
        program = shutil.which(f"python{version}")
        if program is None:
            continue
        venv = cache / f"python{version}"
        stamp = venv / "lock"
        if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
            subprocess.run([program, "-m", "venv", "--clear", str(venv)], check=True)
            subprocess.run([venv / "bin/pip", "install", "--quiet", "--require-hashes",
                            "--requirement", lock], check=True)  # fmt: skip
            shutil.copyfile(lock, stamp)
        path = f"{venv}/bin:{ENVIRONMENT['PATH']}"
        found.append(Variation(f"Python {version}", {"PATH": path}, python=venv / "bin/python",
                               shows="import sys; print(sys.version)", seen=version))  # fmt: skip
    return found


def emulated(arm64: Path | None) -> list[Variation]:
    """Return ARM64 CPUs that QEMU emulates, with a Python of their own."""
    return [
        Variation(f"ARM64, {model}", {"ARM64_CPU": model}, python=arm64, shows=MACHINE,
                  seen="aarch64", emulated=True)
        for model in ("cortex-a57", "neoverse-n1") if arm64
    ]  # fmt: skip
