"""A Python for ARM64 with the locked packages, run by QEMU: from Debian's and PyPI's packages."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

QEMU = "qemu-aarch64-static"
VERSION = "3.11"
"""Debian 12's."""

DEBIAN = (
    f"python{VERSION}-minimal", f"libpython{VERSION}-minimal", f"libpython{VERSION}-stdlib",
    "libc6", "libgcc-s1", "libstdc++6", "libgomp1", "zlib1g", "libexpat1", "libssl3", "libffi8",
    "libbz2-1.0", "liblzma5", "libsqlite3-0", "libuuid1", "libcrypt1",
)  # fmt: skip
GLIBC = (17, 24, 26, 27, 28, 31, 34)
"""Versions 2.x of the C library that wheels are built for and Debian 12 runs."""

SOURCE_ONLY = "antlr4-python3-runtime"
"""Has no wheel; it is pure Python, so that the one here will do."""


def python(folder: Path, lock: Path) -> Path | None:
    """Return a program that runs ARM64's Python; None where QEMU is missing."""
    if shutil.which(QEMU) is None:
        return None
    program = folder / "python"
    if program.exists() and (folder / "lock").read_bytes() == lock.read_bytes():
        return program
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "debian").mkdir(parents=True)
    subprocess.run(["dpkg", "--add-architecture", "arm64"], check=True)
    subprocess.run(["apt-get", "update", "--quiet"], check=True, capture_output=True)
    names = [f"{name}:arm64" for name in DEBIAN]
    subprocess.run(["apt-get", "download", *names], cwd=folder, check=True, capture_output=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder / "debian"], check=True)
    site = folder / "site"
    blocks = re.split(r"(?m)^(?=[a-z0-9])", lock.read_text(encoding="utf-8"))
    wheels = folder / "wheels.txt"
    wheels.write_text("".join(block for block in blocks if not block.startswith(SOURCE_ONLY)))
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in GLIBC]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site,
         "--only-binary=:all:", f"--python-version={VERSION}", "--implementation=cp",
         "--platform=manylinux2014_aarch64", *platforms, "--require-hashes", "-r", wheels],
        check=True,
    )  # fmt: skip
    for path in Path(sys.prefix, "lib", f"python{VERSION}", "site-packages").glob("antlr4*"):
        shutil.copytree(path, site / path.name, dirs_exist_ok=True)
    program.write_text(
        f'#!/bin/sh\nexec env QEMU_LD_PREFIX={folder}/debian PYTHONPATH={site} {QEMU} '
        f'-cpu "$ARM64_CPU" {folder}/debian/usr/bin/python{VERSION} "$@"\n', encoding="utf-8",
    )  # fmt: skip
    program.chmod(0o755)
    shutil.copyfile(lock, folder / "lock")
    return program
