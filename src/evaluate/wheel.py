"""The repository's own feature steps as a wheel, for those who load the model elsewhere.

References
----------
PEP 427, The wheel binary package format 1.0. PEP 376 (RECORD).
"""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import zipfile
from pathlib import Path

from src.base.errors import InputError
from src.base.files import files_of

DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip archive can hold: the same files give the same bytes."""

WHEEL = "Wheel-Version: 1.0\nGenerator: src.evaluate.wheel\nRoot-Is-Purelib: true\nTag: {tag}\n"
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def wheel(folder: Path, file_name: str) -> bytes:
    """Return a wheel of the files of a folder, importable under the folder's path.

    It has no ``src/__init__.py``, so that it leaves room for other packages below ``src``.

    Parameters
    ----------
    folder
        Relative to the root of the repository.
    file_name
        ``name-version-python-abi-platform.whl``, which pip takes name and version from.

    Raises
    ------
    InputError
        A module imports other code of the repository.
    """
    name, version, tag = file_name.removesuffix(".whl").split("-", 2)
    about = f"{name}-{version}.dist-info"
    paths = sorted(files_of(folder))
    for path in paths:
        if path.suffix == ".py":
            _require_alone(path, ".".join(folder.parts))
    files = {path.as_posix(): path.read_bytes() for path in paths} | {
        f"{about}/METADATA": METADATA.format(name=name, version=version).encode(),
        f"{about}/WHEEL": WHEEL.format(tag=tag).encode(),
    }  # fmt: skip
    lines = [f"{path},sha256={_hash(content)},{len(content)}" for path, content in files.items()]
    record = f"{about}/RECORD"
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(_entry(name), content)
    return stream.getvalue()


def _require_alone(path: Path, package: str) -> None:
    root = package.partition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.partition(".")[0] == root and not f"{name}.".startswith(f"{package}."):
                raise InputError(
                    f"{path}, line {node.lineno}: imports {name}, which whoever loads the model "
                    f"elsewhere does not have. Use packages and {package} only."
                )


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, DATE)
    entry.create_system = 3  # Unix, on every system
    entry.external_attr = 0o644 << 16
    return entry


def _hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
