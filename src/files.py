"""Outputs replace their predecessors together, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def replacing(*outputs: Path) -> Iterator[list[Path]]:
    """Yield one path to write for each output; move them into place when the block ends well.

    The new files are written beside the outputs, so that the move is a rename. When the block
    raises, they are deleted and every earlier output is left as it was. An output may be a file or
    a folder.
    """
    parents = [output.parent for output in outputs]
    for parent in parents:
        parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".new-", dir=parent)))
            for parent in parents
        ]
        fresh = [folder / output.name for folder, output in zip(folders, outputs, strict=True)]
        yield fresh
        for new in fresh:
            new.stat()  # raises before anything is replaced
        for new, output, folder in zip(fresh, outputs, folders, strict=True):
            if output.is_dir():
                output.rename(folder / f"old-{output.name}")
            new.replace(output)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON with a stable order of keys, ready to be compared line by line in git."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def rounded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Round every float in a JSON value to 6 significant digits; NaN and infinities become None.

    Six digits are what survives another CPU's BLAS kernels; JSON knows no NaN.
    """
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def sha256(path: Path) -> str | None:
    """Hash a file; None where there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
