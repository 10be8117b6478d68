"""Install a lock into the environment of this Python: by uv, which takes a tenth of pip's time.

Usage: python tools/install.py requirements.lock

uv is taken from the machine, or from requirements-dev.lock into .cache; where it cannot be had, or
does not succeed, pip installs the same files, by the same hashes, and says what is wrong. Both go
by pip's settings. It needs nothing but Python, as it runs before anything is installed.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
LOCK, CACHE = Path("requirements-dev.lock"), Path(".cache/uv")

OURS = {
    "index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX", "trusted-host": "UV_INSECURE_HOST", "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}  # fmt: skip
"""pip's settings of where packages come from, and uv's variables for them."""

HARMLESS = frozenset(
    ["default-timeout", "timeout", "retries", "disable-pip-version-check", "cache-dir", "quiet",
     "no-cache-dir", "progress-bar", "no-color", "root-user-action", "no-input", "constraint"]
)  # fmt: skip
"""pip's settings that change nothing of a lock with hashes."""


def main(lock: str) -> int:
    """Install, by uv or by pip; return the exit status."""
    if by_uv(lock):
        return 0
    by_pip = (*PIP, "install", "--quiet", "--require-hashes", "--requirement", lock)
    return subprocess.run(by_pip, check=False).returncode


def by_uv(lock: str) -> bool:
    """Install by uv; return whether that was possible and has succeeded."""
    settings = variables(output(*PIP, "config", "list"))
    if settings is None or (uv := find_uv()) is None:
        return False
    command = (uv, "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes",
               "--index-strategy", "unsafe-best-match", "--requirement", lock)  # fmt: skip
    ran = subprocess.run(command, env=settings | os.environ, capture_output=True, check=False)
    return ran.returncode == 0


def variables(listed: str) -> dict[str, str] | None:
    """Return pip's settings as uv's variables; None where uv has no like of one.

    Parameters
    ----------
    listed
        What ``pip config list`` prints, such as ``global.index-url='https://example.com/simple'``.
    """
    found = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        if name in OURS:
            found[OURS[name]] = " ".join(str(ast.literal_eval(value)).split())
        elif name not in HARMLESS:
            return None
    return found


def find_uv() -> str | None:
    """Return uv's path: the machine's, or one that pip installs by the hashes of the lock."""
    own = CACHE / "bin/uv"
    known = shutil.which("uv") or (str(own) if own.is_file() else None)
    if known is not None:
        return known
    entry = re.search(r"^uv==(?:.*\\\n)*.*\n", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if entry is None:
        return None
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / "requirements.lock").write_text(entry[0], encoding="utf-8")
    install = (*PIP, "install", "--quiet", "--require-hashes", "--target", str(CACHE),
               "--requirement", str(CACHE / "requirements.lock"))  # fmt: skip
    ran = subprocess.run(install, capture_output=True, check=False)
    return str(own) if ran.returncode == 0 and own.is_file() else None


def output(*command: str) -> str:
    """Return what a command prints; empty where it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
