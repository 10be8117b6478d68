"""What lies at git's root for all models: an entry for each in three files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from src.base.errors import InputError

PIPELINE, HOOKS, IGNORE = ".gitlab-ci.yml", ".pre-commit-config.yaml", ".gitignore"

PARENT = Path(__file__).with_name("parent.yml")
"""The parent pipeline, without the models' jobs."""

OURS = "# One child pipeline a model"
"""How a parent pipeline begins that these jobs can be added to."""

IGNORED = ("/.cache/", "/.storage/", "/.venv/")
"""The shared cache, the storage of a trial, and an environment that was left there."""

JOB = """
model:{folder}:
  stage: models
  rules:
    - <<: *merge-request
      changes: ["{folder}/**/*"]
    - <<: *default-branch
      changes: ["{folder}/**/*"]
    - if: $CI_PIPELINE_SOURCE == "schedule" && ($MODEL == null || $MODEL == "{folder}")
  variables:
    PARENT_SOURCE: $CI_PIPELINE_SOURCE
  trigger:
    include:
      - local: {folder}/.gitlab-ci.yml
        inputs: {{folder: {folder}/, cache: {cache}}}
    strategy: depend
    forward:
      pipeline_variables: true
"""

NO_HOOKS = """\
# Local hooks only. Switch on: pre-commit install, of any model's environment.
repos:
  - repo: local
    hooks:
"""
HOOK = """\
      - id: {folder}
        name: make check in {folder}
        entry: make --directory {folder} check
        language: system
        files: ^{folder}/
        pass_filenames: false
"""


@dataclass(frozen=True)
class ModelEntry:
    """What these files must know of a model.

    Attributes
    ----------
    folder, cache
        Its own and that of its DVC's objects, from git's root.
    """

    folder: PurePosixPath
    cache: Path


def present(root: Path) -> dict[str, str]:
    """Return the texts of these files, as far as they are there."""
    files = [root / name for name in (PIPELINE, HOOKS, IGNORE)]
    return {file.name: file.read_text(encoding="utf-8") for file in files if file.is_file()}


def entered(texts: Mapping[str, str], models: Sequence[ModelEntry]) -> dict[str, str]:
    """Return the texts with what they lack of these models.

    Hooks of the team's own are left to the team.

    Raises
    ------
    InputError
        There is a pipeline of the team's own, which only people may change.
    """
    pipeline, hooks, ignore = (texts.get(name, "") for name in (PIPELINE, HOOKS, IGNORE))
    jobs = "".join(
        JOB.format(folder=one.folder, cache=one.cache.as_posix())
        for one in models if f"\nmodel:{one.folder}:\n" not in pipeline
    )  # fmt: skip
    parent = PARENT.read_text(encoding="utf-8")
    if pipeline and OURS not in pipeline:
        raise InputError(
            f"{PIPELINE} at the repository's root: is not the parent of models' pipelines. Nothing "
            f"was changed. Add this to it, then run the same again:\n\n{parent}{jobs}"
        )
    lines = [*ignore.splitlines(), *(line for line in IGNORED if line not in ignore.splitlines())]
    ignored = "".join(f"{line}\n" for line in lines)
    changed = {PIPELINE: (pipeline or parent) + jobs, IGNORE: ignored}
    if not hooks or hooks.startswith(NO_HOOKS):
        missing = [one for one in models if f"      - id: {one.folder}\n" not in hooks]
        entries = "".join(HOOK.format(folder=one.folder) for one in missing)
        changed[HOOKS] = (hooks or NO_HOOKS) + entries
    return changed


def write(root: Path, texts: Mapping[str, str]) -> None:
    """Write the files."""
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8")
