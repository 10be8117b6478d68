"""A copy of this project that trains on another table."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from src.new_model import copy

ROOT = Path(__file__).parent.parent
DEFAULT = ROOT / copy.DEFAULT


def copy_project(folder: Path, *, default: bool = False) -> None:
    """Copy what git tracks into an empty folder and commit it there.

    With ``default`` the copy trains on the default table, even where the project has another, and
    holds nothing that was built.
    """
    copy.copy_tracked(ROOT, folder)
    if default:
        copy.make_default(folder)
    commit(folder)


def commit(folder: Path, *options: str) -> None:
    """Commit everything in a folder, making it a git repository first."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
    if not (folder / ".git").exists():
        subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], cwd=folder, check=True)
    subprocess.run([*git, "add", "--all"], cwd=folder, check=True)
    subprocess.run(
        [*git, "commit", "--quiet", "--allow-empty", "-m", "copy", *options],
        cwd=folder,
        check=True,
    )


def contract(frame: pd.DataFrame, target: str, null_values: list[str]) -> dict[str, Any]:
    """Describe a frame: numbers are numeric, all else categorical, cells may be null."""
    columns: dict[str, Any] = {}
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        columns[name] = {
            "kind": "numeric" if numeric else "categorical",
            "role": "target" if name == target else "feature",
            "nullable": name != target,
        }
        if name == target and not numeric:
            levels = sorted(frame[target].dropna().unique().tolist())
            columns[name]["levels"] = levels
            if len(levels) == 2:
                columns[name]["positive"] = levels[1]
    return {
        "source": {"name": "benchmark", "origin": "benchmark", "licence": "none"},
        "csv": {
            "delimiter": ",",
            "encoding": "utf-8",
            "decimal": ".",
            "null_values": null_values,
        },
        "columns": columns,
    }


def adopt(folder: Path, table: Path, contract: dict[str, Any], params: dict[str, Any]) -> None:
    """Replace the default table of a copy, as the README describes for one's own table.

    One that is there already is not copied.
    """
    if not (folder / "data/raw" / table.name).exists():
        shutil.copy(table, folder / "data/raw" / table.name)
    yaml = YAML(typ="safe")
    with (folder / "data/schema.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(contract, stream)
    settings = yaml.load((folder / "params.yaml").read_text(encoding="utf-8"))
    settings["prepare"]["table"] = f"data/raw/{table.name}"
    for section, changes in params.items():
        settings[section] |= changes
    with (folder / "params.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(settings, stream)
