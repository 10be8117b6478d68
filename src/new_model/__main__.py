"""Lay another model beside this one: the same template, with its own table, model and versions."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field

from src.base.command import run
from src.base.errors import InputError
from src.base.files import replacing
from src.new_model.copy import copy_tracked, make_default, rename
from src.new_model.place import cache_of, repoint, require_name, require_tag_name
from src.new_model.shared import ModelEntry, entered, present, write
from src.repository.clone import LOCAL
from src.repository.commands import output
from src.repository.project import ROOT, all_projects, require_own_tags, this_project


@dataclass(frozen=True)
class Arguments:
    """The new model."""

    name: str = field(metadata={"help": "of its folder and its tags, such as churn"})


def main(arguments: Arguments) -> None:
    """Copy what git has of this project, make it the default one, enter it at git's root."""
    here = this_project()
    if here.folder == ROOT:
        raise InputError(
            "this model lies at the root of its repository, expected a folder, beside which others "
            "can lie. Move it once, with its data: `make into-folder NAME=the-folder`."
        )
    require_tag_name(arguments.name)
    require_own_tags()
    source = here.root / here.folder
    target = require_name(arguments.name, source.parent)
    models = [ModelEntry(one.folder, cache_of(one)) for one in all_projects()]
    tags, cache = f"{target.name}-model-v", cache_of(here)
    new = ModelEntry(here.folder.with_name(target.name), cache)
    files = entered(present(here.root), [*models, new])
    with replacing(target) as (folder,):
        copy_tracked(source, folder)
        make_default(folder)
        rename(folder, target.name)
        if LOCAL.is_file():
            shutil.copy(LOCAL, folder / LOCAL)
    repoint(target, before=source, cache=here.root / cache)
    write(here.root, files)
    output("git", "add", "--", str(target), *(f":(top){name}" for name in files))
    print(f"{target}: a copy of the template, with the default table. Give it yours there: `make "
          "adopt TABLE=path/or/address TARGET=column`, then `dvc repro`, then commit. Its tags "
          f"begin with {tags}.")  # fmt: skip


if __name__ == "__main__":
    run(main, Arguments)
