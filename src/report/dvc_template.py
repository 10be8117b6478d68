"""Write the page for `dvc plots` with its drawing library inside: DVC's own fetches it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from src.base.command import run
from src.base.files import replacing
from src.pages.drawing import library

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>DVC plots</title>
<script>{library}</script>
</head>
<body>
{{plot_divs}}
</body>
</html>
"""


@dataclass(frozen=True)
class Arguments:
    """Where to write."""

    template: Path


def main(arguments: Arguments) -> None:
    """Write the template for `dvc plots diff --html-template`."""
    with replacing(arguments.template) as (path,):
        path.write_text(PAGE.format(library=library()), encoding="utf-8")


if __name__ == "__main__":
    run(main, Arguments)
